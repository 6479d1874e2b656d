//! Short runs of everything, on both engines: what is measured must work before it is worth a number.

use std::{path::Path, time::Duration};

use calbridge_store::testing::postgres_db;
use indicatif::ProgressBar;
use rand::{SeedableRng, rngs::StdRng};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;

use super::{
    Mix, Pace, Plan, book,
    hub::{Bed, Server},
    ingest::Crew,
    preload::Original,
    storage::Limit,
};

const BLINK: Duration = Duration::from_millis(200);

fn plan(server: Option<SecretString>, dir: &Path) -> Plan {
    Plan {
        time: BLINK,
        connections: 4,
        mix: Mix::default(),
        writers: 2,
        server,
        dir: dir.to_owned(),
    }
}

/// Neither side answers otherwise than it should; a slow machine may have time for the warm-up only.
async fn book_a_little(server: Option<SecretString>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let pace = Pace {
        pause: Duration::ZERO,
        most: 12,
    };
    let (stop, bar) = (CancellationToken::new(), ProgressBar::hidden());
    let plan = plan(server, folder.path());
    let report = Box::pin(book(&plan, pace, &stop, &bar)).await?;
    assert_eq!((report.errors, report.error), (0, None));
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}

async fn run_everything(server: Option<SecretString>) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let plan = plan(server, folder.path());
    let stop = CancellationToken::new();
    Bed::with(&plan, &stop, async |bed, _| {
        // Bookings that were copied can be moved and cancelled.
        let mut original = Original::make(bed).await?;
        original.copy(bed, 100, &ProgressBar::hidden()).await?;
        // The rows of events can be written again for others.
        let limit = Limit::new(bed, &plan).await?;
        let committed = limit.measure(16, BLINK).await?;
        assert!(committed.rows > committed.events, "{committed:?}");

        let known = original.open(0, plan.connections, 10, &mut StdRng::seed_from_u64(1));
        assert!(known.iter().all(|known| known.len() == 10), "{known:?}");
        let mut members = bed.sender()?.many(plan.connections);
        for (member, known) in members.iter_mut().zip(known) {
            member.know(known);
        }
        let server = Server::start(bed).await?;
        let before = stored(bed).await?;
        let (measured, _) = Crew::working(members)
            .send(&[server.address], BLINK, BLINK)
            .await;
        assert_eq!((measured.errors, measured.error), (0, None));
        // A slow machine may answer none within the time that counts.
        assert!(stored(bed).await? > before);

        let members = bed.idle_sender()?.many(plan.connections);
        let (measured, _) = Crew::idling(members)
            .send(&[server.address], BLINK, BLINK)
            .await;
        assert_eq!((measured.errors, measured.error), (0, None));
        server.stop().await
    })
    .await?;
    assert_eq!(std::fs::read_dir(folder.path())?.count(), 0);
    Ok(())
}

async fn stored(bed: &Bed) -> anyhow::Result<i64> {
    let mut tx = bed.app.store.read().await?;
    let (count,) = tx
        .query("SELECT COUNT(*) FROM webhook_events")
        .one()
        .await?;
    tx.rollback().await?;
    Ok(count)
}

#[tokio::test]
async fn a_short_run_works_and_leaves_nothing_behind_on_sqlite() {
    run_everything(None).await.unwrap();
}

#[tokio::test]
async fn a_short_run_works_and_leaves_nothing_behind_on_postgres() {
    let Some(database) = postgres_db(&[]).await else {
        return;
    };
    run_everything(database.url()).await.unwrap();
    database.remove().await;
}

#[tokio::test]
async fn bookings_are_measured_on_sqlite() {
    book_a_little(None).await.unwrap();
}

#[tokio::test]
async fn bookings_are_measured_on_postgres() {
    let Some(database) = postgres_db(&[]).await else {
        return;
    };
    book_a_little(database.url()).await.unwrap();
    database.remove().await;
}
