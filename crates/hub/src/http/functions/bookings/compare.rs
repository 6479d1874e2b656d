//! A comparison that a caller waits for. It may take minutes, and what stands between gives up sooner: so the answer begins
//! early, and something comes every few seconds.

use std::{convert::Infallible, time::Duration};

use axum::{
    Json,
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use calbridge_core::scope::Scope;
use calbridge_store::sync_runs::{RunState, SyncCause, SyncRun};
use serde_json::json;
use tokio::{sync::watch, task::JoinHandle, time::timeout};

use super::{BookingsAction, BookingsBody, list};
use crate::{
    agreement::{self, CursorError, Extent},
    app::App,
    http::{
        api::sync_runs::SyncRunBody,
        problem::{Code, Problem},
    },
};

/// A comparison that takes longer goes on; its state is told.
const PATIENCE: Duration = Duration::from_mins(10);

/// What is done by then is answered whole, with the status that fits.
const AT_ONCE: Duration = Duration::from_secs(5);

/// The longest silence.
const BEAT: Duration = Duration::from_secs(5);

/// How the answer is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// One body. White space may come before it.
    Whole,
    /// Lines of JSON: how far it is, and last the body.
    Lines,
}

impl Form {
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Whole => "application/json",
            Self::Lines => "application/x-ndjson",
        }
    }
}

type Compared = Result<BookingsBody, Problem>;

/// Compare, and answer with what is stored then. Whoever hangs up does not stop it.
pub(super) async fn compare(
    app: &App,
    scope: Scope,
    wish: BookingsAction,
    form: Form,
) -> Result<Response, Problem> {
    let (tell, told) = watch::channel(0);
    let app = app.clone();
    let mut work = tokio::spawn(async move {
        let watch = |read| {
            tell.send_replace(read);
        };
        Box::pin(do_it(&app, &scope, wish, &watch)).await
    });
    if form == Form::Whole
        && let Ok(done) = timeout(AT_ONCE, &mut work).await
    {
        let body = done.unwrap_or_else(|_| Err(Problem::internal()))?;
        return Ok(Json(body).into_response());
    }
    let headers = [
        (header::CONTENT_TYPE.as_str(), form.content_type()),
        (header::CACHE_CONTROL.as_str(), "no-store"),
        // Proxies that gather answers before they pass them on.
        ("x-accel-buffering", "no"),
    ];
    let parts = futures::stream::unfold(Some(Telling { work, told }), move |telling| async move {
        let mut telling = telling?;
        let (part, goes_on) = telling.next(form).await;
        let part: Result<Bytes, Infallible> = Ok(part.into());
        Some((part, goes_on.then_some(telling)))
    });
    Ok((headers, Body::from_stream(parts)).into_response())
}

struct Telling {
    work: JoinHandle<Compared>,
    told: watch::Receiver<usize>,
}

impl Telling {
    /// What to say next, and whether there is more.
    async fn next(&mut self, form: Form) -> (Vec<u8>, bool) {
        let step = async {
            tokio::select! {
                // How far it came is told before it is over.
                biased;
                changed = self.told.changed(), if form == Form::Lines => match changed {
                    Ok(()) => None,
                    // Nobody tells any more.
                    Err(_) => Some((&mut self.work).await),
                },
                done = &mut self.work => Some(done),
            }
        };
        match timeout(BEAT, step).await {
            Ok(Some(done)) => {
                let done = done.unwrap_or_else(|_| Err(Problem::internal()));
                (last(done), false)
            }
            Ok(None) | Err(_) => (beat(form, *self.told.borrow()), true),
        }
    }
}

fn beat(form: Form, read: usize) -> Vec<u8> {
    match form {
        Form::Whole => b"\n".to_vec(),
        Form::Lines => format!("{}\n", json!({ "read": read })).into_bytes(),
    }
}

/// The status has gone out already: a failure stands in the body.
fn last(done: Compared) -> Vec<u8> {
    let body = match done {
        Ok(body) => serde_json::to_string(&body).unwrap_or_default(),
        Err(problem) => json!({ "error": {
            "code": problem.code().as_str(),
            "title": problem.code().title(),
            "detail": problem.detail(),
        } })
        .to_string(),
    };
    format!("{body}\n").into_bytes()
}

async fn do_it(
    app: &App,
    scope: &Scope,
    wish: BookingsAction,
    watch: &(dyn Fn(usize) + Sync),
) -> Compared {
    let runs = begin(app, scope, &wish).await?;
    let runs = agreement::watch_through(app, scope, runs, PATIENCE, watch).await?;
    let failed = runs.iter().find(|run| run.state == RunState::Failed);
    if let Some(why) = failed.and_then(|run| run.error.as_deref()) {
        return Err(Problem::new(Code::SyncFailed, why));
    }
    Ok(BookingsBody {
        sync_cursor: agreement::cursor_of(&runs),
        sync: Some(runs.into_iter().map(SyncRunBody::from).collect()),
        ..list(app, scope, wish.limit, None).await?
    })
}

async fn begin(app: &App, scope: &Scope, wish: &BookingsAction) -> Result<Vec<SyncRun>, Problem> {
    let cause = SyncCause::Function;
    let limit = wish.limit;
    let Some(cursor) = wish.cursor.as_deref() else {
        let extent = Extent { since: None, limit };
        return Ok(agreement::ask_for(app, scope, None, extent, cause).await?);
    };
    let gone_on = agreement::go_on(app, scope, cursor, limit, cause).await;
    gone_on.map_err(|error| match error {
        CursorError::NotOurs => Problem::new(Code::InvalidCursor, error.to_string()).at("cursor"),
        CursorError::Sync(error) => error.into(),
    })
}
