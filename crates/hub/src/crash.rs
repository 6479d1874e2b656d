//! Points between two steps of what we want of a provider, at which a test has this process end as a crash would: what
//! comes after never runs. They are there in builds with the emulator, and nothing happens at them unless it is planned.

#[cfg(feature = "emulator")]
use std::sync::{
    OnceLock,
    atomic::{AtomicU32, Ordering},
};

#[cfg(feature = "emulator")]
use tokio::sync::watch;

/// A point before or after a commit or a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    /// Somebody wants something, and nothing is written down.
    Wanted,
    /// It is written down, with its job and the claimed time.
    WrittenDown,
    /// It is written down that the provider is about to be asked.
    Sent,
    /// The provider has answered, and only this process knows.
    Answered,
    /// The provider is about to be asked what became of it.
    Looking,
    /// What was seen is not written down.
    Looked,
    /// What was heard or seen is written down, and nobody was told.
    Recorded,
}

impl Point {
    /// Every point.
    pub const ALL: [Self; 7] = [
        Self::Wanted,
        Self::WrittenDown,
        Self::Sent,
        Self::Answered,
        Self::Looking,
        Self::Looked,
        Self::Recorded,
    ];
}

/// The points of a process.
#[derive(Debug, Default)]
pub struct CrashPoints {
    #[cfg(feature = "emulator")]
    planned: OnceLock<Crash>,
}

#[cfg(feature = "emulator")]
#[derive(Debug)]
struct Crash {
    point: Point,
    /// How often it is passed before.
    passes: AtomicU32,
    has_ended: watch::Sender<bool>,
}

impl CrashPoints {
    /// Go on, unless this process ends here, or has ended elsewhere.
    #[cfg_attr(
        not(feature = "emulator"),
        expect(clippy::unused_async, unused_variables, reason = "there are no points")
    )]
    pub(crate) async fn pass(&self, point: Point) {
        #[cfg(feature = "emulator")]
        if let Some(crash) = self.planned.get()
            && crash.ends_at(point)
        {
            std::future::pending::<()>().await;
        }
    }

    /// End this process at a point, after passing it so often. Only the first plan counts.
    #[cfg(feature = "emulator")]
    pub fn plan(&self, point: Point, passes: u32) {
        self.planned.get_or_init(|| Crash {
            point,
            passes: AtomicU32::new(passes),
            has_ended: watch::Sender::new(false),
        });
    }

    /// Wait until this process has ended; for ever, when that is not planned.
    #[cfg(feature = "emulator")]
    pub async fn ended(&self) {
        let Some(crash) = self.planned.get() else {
            return std::future::pending().await;
        };
        let mut has_ended = crash.has_ended.subscribe();
        // The sender lives as long as `self` does.
        let _ = has_ended.wait_for(|ended| *ended).await;
    }
}

#[cfg(feature = "emulator")]
impl Crash {
    fn ends_at(&self, point: Point) -> bool {
        let passed = |passes: u32| passes.checked_sub(1);
        let ends = point == self.point
            && self
                .passes
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, passed)
                .is_err();
        if ends {
            self.has_ended.send_replace(true);
        }
        ends || *self.has_ended.borrow()
    }
}
