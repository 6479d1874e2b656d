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
    read_within(headers, body, most, MOST_TIME).await
}

async fn read_within(
    headers: &HeaderMap,
    body: Body,
    most: usize,
    most_time: Duration,
) -> Result<Vec<u8>, Problem> {
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
    tokio::time::timeout(most_time, reading)
        .await
        .map_err(|_| {
            let seconds = most_time.as_secs();
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
        let part = part.map_err(|_| {
            Problem::new(Code::IncompleteBody, "the body ended before it was whole")
        })?;
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

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_come_is_not_waited_for() {
        let never = stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let body = Body::from_stream(never);
        let time = Duration::from_millis(10);
        let problem = read_within(&HeaderMap::new(), body, 100, time)
            .await
            .unwrap_err();
        assert_eq!(problem.code(), Code::BodyTimeout);
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_is_not_taken() {
        let broken = stream::iter([Ok(b"{".to_vec()), Err(std::io::Error::other("gone"))]);
        let problem = read(&HeaderMap::new(), Body::from_stream(broken), 100)
            .await
            .unwrap_err();
        assert_eq!(problem.code(), Code::IncompleteBody);
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_the_limit_and_no_further() {
        let parts = |count| {
            Body::from_stream(stream::iter(
                (0..count).map(|_| Ok::<_, std::io::Error>("12345")),
            ))
        };
        let none = HeaderMap::new();
        assert_eq!(read(&none, parts(2), 10).await.unwrap(), b"1234512345");
        let problem = read(&none, parts(3), 10).await.unwrap_err();
        assert_eq!(problem.code(), Code::BodyTooLarge);
    }
}
