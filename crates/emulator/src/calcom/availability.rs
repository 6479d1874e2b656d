//! Whether a host can meet: opening hours, other bookings with their buffers, calendars, notice, window, limits.

use jiff::civil::{Date, Time, Weekday};
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::schedule::{Schedule, Span};
use super::{BookingUid, BookingWindow, CalCom, CalComError, EventType, Kind, NewBooking, Status};
use crate::spelling::zone_or_utc;

/// Whether what is only reserved counts as taken. It does when slots are offered, not when one is booked: 1.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reserved {
    /// What is reserved at that time is taken.
    Taken(Timestamp),
    /// As if nothing were reserved.
    Free,
}

impl CalCom {
    /// Whether the API accepts a wish. `known` is the number of the last booking there was when the wish came in: one
    /// that is younger and in the way won a race.
    pub(crate) fn check(
        &self,
        new: &NewBooking,
        known: i64,
        now: Timestamp,
    ) -> Result<(), CalComError> {
        let event_type = self.wished(new)?;
        if event_type.kind == Kind::Managed {
            return Err(CalComError::WrongKind);
        }
        let minutes = new.minutes.unwrap_or(event_type.minutes);
        if !event_type.allows_length(minutes) {
            return Err(CalComError::WrongLength);
        }
        if new.start < now {
            return Err(CalComError::InThePast);
        }
        let span = Span::new(new.start, minutes);
        if event_type.is_seated() && self.seated_at(event_type.id, new.start).is_some() {
            return Ok(());
        }
        if self.is_full_on(event_type, new.start, None) {
            return Err(CalComError::LimitReached);
        }
        let bookable = self.bookable(event_type, now);
        if new.start < bookable.start || bookable.end <= new.start {
            return Err(CalComError::OutOfWindow);
        }
        self.check_hosts(event_type, span, known, None)
    }

    /// Whether a booking can be moved to another time.
    pub(crate) fn check_move(
        &self,
        uid: &BookingUid,
        start: Timestamp,
        known: i64,
        now: Timestamp,
    ) -> Result<(), CalComError> {
        let booking = self.get_active(uid)?;
        let length = booking.end.duration_since(booking.start);
        let end = start.checked_add(length).unwrap_or(Timestamp::MAX);
        let event_type = self.event_type_of(booking)?;
        if start < now {
            return Err(CalComError::InThePast);
        }
        self.check_hosts(event_type, Span { start, end }, known, Some(uid))
    }

    fn check_hosts(
        &self,
        event_type: &EventType,
        span: Span,
        known: i64,
        except: Option<&BookingUid>,
    ) -> Result<(), CalComError> {
        let hosts = self.hosts_of(event_type);
        let can = |host: &i64| self.can_host(event_type, *host, span, except);
        let possible = match event_type.kind {
            Kind::Collective => hosts.iter().all(can),
            _ => hosts.iter().any(can),
        };
        let lost_race = || {
            self.bookings.range(known + 1..).any(|(_, other)| {
                other.status == Status::Accepted
                    && hosts.contains(&other.host_id)
                    && other.overlaps(span.start, span.end)
            })
        };
        match possible {
            true => Ok(()),
            false if lost_race() => Err(CalComError::LostRace),
            false => Err(CalComError::HostBusy),
        }
    }

    /// Whether a host is there and has nothing else to do.
    pub(super) fn can_host(
        &self,
        event_type: &EventType,
        host: i64,
        span: Span,
        except: Option<&BookingUid>,
    ) -> bool {
        let opening = self.opening(event_type, host, span);
        let taken = self.taken(event_type, host, except, Reserved::Free);
        opening.iter().any(|open| open.contains(span))
            && !taken.iter().any(|taken| taken.overlaps(span))
    }

    /// When a host is there for an event type.
    pub(super) fn opening(&self, event_type: &EventType, host: i64, span: Span) -> Vec<Span> {
        self.schedule_of(event_type, host)
            .map_or_else(Vec::new, |schedule| schedule.open(span))
    }

    /// When a host cannot be booked for an event type; both types' buffers count.
    pub(super) fn taken(
        &self,
        event_type: &EventType,
        host: i64,
        except: Option<&BookingUid>,
        reserved: Reserved,
    ) -> Vec<Span> {
        let buffered = |span: Span| {
            let settings = &event_type.settings;
            // Free minutes before this meeting are free minutes after the other one.
            span.widened(settings.buffer_after, settings.buffer_before)
        };
        let booked = self
            .bookings()
            .filter(|other| {
                other.status == Status::Accepted
                    && Some(&other.uid) != except
                    && (other.host_id == host || self.is_in_collective(other, host))
            })
            .map(|other| {
                let span = Span {
                    start: other.start,
                    end: other.end,
                };
                self.event_type_of(other).map_or(span, |its| {
                    span.widened(its.settings.buffer_before, its.settings.buffer_after)
                })
            });
        let reserved = self.reservations.iter().filter_map(|one| match reserved {
            Reserved::Taken(now) if one.until > now && one.hosts.contains(&host) => Some(one.span),
            Reserved::Taken(_) | Reserved::Free => None,
        });
        booked
            .chain(self.calendar_spans(host))
            .chain(reserved)
            .map(buffered)
            .collect()
    }

    fn is_in_collective(&self, booking: &super::Booking, host: i64) -> bool {
        self.event_type_of(booking)
            .is_ok_and(|its| its.kind == Kind::Collective && self.hosts_of(its).contains(&host))
    }

    /// From when to when one may start.
    pub(super) fn bookable(&self, event_type: &EventType, now: Timestamp) -> Span {
        let settings = &event_type.settings;
        let notice = SignedDuration::from_mins(settings.minimum_notice.into());
        let soonest = now.checked_add(notice).unwrap_or(Timestamp::MAX);
        let zone = zone_or_utc(self.zone_of(event_type));
        let today = now.to_zoned(zone.clone()).date();
        let at_midnight = |date: Date| {
            date.to_datetime(Time::midnight())
                .to_zoned(zone.clone())
                .map_or(Timestamp::MAX, |zoned| zoned.timestamp())
        };
        let after = |date: Date| at_midnight(date.tomorrow().unwrap_or(Date::MAX));
        let (start, end) = match settings.window {
            None => (soonest, Timestamp::MAX),
            Some(BookingWindow::CalendarDays(days)) => {
                let last = today.checked_add(days.days()).unwrap_or(Date::MAX);
                (soonest, after(last))
            }
            Some(BookingWindow::BusinessDays(days)) => (soonest, after(business_days(today, days))),
            Some(BookingWindow::Range(from, to)) => (soonest.max(at_midnight(from)), after(to)),
        };
        Span { start, end }
    }

    /// Whether the event type takes no more bookings on the day of an instant.
    pub(super) fn is_full_on(
        &self,
        event_type: &EventType,
        at: Timestamp,
        except: Option<&BookingUid>,
    ) -> bool {
        let Some(most) = event_type.settings.most_per_day else {
            return false;
        };
        let zone = zone_or_utc(self.zone_of(event_type));
        let day = |at: Timestamp| at.to_zoned(zone.clone()).date();
        let booked = self
            .bookings()
            .filter(|booking| {
                booking.event_type_id == event_type.id
                    && matches!(booking.status, Status::Accepted | Status::Pending)
                    && Some(&booking.uid) != except
                    && day(booking.start) == day(at)
            })
            .count();
        usize::try_from(most).is_ok_and(|most| booked >= most)
    }

    fn schedule_of(&self, event_type: &EventType, host: i64) -> Option<&Schedule> {
        let named = event_type.settings.schedule;
        named
            .and_then(|id| self.schedules.iter().find(|schedule| schedule.id == id))
            .or_else(|| self.default_schedule(host))
    }

    fn zone_of(&self, event_type: &EventType) -> &str {
        let first = self.hosts_of(event_type).first().copied();
        first
            .and_then(|host| self.schedule_of(event_type, host))
            .map_or("UTC", |schedule| &schedule.time_zone)
    }
}

/// The day so many working days after another.
fn business_days(from: Date, days: i32) -> Date {
    let mut date = from;
    let mut left = days;
    while left > 0 {
        let Ok(next) = date.tomorrow() else { break };
        date = next;
        if !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday) {
            left -= 1;
        }
    }
    date
}
