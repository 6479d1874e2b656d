//! People who join a booking later. No webhook tells of them: captured.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{Attendee, BookingUid, CalCom, CalComError};

/// So many guests fit into one booking: 1.7.4.
const MOST: usize = 30;

/// Someone who joins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// The name; may be empty.
    pub name: String,
    /// The address.
    pub email: String,
    /// E.164, when given.
    pub phone: Option<String>,
    /// The IANA zone; the booker's, when not given.
    pub time_zone: Option<String>,
    /// The language code; `en`, when not given.
    pub language: Option<String>,
}

impl CalCom {
    /// Let somebody join. Gives the row ids of the new attendees.
    pub fn add_guests(
        &mut self,
        uid: &BookingUid,
        guests: Vec<Guest>,
        now: Timestamp,
    ) -> Result<Vec<i64>, CalComError> {
        let booking = self.get_active(uid)?;
        if booking.attendees.len() - 1 + guests.len() > MOST {
            return Err(CalComError::TooManyGuests);
        }
        let zone = booking
            .attendees
            .first()
            .map_or_else(|| "UTC".to_owned(), |booker| booker.time_zone.clone());
        let mut ids = Vec::new();
        for guest in guests {
            let id = self.next_row_id();
            ids.push(id);
            let attendee = Attendee {
                id,
                name: guest.name,
                email: guest.email,
                phone: guest.phone,
                time_zone: guest.time_zone.unwrap_or_else(|| zone.clone()),
                language: guest.language.unwrap_or_else(|| "en".to_owned()),
                absent: false,
                cancelled: false,
                seat: None,
                seat_metadata: BTreeMap::new(),
            };
            self.get_mut(uid)?.attendees.push(attendee);
        }
        self.get_mut(uid)?.updated_at = now;
        Ok(ids)
    }
}
