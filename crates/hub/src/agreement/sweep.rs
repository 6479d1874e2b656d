//! All pages, then what no list tells of.

use std::collections::BTreeSet;

use calbridge_core::{ids::ConnectionId, scope::Scope};
use calbridge_store::StoreError;
use serde::{Deserialize, Serialize};

use super::{
    Extent, lookups,
    pages::{self, Place},
    report::SweepReport,
    settle::{Deal, Side},
};
use crate::{
    app::App,
    upstream::{self, AskError, Target, TargetError},
};

/// Why a sweep stopped on its way.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The connection cannot be asked.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The provider did not answer.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another runner has taken over.
    #[error("another runner has taken over")]
    TakenOver,
}

/// How far a sweep is; kept, so that another try goes on there.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Progress {
    /// Whether it was begun, and so since when is decided.
    pub begun: bool,
    /// Only what changed since.
    pub since: Option<jiff::Timestamp>,
    /// At most so many.
    pub limit: Option<usize>,
    pub place: Place,
    #[serde(flatten)]
    pub report: SweepReport,
}

impl Progress {
    pub fn of(extent: Extent) -> Self {
        Self {
            begun: true,
            since: extent.since,
            limit: extent.limit,
            ..Self::default()
        }
    }

    fn extent(&self) -> Extent {
        Extent {
            since: self.since,
            limit: self.limit,
        }
    }

    /// How many more to read.
    fn left(&self) -> usize {
        let limit = self.limit.unwrap_or(usize::MAX);
        limit.saturating_sub(self.report.read)
    }
}

/// Keeps progress, and tells it to whoever watches.
pub(super) trait Watch {
    async fn at(&self, progress: &Progress) -> Result<(), SweepError>;
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
        async fn at(&self, _: &Progress) -> Result<(), SweepError> {
            Ok(())
        }
    }
    let target = upstream::target(app, scope, connection_id).await?;
    let mut progress = Progress::of(extent);
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
    let extent = progress.extent();
    let side = Side {
        app,
        scope,
        connection: &target.known.connection,
        deal,
    };
    let mut seen = BTreeSet::new();
    while progress.left() > 0 {
        let Some((mut bookings, next)) = pages::next(app, target, extent, &progress.place).await?
        else {
            break;
        };
        // Pages overlap, and bookings move from one to another meanwhile.
        bookings.retain(|booking| seen.insert(booking.uid.clone()));
        bookings.truncate(progress.left());
        let compared = side.settle(&bookings).await?;
        progress.report.add(bookings.len(), compared);
        progress.place = next;
        watch.at(progress).await?;
    }
    if progress.left() == 0 {
        return Ok(());
    }
    for booking in lookups::wanted(app, scope, target.connection_id, extent, &seen).await? {
        let compared = match lookups::look_up(app, target, &booking).await? {
            Some(record) => side.settle(&[record]).await?,
            None => vec![side.missing_there(&booking).await?],
        };
        progress.report.add(1, compared);
        watch.at(progress).await?;
    }
    Ok(())
}
