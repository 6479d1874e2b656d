//! Reading bodies: never more than allowed, and not forever.

use std::time::Duration;

use axum::{
    body::{Body, BodyDataStream},
    http::{HeaderMap, header},
};
use futures::StreamExt;

use super::problem::{Code, Problem};

/// A body must have come after this long.
const MOST_TIME: Duration = Duration::from_secs(10);

/// The body, of at most `most` bytes. One that announces more is refused unread.
pub async fn read(headers: &HeaderMap, body: Body, most: usize) -> Result<Vec<u8>, Problem> {
    let announced: Option<u64> = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse().ok());
    let announced = announced.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    if announced.is_some_and(|length| length > most) {
        return Err(too_large(most));
    }
    let reading = read_on(
        body.into_data_stream(),
        Vec::with_capacity(announced.unwrap_or_default()),
        most,
    );
    tokio::time::timeout(MOST_TIME, reading)
        .await
        .map_err(|_| {
            let seconds = MOST_TIME.as_secs();
            Problem::new(
                Code::BodyTimeout,
                format!("the body took longer than {seconds} seconds"),
            )
        })?
}

async fn read_on(
    mut stream: BodyDataStream,
    mut bytes: Vec<u8>,
    most: usize,
) -> Result<Vec<u8>, Problem> {
    while let Some(part) = stream.next().await {
        let part = part
            .map_err(|_| Problem::new(Code::IncompleteBody, "the body ended before it was whole"))?;
        if bytes.len() + part.len() > most {
            return Err(too_large(most));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

fn too_large(most: usize) -> Problem {
    Problem::new(
        Code::BodyTooLarge,
        format!("the body may have at most {most} bytes"),
    )
}
