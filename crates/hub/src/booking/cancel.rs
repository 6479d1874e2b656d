//! Call a booking off, at the provider.

use calbridge_core::{capability::Operation, intent::IntentKind, lane::Lane, scope::Scope};

use super::{
    Outcome,
    change::{ChangeError, changeable, told, under_way, write_down},
    intent::{CancelOrder, Order, see_through},
    stored,
};
use crate::{app::App, crash::Point};

/// Why bookings are called off where neither the caller nor the tenant says: Cal.com wants to know it of hosts.
const USUAL_REASON: &str = "called off by the host";

/// A booking to be called off.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CancelRequest {
    /// Any id it ever had.
    pub booking: String,
    /// Why, for those who come.
    pub reason: Option<String>,
    /// Who waits for it.
    pub lane: Lane,
}

/// Call off. One that is off already stays so; one that is only stored here needs no provider.
pub async fn cancel(
    app: &App,
    scope: &Scope,
    request: CancelRequest,
) -> Result<Outcome, ChangeError> {
    if let Some(found) = stored::call_off(app, scope, &request).await? {
        return Ok(Outcome::Done(Box::new(found)));
    }
    let of = changeable(app, scope, &request.booking, Operation::Cancel).await?;
    if of.found.booking.status == "cancelled" {
        return Ok(Outcome::Done(Box::new(of.found)));
    }
    let now = app.clock.now();
    let registry = app.registry.current(&app.store, now).await;
    let settings = registry.settings(scope.tenant_id());
    let reason = request
        .reason
        .or_else(|| settings.cancellation_reason.clone());
    let order = Order::Cancel(CancelOrder {
        uid: of.uid.clone(),
        reason: Some(reason.unwrap_or_else(|| USUAL_REASON.to_owned())),
    });
    app.crash_points.pass(Point::Wanted).await;
    let mut tx = app.store.write().await?;
    if let Some(wanted) = under_way(&mut tx, scope, &of, IntentKind::Cancel).await? {
        tx.rollback().await?;
        return told(app, scope, wanted).await;
    }
    let intent = write_down(&mut tx, scope, &of, &order, None, now).await?;
    tx.commit().await?;
    app.crash_points.pass(Point::WrittenDown).await;
    let intent = Box::pin(see_through(app, scope, intent, request.lane)).await?;
    told(app, scope, intent).await
}
