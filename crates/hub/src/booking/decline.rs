//! Decline a booking for its host, at the provider.

use calbridge_core::{capability::Operation, lane::Lane, scope::Scope, state::Confirmation};

use super::{
    Outcome,
    change::{ChangeError, act, changeable},
    intent::HostAct,
};
use crate::app::App;

/// A booking to be declined.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeclineRequest {
    /// Any id it ever had.
    pub booking: String,
    /// Why, for those who asked.
    pub reason: Option<String>,
    /// Who waits for it.
    pub lane: Lane,
}

/// Decline. One that is declined already stays so; one that the host has agreed to is called off instead.
pub async fn decline(
    app: &App,
    scope: &Scope,
    request: DeclineRequest,
) -> Result<Outcome, ChangeError> {
    let of = changeable(app, scope, &request.booking, Operation::Decline).await?;
    let booking = &of.found.booking;
    match (booking.confirmation, booking.status.as_str()) {
        (Confirmation::Pending, "scheduled") => {}
        (Confirmation::Rejected, _) => return Ok(Outcome::Done(Box::new(of.found))),
        (Confirmation::Confirmed, "scheduled") => return Err(ChangeError::AlreadyConfirmed),
        (_, status) => return Err(ChangeError::NotAhead(status.to_owned())),
    }
    let reason = request.reason;
    act(app, scope, &of, HostAct::Decline { reason }, request.lane).await
}
