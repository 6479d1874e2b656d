//! The key of a connection: whether it looks right, works, and may do what is needed.

use calbridge_providers::calcom_api::{BaseUrl, ErrorKind, Note};
use calbridge_store::StoreError;
use jiff::SignedDuration;
use secrecy::ExposeSecret;

use super::{Finding, Fix};
use crate::{
    app::App,
    canary::Looks,
    connections::KnownConnection,
    upstream::{self, AskError, Target},
};

/// Clocks that differ by more than this are worth a word: what is free and what is over depends on them.
const SKEW: SignedDuration = SignedDuration::from_secs(30);

/// What keys of the hosted service begin with (FL-12).
const PREFIXES: [&str; 2] = ["cal_live_", "cal_test_"];

pub(super) fn form(app: &App, known: &KnownConnection, name: &str) -> Option<Finding> {
    let key = known.api_key(app.clock.now())?;
    let key = key.expose_secret();
    if PREFIXES.iter().any(|prefix| key.starts_with(prefix)) {
        return None;
    }
    let says = format!("{name}: its key does not begin with cal_live_ or cal_test_");
    let remedy = "servers of one's own may give others; if it does not work, copy it again from Settings, Security, API keys";
    Some(Finding::warn("key", says, remedy))
}

pub(super) fn base_url(app: &App, known: &KnownConnection, name: &str) -> Option<Finding> {
    let own = known.connection.api_url.as_deref();
    let url = own.unwrap_or(&app.config.calcom.api_url);
    match BaseUrl::parse(url) {
        Ok((base, Some(Note::VersionOne))) => Some(Finding::warn(
            "base url",
            format!("{name}: API v1 was switched off in April 2026; calls go to v2"),
            format!("set the base URL to {}", base.as_str()),
        )),
        // One that cannot be used is told where the key is tried.
        Ok(_) | Err(_) => None,
    }
}

/// What the provider says to the key.
pub(super) fn works(target: &Target, looks: &Looks, name: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut answered = 0;
    for (position, (operation, outcome)) in looks.asked.iter().enumerate() {
        match outcome {
            Ok(()) => answered += 1,
            Err(error) if position == 0 => return vec![failed(error, &target.known, name)],
            Err(AskError::Provider(error)) if error.kind == ErrorKind::Forbidden => {
                findings.push(Finding::fail(
                    "rights",
                    format!("{name}: its key may not do {operation}: {}", error.message),
                    "use a key of a person who may, or give that person the role",
                ));
            }
            Err(error) => findings.push(Finding::warn(
                "provider",
                format!("{name}: {operation} failed: {error}"),
                "try again in a moment; if it stays so, look at the provider's status page",
            )),
        }
    }
    findings.insert(
        0,
        Finding::ok(
            "key",
            format!(
                "{name}: works for {answered} of {} questions; when it expires only the provider's settings tell",
                looks.asked.len()
            ),
        ),
    );
    findings
}

/// Why the first question has no answer.
pub(super) fn failed(error: &AskError, known: &KnownConnection, name: &str) -> Finding {
    let id = known.connection.id;
    let kind = match error {
        AskError::Provider(error) => Some(&error.kind),
        _ => None,
    };
    match kind {
        Some(ErrorKind::Unauthorized) => Finding::fail(
            "key",
            format!("{name}: the provider refuses its key"),
            format!(
                "make a new one at Cal.com, Settings, Security, API keys (is it expired there?), and set it: \
                 `calbridge connections set-key {id}`"
            ),
        ),
        Some(ErrorKind::Gone) => Finding::fail(
            "base url",
            format!("{name}: {error}"),
            format!(
                "set the base URL to {} or that of your own server",
                BaseUrl::CLOUD
            ),
        ),
        Some(ErrorKind::NotFound | ErrorKind::Misread { .. }) => Finding::fail(
            "base url",
            format!("{name}: what answers there is no Cal.com with API v2: {error}"),
            "see whether the base URL of the connection is right",
        ),
        _ => Finding::fail(
            "provider",
            format!("{name}: {error}"),
            "see whether this machine reaches the provider, and the provider's status page",
        ),
    }
}

pub(super) fn clock(looks: &Looks, name: &str) -> Option<Finding> {
    let ahead = looks.clock_ahead?;
    if ahead.abs() <= SKEW {
        return None;
    }
    let side = if ahead.is_negative() {
        "behind"
    } else {
        "ahead of"
    };
    Some(Finding::warn(
        "clock",
        format!(
            "{name}: the provider's clock is {} s {side} this machine's",
            ahead.abs().as_secs()
        ),
        "let this machine follow a time server",
    ))
}

/// Which versions the server speaks. What cannot be read may mean that it was replaced by another.
pub(super) async fn profile(
    app: &App,
    target: &Target,
    looks: &Looks,
    name: &str,
    fix: Fix,
) -> Result<Option<Finding>, StoreError> {
    let is_misread = |error: &AskError| matches!(error, AskError::Provider(error) if matches!(error.kind, ErrorKind::Misread { .. }));
    let misread = looks
        .asked
        .iter()
        .any(|(_, outcome)| outcome.as_ref().is_err_and(is_misread));
    let profile = target.profile.as_str();
    if !misread {
        return Ok(Some(Finding::ok(
            "profile",
            format!("{name}: the server speaks {profile}"),
        )));
    }
    if fix == Fix::Nothing {
        let says = format!("{name}: answers cannot be read as {profile}");
        let remedy = "`calbridge doctor --fix` finds out anew which versions the server speaks";
        return Ok(Some(Finding::fail("profile", says, remedy)));
    }
    upstream::forget_profile(app, target).await?;
    let says = format!(
        "{name}: which versions the server speaks is found out anew with the next question"
    );
    Ok(Some(Finding::fixed("profile", says)))
}
