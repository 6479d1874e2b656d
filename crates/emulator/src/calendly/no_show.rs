//! Marking and unmarking someone who did not come.

use jiff::Timestamp;

use super::{Calendly, CalendlyError, InviteeUri, NoShow};
use crate::Delivery;

impl Calendly {
    /// Mark an invitee as a no-show. Sends `invitee_no_show.created`.
    pub fn mark_no_show(
        &mut self,
        uri: &InviteeUri,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalendlyError> {
        let invitee = self.invitee(uri)?;
        if invitee.no_show.is_some() {
            return Err(CalendlyError::AlreadyMarked);
        }
        if !invitee.is_active() {
            return Err(CalendlyError::AlreadyCanceled);
        }
        if self.event(&invitee.event)?.start > now {
            return Err(CalendlyError::NotStarted);
        }
        let created_at = self.just_before(now, 20_000..40_000);
        let updated_at = self.just_before(now, 5_000..20_000);
        let mark = NoShow {
            uri: self.new_uri("invitee_no_shows"),
            created_at,
        };
        let invitee = self.invitee_mut(uri)?;
        invitee.no_show = Some(mark);
        invitee.updated_at = updated_at;
        Ok(vec![self.tell("invitee_no_show.created", uri, now)?])
    }

    /// Take the mark back. Sends `invitee_no_show.deleted`, in which `no_show` is null.
    pub fn unmark_no_show(
        &mut self,
        uri: &InviteeUri,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalendlyError> {
        let updated_at = self.just_before(now, 5_000..20_000);
        let invitee = self.invitee_mut(uri)?;
        if invitee.no_show.take().is_none() {
            return Err(CalendlyError::NotMarked);
        }
        invitee.updated_at = updated_at;
        Ok(vec![self.tell("invitee_no_show.deleted", uri, now)?])
    }
}
