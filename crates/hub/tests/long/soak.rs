//! A long time under load: memory, handles and the job table stay as they are.
//!
//! `./test soak` runs this for up to ten minutes; among the long tests it is short.

use std::time::{Duration, Instant};

use calbridge_emulator::{
    CalCom,
    calcom::{CancelledBy, NewBooking},
};
use jiff::{SignedDuration, Timestamp};

use crate::{
    load::{SECRET, connect},
    server::{Home, Server},
};

/// How long, where nothing else is asked for.
const SHORT: Duration = Duration::from_secs(12);
const LONGEST: Duration = Duration::from_mins(10);

fn duration() -> Duration {
    #[expect(clippy::disallowed_methods, reason = "nobody else can say how long")]
    let asked = std::env::var("CALBRIDGE_SOAK_SECONDS");
    let asked = asked.ok().and_then(|seconds| seconds.parse().ok());
    asked.map_or(SHORT, Duration::from_secs).min(LONGEST)
}

/// What must not grow.
#[derive(Clone, Copy, Debug)]
struct Use {
    resident: f64,
    open_files: f64,
    jobs: f64,
}

impl Use {
    async fn of(server: &Server) -> Self {
        let metric = async |name: &str| server.metric(name).await.unwrap_or(0.);
        Self {
            resident: metric("process_resident_memory_bytes").await,
            open_files: metric("process_open_fds").await,
            jobs: metric("calbridge_jobs").await,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_time_leaves_no_traces() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::in_folder(folder.path());
    let path = connect(&home, 1);
    let server = home.serve().await;
    let url = format!("{}{path}", server.base);
    let sender = calbridge_emulator::sender::client().unwrap();
    let mut cal = CalCom::new(3);
    let epoch: Timestamp = "2031-01-05T08:00:00Z".parse().unwrap();
    let (began, longest) = (Instant::now(), duration());
    let (mut n, mut warm) = (0, None);
    while began.elapsed() < longest {
        n += 1;
        let now = epoch + SignedDuration::from_mins(n);
        let start = now + SignedDuration::from_hours(48);
        let email = format!("p{}@example.org", n % 50);
        let (uid, mut sent) = cal
            .book(NewBooking::new("intro", start, "Ann", email), now)
            .unwrap();
        sent.extend(cal.cancel(&uid, CancelledBy::Booker, None, now).unwrap());
        for delivery in &sent {
            let answer =
                calbridge_emulator::sender::send(&sender, &url, Some(SECRET), delivery, now).await;
            assert_eq!(answer.unwrap().status, 200);
        }
        if warm.is_none() && began.elapsed() > longest / 3 {
            warm = Some(Use::of(&server).await);
        }
    }
    let (warm, end) = (warm.unwrap(), Use::of(&server).await);
    let about = format!("after {n} bookings: {warm:?} became {end:?}");
    println!("{about}");
    // Caches of the database may fill; what grows with the work would be far above this.
    assert!(end.resident < warm.resident * 1.2 + 24e6, "{about}");
    assert!(end.open_files <= warm.open_files + 8., "{about}");
    assert!(end.jobs <= warm.jobs + 3., "{about}");
    assert_eq!(server.stop(), Some(0));
}
