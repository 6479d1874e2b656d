//! What Calendly's answers have in common: the envelope, errors, and what is still allowed.

use std::time::Duration;

use calbridge_core::provider::Provider;
use http::{HeaderMap, Method};
use serde_json::Value;

use crate::{
    calcom::api::{
        Call, ErrorKind, Operation, Quota, Response,
        call::{Dialect, Read},
        quote::quote,
        reader::{Misread, Object, Part, Shape},
    },
    fields::Fields,
};

/// How Calendly answers.
const CALENDLY: Dialect = Dialect {
    provider: Provider::Calendly,
    envelope,
    refusal,
    quota,
};

/// One thing, or a list with its pages.
const ENVELOPE: Shape = Shape {
    expected: &[],
    possible: &["resource", "collection", "pagination"],
};

/// What to wait when the provider does not say.
const MINUTE: u64 = 60;

pub(super) fn get<T>(
    operation: Operation,
    segments: &[&dyn std::fmt::Display],
    read: Read<T>,
) -> Call<T> {
    Call::spoken(&CALENDLY, operation, Method::GET, segments, read)
}

/// The last part of a URI: what names the thing in a path.
pub(super) fn name_in(uri: &str) -> &str {
    uri.rsplit('/').next().unwrap_or(uri)
}

/// Where the next page begins, if there is one.
pub(super) fn next_page(envelope: &Object<'_>) -> Result<Option<String>, Misread> {
    const PAGES: Shape = Shape {
        expected: &["count", "next_page"],
        possible: &["previous_page", "next_page_token", "previous_page_token"],
    };
    let pages = envelope.need("pagination")?.object(&PAGES)?;
    pages.string("next_page_token")
}

fn envelope<'a>(body: &Part<'a>) -> Result<Object<'a>, Misread> {
    body.object(&ENVELOPE)
}

fn refusal(
    _operation: Operation,
    response: &Response<'_>,
    body: Option<&Value>,
) -> (ErrorKind, String) {
    let Some(body) = body else {
        let message = "the answer is not a JSON object".to_owned();
        return (kind(response, None), message);
    };
    let body = Fields::of(body);
    let code = body
        .objects("details")
        .find_map(|detail| detail.string("code"));
    let said = [body.text("title"), body.text("message")];
    let details = body.objects("details").flat_map(|detail| {
        [detail.text("parameter"), detail.text("message")]
            .into_iter()
            .flatten()
    });
    let words: Vec<_> = said.into_iter().flatten().chain(details).collect();
    (kind(response, code), quote(&words.join(": ")))
}

/// Calendly says 400 where a time is taken, and 403 for plan, role and scope alike (contract, errors).
fn kind(response: &Response<'_>, code: Option<String>) -> ErrorKind {
    match response.status {
        401 => ErrorKind::Unauthorized,
        403 => ErrorKind::Forbidden,
        404 => ErrorKind::NotFound,
        410 => ErrorKind::Gone,
        429 => ErrorKind::RateLimited {
            retry_after: Duration::from_secs(
                number(response.headers, "x-ratelimit-reset").map_or(MINUTE, |wait| wait.max(1)),
            ),
        },
        status @ 400..=499 => match code {
            Some(code) if code == "already_filled" => ErrorKind::SlotTaken,
            Some(code) => ErrorKind::Refused { code },
            None => ErrorKind::Refused {
                code: format!("http_{status}"),
            },
        },
        500.. => ErrorKind::Down,
        _ => ErrorKind::Misread {
            expected: "an answer, not a redirect",
        },
    }
}

fn quota(headers: &HeaderMap) -> Option<Quota> {
    let of = |name| number(headers, name);
    Some(Quota {
        limit: of("x-ratelimit-limit")?.try_into().ok()?,
        remaining: of("x-ratelimit-remaining")?.try_into().ok()?,
        resets_in: Duration::from_secs(of("x-ratelimit-reset")?),
    })
}

/// Longer than an hour, it is no number of seconds.
fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    let number: u64 = headers.get(name)?.to_str().ok()?.trim().parse().ok()?;
    (name != "x-ratelimit-reset" || number <= 3600).then_some(number)
}
