//! The commands. To add one: a variant of [`Command`], a request that is [`Ask`], and a line in `run`.

use axum::Json;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use uuid::Uuid;

use super::calcom;
use crate::{
    app::App,
    http::{Code, Problem},
    startup::RELEASE,
};

/// What a running process can be asked from its own machine.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Command {
    /// Who it is.
    Status,
    /// Ask for slots ahead of time.
    WarmUp,
    /// Try connections.
    Probe,
    /// Close circuit breakers.
    ResetCircuits,
}

impl Command {
    /// Every command.
    pub const ALL: [Self; 4] = [Self::Status, Self::WarmUp, Self::Probe, Self::ResetCircuits];

    /// The last part of its path.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::WarmUp => "warm-up",
            Self::Probe => "probe",
            Self::ResetCircuits => "reset-circuits",
        }
    }

    /// Back from the word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|command| command.as_str() == word)
    }
}

/// The request of a command, with the type of its answer.
pub trait Ask: Serialize + DeserializeOwned {
    /// Which command.
    const COMMAND: Command;
    /// What is answered.
    type Answer: Serialize + DeserializeOwned;
}

/// Do a command that came over the network as JSON.
pub(super) async fn run(app: &App, command: Command, body: &[u8]) -> Result<Json<Value>, Problem> {
    match command {
        Command::Status => answer(body, async |ask| Ok(status(app, &ask))).await,
        Command::WarmUp => answer(body, async |ask| calcom::warm_up(app, &ask).await).await,
        Command::Probe => answer(body, async |ask| calcom::probe(app, &ask).await).await,
        Command::ResetCircuits => answer(body, async |ask| calcom::reset(app, &ask).await).await,
    }
}

async fn answer<A: Ask>(
    body: &[u8],
    work: impl AsyncFnOnce(A) -> Result<A::Answer, Problem>,
) -> Result<Json<Value>, Problem> {
    let ask = serde_json::from_slice(body)
        .map_err(|error| Problem::new(Code::InvalidField, error.to_string()))?;
    let answer = work(ask).await?;
    serde_json::to_value(&answer)
        .map(Json)
        .map_err(|_| Problem::internal())
}

/// Who are you?
#[derive(Serialize, Deserialize, Debug)]
#[serde(deny_unknown_fields)]
pub struct Status {}

/// Who answers.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Debug)]
pub struct StatusAnswer {
    /// The process among the nodes.
    pub node_id: Uuid,
    /// The process on its machine.
    pub process_id: u32,
    /// Its release.
    pub release: String,
    /// How long it has been at work.
    pub uptime_seconds: i64,
}

impl Ask for Status {
    const COMMAND: Command = Command::Status;
    type Answer = StatusAnswer;
}

fn status(app: &App, _: &Status) -> StatusAnswer {
    let uptime: SignedDuration = app.clock.now().duration_since(app.started_at);
    StatusAnswer {
        node_id: app.node_id,
        process_id: std::process::id(),
        release: RELEASE.to_owned(),
        uptime_seconds: uptime.as_secs(),
    }
}
