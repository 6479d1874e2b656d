//! Slots kept for somebody for some minutes. They hide the slot from others and stop nobody from booking it.

use jiff::Timestamp;

use super::availability::Reserved;
use super::schedule::Span;
use super::{CalCom, CalComError, Kind};

/// A slot kept for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The uid, a UUID.
    pub uid: String,
    /// The event type.
    pub event_type: i64,
    /// When it ends by itself.
    pub until: Timestamp,
    pub(crate) span: Span,
    pub(crate) hosts: Vec<i64>,
}

/// What is to be kept, and for how many minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) event_type: i64,
    pub(crate) start: Timestamp,
    /// The length; only for event types that have several.
    pub(crate) minutes: Option<i32>,
    pub(crate) lasts: i32,
}

impl CalCom {
    /// What is reserved at that time.
    pub fn reservations(&self, now: Timestamp) -> impl Iterator<Item = &Reservation> {
        self.reservations.iter().filter(move |one| one.until > now)
    }

    pub(crate) fn find_reservation(&self, uid: &str, now: Timestamp) -> Option<&Reservation> {
        self.reservations(now).find(|one| one.uid == uid)
    }

    /// Keep a slot. It need not lie in the opening hours.
    pub(crate) fn reserve(
        &mut self,
        hold: Hold,
        now: Timestamp,
    ) -> Result<Reservation, CalComError> {
        let uid = self.ids.uuid();
        self.keep(&uid, hold, now)
    }

    /// Keep another slot instead, under the same uid.
    pub(crate) fn move_reservation(
        &mut self,
        uid: &str,
        hold: Hold,
        now: Timestamp,
    ) -> Result<Reservation, CalComError> {
        self.find_reservation(uid, now)
            .ok_or(CalComError::NoSuchReservation)?;
        self.keep(uid, hold, now)
    }

    /// Keep it no longer. Nothing to do when there is none.
    pub(crate) fn release(&mut self, uid: &str) {
        self.reservations.retain(|one| one.uid != uid);
    }

    fn keep(&mut self, uid: &str, hold: Hold, now: Timestamp) -> Result<Reservation, CalComError> {
        let event_type = self
            .find_event_type(hold.event_type)
            .ok_or(CalComError::NoSuchEventType)?;
        let hosts = self.hosts_of(event_type);
        if event_type.kind == Kind::Managed {
            return Err(CalComError::WrongKind);
        }
        let minutes = match hold.minutes {
            None => event_type.minutes,
            Some(minutes) if event_type.settings.lengths.contains(&minutes) => minutes,
            Some(_) => return Err(CalComError::WrongLength),
        };
        let span = Span::new(hold.start, minutes);
        let is_kept = self.reservations(now).any(|one| {
            one.uid != uid
                && one.span.overlaps(span)
                && one.hosts.iter().any(|host| hosts.contains(host))
        });
        let class = self.seated_at(event_type.id, hold.start);
        if let (Some(places), Some(class)) = (event_type.places(), &class) {
            self.has_room(class, places)?;
        } else {
            let is_free = |host: &i64| {
                !self
                    .taken(event_type, *host, None, Reserved::Free)
                    .iter()
                    .any(|taken| taken.overlaps(span))
            };
            let possible = match event_type.kind {
                Kind::Collective => hosts.iter().all(is_free),
                _ => hosts.iter().any(is_free),
            };
            if !possible {
                return Err(CalComError::HostBusy);
            }
            if is_kept {
                return Err(CalComError::Reserved);
            }
        }
        let kept = Reservation {
            uid: uid.to_owned(),
            event_type: hold.event_type,
            until: super::account::end_of(now, hold.lasts),
            span,
            hosts,
        };
        self.reservations
            .retain(|one| one.uid != uid && one.until > now);
        self.reservations.push(kept.clone());
        Ok(kept)
    }
}
