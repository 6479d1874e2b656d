//! Moving a booking: the old invitee is canceled, a new one created under a new event.

use jiff::Timestamp;

use super::event_type::Audience;
use super::{Calendly, CalendlyError, Canceler, Invitee, InviteeUri, NewInvitee};
use crate::Delivery;

impl Calendly {
    /// Move a booking. Sends the pair `invitee.canceled` (`rescheduled`, `new_invitee`) and `invitee.created`
    /// (`old_invitee`). The provider promises no order: shuffle the pair to taste.
    pub fn reschedule(
        &mut self,
        uri: &InviteeUri,
        new_start: Timestamp,
        by: Canceler,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<(InviteeUri, Vec<Delivery>), CalendlyError> {
        let old = self.invitee(uri)?.clone();
        if !old.is_active() {
            return Err(CalendlyError::AlreadyCanceled);
        }
        let old_event = self.event(&old.event)?.clone();
        if old_event.end < now {
            return Err(CalendlyError::InThePast);
        }
        let slug = old_event.event_type;
        let event = match self.event_type(&slug)?.audience {
            Audience::Group { .. } if new_start <= now => {
                return Err(CalendlyError::NotInTheFuture);
            }
            Audience::Group { .. } => {
                let wish = NewInvitee::new(&slug, new_start, &old.name, &old.email);
                self.group_event(&wish, now)?
            }
            Audience::Solo => {
                self.check_slot(&slug, new_start, Some(&old.event), now)?;
                self.store_event(&slug, new_start, old_event.guests, now)?
            }
        };
        let new_uri = self.new_invitee_uri(&event);
        let created_at = self.just_before(now, 5_000..35_000);
        let cancellation = self.cancellation(uri, by, reason, now)?;
        self.insert_invitee(Invitee {
            uri: new_uri.clone(),
            event,
            old_invitee: Some(uri.clone()),
            no_show: None,
            created_at,
            updated_at: created_at,
            ..old
        });
        self.end_invitee(uri, &cancellation, now)?;
        let replaced = self.invitee_mut(uri)?;
        replaced.rescheduled = true;
        replaced.new_invitee = Some(new_uri.clone());
        let canceled = self.tell("invitee.canceled", uri, now)?;
        let created = self.tell("invitee.created", &new_uri, now)?;
        Ok((new_uri, vec![canceled, created]))
    }
}
