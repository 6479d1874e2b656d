//! Canceling: the host ends the event for everyone, an invitee only their own booking.

use jiff::Timestamp;

use super::{Calendly, CalendlyError, Canceler, Cancellation, EventUri, InviteeUri};
use crate::Delivery;

impl Calendly {
    /// Cancel. Sends `invitee.canceled` for everyone affected.
    pub fn cancel(
        &mut self,
        uri: &InviteeUri,
        by: Canceler,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalendlyError> {
        let invitee = self.invitee(uri)?;
        if !invitee.is_active() {
            return Err(CalendlyError::AlreadyCanceled);
        }
        let event = invitee.event.clone();
        if by == Canceler::Host {
            return self.cancel_event(&event, reason, now);
        }
        if self.event(&event)?.end < now {
            return Err(CalendlyError::InThePast);
        }
        let cancellation = self.cancellation(uri, by, reason, now)?;
        self.end_invitee(uri, &cancellation, now)?;
        Ok(vec![self.tell("invitee.canceled", uri, now)?])
    }

    /// The host cancels a whole event: `POST /scheduled_events/{uuid}/cancellation`.
    pub fn cancel_event(
        &mut self,
        event: &EventUri,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Vec<Delivery>, CalendlyError> {
        let scheduled = self.event(event)?;
        if scheduled.cancellation.is_some() {
            return Err(CalendlyError::AlreadyCanceled);
        }
        if scheduled.end < now {
            return Err(CalendlyError::InThePast);
        }
        let affected: Vec<InviteeUri> = self
            .invitees_of(event)
            .filter(|invitee| invitee.is_active())
            .map(|invitee| invitee.uri.clone())
            .collect();
        let cancellation = Cancellation {
            canceled_by: self.host_name(event)?,
            reason: reason.map(str::to_owned),
            canceler: Canceler::Host,
            created_at: now,
        };
        self.end_event(event, &cancellation, now)?;
        for uri in &affected {
            self.end_invitee(uri, &cancellation, now)?;
        }
        affected
            .iter()
            .map(|uri| self.tell("invitee.canceled", uri, now))
            .collect()
    }

    pub(super) fn cancellation(
        &self,
        uri: &InviteeUri,
        by: Canceler,
        reason: Option<&str>,
        now: Timestamp,
    ) -> Result<Cancellation, CalendlyError> {
        let invitee = self.invitee(uri)?;
        Ok(Cancellation {
            canceled_by: match by {
                Canceler::Invitee => invitee.name.clone(),
                Canceler::Host => self.host_name(&invitee.event)?,
            },
            reason: reason.map(str::to_owned),
            canceler: by,
            created_at: now,
        })
    }

    /// End one booking, and the event with it when nobody else comes.
    pub(super) fn end_invitee(
        &mut self,
        uri: &InviteeUri,
        cancellation: &Cancellation,
        now: Timestamp,
    ) -> Result<(), CalendlyError> {
        let updated_at = self.just_before(now, 5_000..35_000);
        let invitee = self.invitee_mut(uri)?;
        invitee.cancellation = Some(cancellation.clone());
        invitee.updated_at = updated_at;
        let event = invitee.event.clone();
        let nobody_left = !self.invitees_of(&event).any(super::Invitee::is_active);
        if nobody_left && self.event(&event)?.cancellation.is_none() {
            self.end_event(&event, cancellation, now)?;
        }
        Ok(())
    }

    fn end_event(
        &mut self,
        event: &EventUri,
        cancellation: &Cancellation,
        now: Timestamp,
    ) -> Result<(), CalendlyError> {
        let event = self.event_mut(event)?;
        event.cancellation = Some(cancellation.clone());
        event.updated_at = now;
        Ok(())
    }

    fn host_name(&self, event: &EventUri) -> Result<String, CalendlyError> {
        let event_type = self.event_type(&self.event(event)?.event_type)?;
        Ok(self
            .users
            .get(event_type.host)
            .map(|host| host.name.clone())
            .unwrap_or_default())
    }
}
