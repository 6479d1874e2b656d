//! Give a booking to another host, at the provider.

use calbridge_core::{
    capability::{Operation, ability},
    lane::Lane,
    scope::Scope,
};
use calbridge_store::users::{self, User};

use super::{
    Outcome,
    change::{ChangeError, act, changeable, host_page},
    intent::HostAct,
    reschedule::subject_of,
};
use crate::{app::App, slots::Subject};

/// Who gets a booking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NewHost {
    /// Whoever the provider picks.
    Next,
    /// A user of ours, by any id.
    User(String),
    /// A host, by the provider's number.
    Number(i64),
}

/// A booking to be given to another host.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AssignRequest {
    /// Any id it ever had.
    pub booking: String,
    /// Who gets it.
    pub host: NewHost,
    /// Why.
    pub reason: Option<String>,
    /// Who waits for it.
    pub lane: Lane,
}

/// Give away. Whoever has it already keeps it.
pub async fn assign(
    app: &App,
    scope: &Scope,
    request: AssignRequest,
) -> Result<Outcome, ChangeError> {
    let of = changeable(app, scope, &request.booking, Operation::Assign).await?;
    let booking = &of.found.booking;
    if booking.status != "scheduled" {
        return Err(ChangeError::NotAhead(booking.status.clone()));
    }
    let (_, subject) = subject_of(app, scope, &of).await?;
    if !takes_turns(&subject) {
        let ability = ability(booking.booking_provider, Operation::Assign);
        return Err(ChangeError::ByHand {
            why: ability.explanation().unwrap_or_default(),
            link: host_page(app, &subject.connection.connection, &of.uid),
        });
    }
    let host = booking.hosts.0.first();
    let from = host.and_then(|host| host.external_id.as_deref()?.parse().ok());
    let to = match request.host {
        NewHost::Next => None,
        NewHost::Number(number) => Some(number),
        NewHost::User(any_id) => Some(number_of(app, scope, &subject, &any_id).await?),
    };
    if to.is_some() && to == from {
        return Ok(Outcome::Done(Box::new(of.found)));
    }
    let what = HostAct::Assign {
        from,
        to,
        reason: request.reason,
    };
    act(app, scope, &of, what, request.lane).await
}

/// What nobody told us of may be anything: the provider says.
fn takes_turns(subject: &Subject) -> bool {
    let event_type = subject.event_type.as_ref();
    event_type.is_none_or(|one| one.scheduling_type.as_deref() == Some("round_robin"))
}

/// The provider's number of a user of ours.
async fn number_of(
    app: &App,
    scope: &Scope,
    subject: &Subject,
    any_id: &str,
) -> Result<i64, ChangeError> {
    let mut tx = app.store.read().await?;
    let user = users::find(&mut tx, scope, any_id).await?;
    tx.rollback().await?;
    let number = |user: User| {
        let of_host = subject
            .hosts
            .iter()
            .find(|host| host.user_id == Some(user.id));
        let of_host = of_host.and_then(|host| host.provider_user_id.parse().ok());
        user.calcom_user_id.or(of_host)
    };
    user.and_then(number)
        .ok_or_else(|| ChangeError::UnknownHost(any_id.to_owned()))
}
