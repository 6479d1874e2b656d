//! `OOO_CREATED`: someone is away. After `webhook_079` of the captures.

use jiff::Timestamp;

use crate::Delivery;
use crate::calcom::CalCom;
use crate::json::{Json, object};
use crate::spelling::{local, millis};

/// An absence of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutOfOffice {
    /// From when.
    pub start: Timestamp,
    /// Until when.
    pub end: Timestamp,
    /// A note.
    pub notes: String,
}

impl CalCom {
    /// The account's owner will be away. The times are in the owner's own offset.
    pub fn out_of_office(&mut self, away: &OutOfOffice, now: Timestamp) -> Vec<Delivery> {
        let id = self.next_row_id();
        let uuid = self.ids.uuid();
        let Some(owner) = self.hosts.first() else {
            return Vec::new();
        };
        let payload = object! {
            "oooEntry": object! {
                "id": id,
                "start": local(away.start, &owner.time_zone),
                "end": local(away.end, &owner.time_zone),
                "createdAt": millis(now),
                "updatedAt": millis(now),
                "notes": &away.notes,
                "reason": object! { "emoji": "🏝️", "reason": "ooo_reasons_vacation" },
                "reasonId": 2,
                "user": object! {
                    "id": owner.id,
                    "name": &owner.name,
                    "username": &owner.username,
                    "email": &owner.email,
                    "timeZone": &owner.time_zone,
                },
                "toUser": Json::Null,
                "uuid": uuid,
            },
        };
        vec![Delivery::calcom("OOO_CREATED", payload, now)]
    }
}
