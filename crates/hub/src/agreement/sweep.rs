//! All pages of all lists, then what no list tells of.

use calbridge_core::{ids::ConnectionId, scope::Scope};
use calbridge_providers::calcom_api::ErrorKind;
use calbridge_store::StoreError;

use super::{
    Extent, lookups,
    progress::Progress,
    reading::{self, List, Listed, Page},
    report::SweepReport,
    seen::Seen,
    settle::{Deal, Side},
};
use crate::{
    app::App,
    upstream::{self, AskError, Target, TargetError},
};

/// So often a page may not go on where the last one ended; after that the next sweep finds what slipped away.
const MOST_DRIFTS: u32 = 50;

/// Why a sweep stopped on its way.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The connection cannot be asked.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The provider did not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// All that can be read was; some lists could not.
    #[error("{0}")]
    Unread(String),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another runner has taken over.
    #[error("another runner has taken over")]
    TakenOver,
}

/// Keeps progress, and tells it to whoever watches.
pub(super) trait Watch {
    async fn at(&self, progress: &mut Progress) -> Result<(), SweepError>;
}

/// What a sweep would do; nothing is written.
pub async fn look(
    app: &App,
    scope: &Scope,
    connection_id: ConnectionId,
    extent: Extent,
) -> Result<SweepReport, SweepError> {
    struct Nobody;
    impl Watch for Nobody {
        async fn at(&self, _: &mut Progress) -> Result<(), SweepError> {
            Ok(())
        }
    }
    let target = upstream::any_target(app, scope, connection_id).await?;
    let mut progress = Progress::of(extent, app.clock.now());
    sweep(app, scope, &target, Deal::Look, &mut progress, &Nobody).await?;
    Ok(progress.report)
}

/// Compare everything from where `progress` is.
pub(super) async fn sweep(
    app: &App,
    scope: &Scope,
    target: &Target,
    deal: Deal,
    progress: &mut Progress,
    watch: &impl Watch,
) -> Result<(), SweepError> {
    let side = Side {
        app,
        scope,
        connection: &target.known.connection,
        deal,
    };
    let lists = reading::lists(app, target).await?;
    let mut seen = Seen::default();
    while let Some(list) = lists.get(progress.list) {
        if progress.left() == 0 {
            return Ok(());
        }
        let reach = progress.reach(app.clock.now());
        let page = match reading::next(app, target, list, reach, &progress.place).await {
            Ok(Some(page)) => page,
            Ok(None) => {
                turn_to_next_list(progress);
                continue;
            }
            Err(error) if list.is_beside() && is_closed(&error) => {
                note_unread(progress, list, &error);
                turn_to_next_list(progress);
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        if has_drifted(progress, &page, &seen) {
            progress.drifted += 1;
            progress.place = progress.place.stepped_back();
            continue;
        }
        let fresh = seen.take_fresh(page.listed, progress.left());
        let compared = side.settle(&fresh.records).await?;
        progress.report.add(fresh.new, compared);
        progress.place = page.next;
        watch.at(progress).await?;
    }
    if progress.left() > 0 {
        look_up_the_rest(side, target, progress, &seen, watch).await?;
    }
    if progress.unread.is_empty() {
        Ok(())
    } else {
        Err(SweepError::Unread(progress.unread.join("; ")))
    }
}

async fn look_up_the_rest(
    side: Side<'_>,
    target: &Target,
    progress: &mut Progress,
    seen: &Seen,
    watch: &impl Watch,
) -> Result<(), SweepError> {
    let Side { app, scope, .. } = side;
    for booking in lookups::wanted(app, scope, target, progress, seen).await? {
        let external_id = booking.external_booking_id.as_deref().unwrap_or_default();
        let compared = match reading::look_up(app, target, external_id).await? {
            Some(record) => side.settle(&[record]).await?,
            None => vec![side.missing_there(&booking).await?],
        };
        progress.report.add(1, compared);
        progress.looked_up = Some(booking.id);
        watch.at(progress).await?;
    }
    Ok(())
}

/// Whether so many bookings left the pages before that some slipped past: the page has nothing of the last one.
fn has_drifted(progress: &Progress, page: &Page, seen: &Seen) -> bool {
    let tail = progress.place.tail();
    let is_known = |one: &Listed| tail.contains(&one.id) || seen.has(&one.id);
    !tail.is_empty() && progress.drifted < MOST_DRIFTS && !page.listed.iter().any(is_known)
}

fn turn_to_next_list(progress: &mut Progress) {
    progress.list += 1;
    progress.place = reading::Place::Start;
}

/// The key may not see it, or the server has no such thing.
fn is_closed(error: &AskError) -> bool {
    matches!(error, AskError::Provider(error) if matches!(error.kind, ErrorKind::Forbidden | ErrorKind::NotFound | ErrorKind::Unauthorized))
}

fn note_unread(progress: &mut Progress, list: &List, error: &AskError) {
    let why = format!("bookings of {}: {error}", list.name());
    if !progress.unread.contains(&why) {
        progress.unread.push(why);
    }
}
