//! Say at the provider who did not come, or take that back.

use calbridge_core::{
    capability::Operation, change::BOOKER, lane::Lane, scope::Scope, synthetic_address,
};
use calbridge_providers::calcom_api::bookings::{self as calls, ProviderAttendee, ProviderBooking};
use calbridge_store::{
    attendees::Attendee,
    audit::{self, Deed},
};
use serde_json::json;

use super::{
    FoundBooking, Outcome, SettleError,
    change::{ChangeError, Changeable, act, changeable},
    intent::HostAct,
};
use crate::{
    app::App,
    upstream::{Wish, ask, target},
};

/// Whether somebody came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Presence {
    /// They did not.
    Absent,
    /// They did after all.
    Present,
}

/// Who did not come to a booking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoShowRequest {
    /// Any id it ever had.
    pub booking: String,
    /// Addresses or ids of attendees. Where neither they nor the host are named, everybody who was to come.
    pub attendees: Vec<String>,
    /// The host.
    pub host: bool,
    /// What is said of them.
    pub presence: Presence,
    /// Who waits for it.
    pub lane: Lane,
}

/// Mark. What the provider shows already stays as it is.
pub async fn mark_no_show(
    app: &App,
    scope: &Scope,
    request: NoShowRequest,
) -> Result<Outcome, ChangeError> {
    let operation = match request.presence {
        Presence::Absent => Operation::MarkNoShow,
        Presence::Present => Operation::UnmarkNoShow,
    };
    let of = changeable(app, scope, &request.booking, operation).await?;
    let booking = &of.found.booking;
    if booking.status == "cancelled" {
        return Err(ChangeError::NotAhead(booking.status.clone()));
    }
    if booking.scheduled_at > Some(app.clock.now()) {
        return Err(ChangeError::NotBegun);
    }
    let shown = read(app, scope, &of, request.lane).await?;
    let absent = request.presence == Presence::Absent;
    let everybody = request.attendees.is_empty() && !request.host;
    let addresses = if everybody {
        shown
            .attendees
            .iter()
            .filter_map(|one| one.email.clone())
            .collect()
    } else {
        named(&of.found, &shown, &request.attendees)?
    };
    if request.host {
        note_host(app, scope, &of, request.presence).await?;
    }
    let what = HostAct::NoShow {
        attendees: addresses,
        host: request.host,
        absent,
    };
    act(app, scope, &of, what, request.lane).await
}

/// The booking as the provider shows it: it wants addresses as it has them, and they may not be ours.
async fn read(
    app: &App,
    scope: &Scope,
    of: &Changeable,
    lane: Lane,
) -> Result<ProviderBooking, ChangeError> {
    let target = target(app, scope, of.found.booking.connection_id)
        .await
        .map_err(ChangeError::Target)?;
    let call = calls::get(target.profile, &of.uid);
    let answered = ask(app, &target, &call, Wish::of(lane)).await;
    Ok(answered.map_err(SettleError::from)?.value.first)
}

/// The provider's addresses of those who are named.
fn named(
    found: &FoundBooking,
    shown: &ProviderBooking,
    names: &[String],
) -> Result<Vec<String>, ChangeError> {
    let unknown = |name: &String| ChangeError::UnknownAttendee(name.clone());
    let address = |name: &String| {
        let ours = found.attendees.iter().find(|one| is_named(one, name));
        let ours = ours.ok_or_else(|| unknown(name))?;
        let theirs = shown.attendees.iter().find(|one| is_same(ours, one));
        let email = theirs.and_then(|one| one.email.clone());
        email.ok_or_else(|| unknown(name))
    };
    names.iter().map(address).collect()
}

fn is_named(attendee: &Attendee, name: &str) -> bool {
    let email = attendee.email.as_deref();
    attendee.id.to_string() == name.trim()
        || email.is_some_and(|email| email.eq_ignore_ascii_case(name.trim()))
}

fn is_same(ours: &Attendee, theirs: &ProviderAttendee) -> bool {
    let shown = theirs.display_email.as_deref().or(theirs.email.as_deref());
    let Some(shown) = shown else { return false };
    match &ours.email {
        Some(email) => email.eq_ignore_ascii_case(shown),
        // Whoever has no address here has one there that stands in for it.
        None => ours.attendee_key == BOOKER && synthetic_address::is_synthetic(shown),
    }
}

/// Bookings here do not tell whether the host came: the audit log does.
async fn note_host(
    app: &App,
    scope: &Scope,
    of: &Changeable,
    presence: Presence,
) -> Result<(), ChangeError> {
    let absent = presence == Presence::Absent;
    let deed = Deed::of(
        scope,
        "booking.host_no_show",
        "booking",
        of.found.booking.id,
    )
    .after(json!({ "absent": absent }));
    let mut tx = app.store.write().await?;
    audit::append(&mut tx, vec![deed], app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}
