//! Agree to a booking for its host, at the provider.

use calbridge_core::{capability::Operation, lane::Lane, scope::Scope, state::Confirmation};

use super::{
    Outcome,
    change::{ChangeError, act, changeable},
    intent::HostAct,
};
use crate::app::App;

/// A booking to be agreed to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfirmRequest {
    /// Any id it ever had.
    pub booking: String,
    /// Who waits for it.
    pub lane: Lane,
}

/// Agree. One that was declined can still be agreed to; one that needs no agreement stays as it is.
pub async fn confirm(
    app: &App,
    scope: &Scope,
    request: ConfirmRequest,
) -> Result<Outcome, ChangeError> {
    let of = changeable(app, scope, &request.booking, Operation::Confirm).await?;
    let booking = &of.found.booking;
    match (booking.confirmation, booking.status.as_str()) {
        (Confirmation::Rejected, _) | (Confirmation::Pending, "scheduled") => {}
        (Confirmation::Confirmed, "scheduled") => return Ok(Outcome::Done(Box::new(of.found))),
        (_, status) => return Err(ChangeError::NotAhead(status.to_owned())),
    }
    act(app, scope, &of, HostAct::Confirm, request.lane).await
}
