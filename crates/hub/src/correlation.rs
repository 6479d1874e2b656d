//! The id under which a request or a job stands in logs, handed on to everybody who is asked because of it.

use std::sync::Arc;

use tokio::task::{JoinHandle, futures::TaskLocalFuture};
use tracing::Instrument;

tokio::task_local! {
    static CURRENT: Arc<str>;
}

/// Work under an id.
pub fn under<F: Future>(id: impl Into<Arc<str>>, work: F) -> TaskLocalFuture<Arc<str>, F> {
    CURRENT.scope(id.into(), work)
}

/// The id under which this is done, if it is for a request or a job.
pub fn current() -> Option<Arc<str>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// A task of its own, under the same id and in the same span.
pub fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let work = work.in_current_span();
    match current() {
        Some(id) => tokio::spawn(under(id, work)),
        None => tokio::spawn(work),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_task_of_its_own_stands_under_the_same_id() {
        let seen = under("abc-1", async { spawn(async { current() }).await });
        assert_eq!(seen.await.unwrap().as_deref(), Some("abc-1"));
        assert_eq!(spawn(async { current() }).await.unwrap(), None);
    }
}
