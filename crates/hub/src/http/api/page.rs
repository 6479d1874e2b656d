//! Long lists are read in pages. The cursor is opaque to callers.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use calbridge_store::{Page, PageRequest};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::problem::{Code, Problem};

/// Rows of a page when the caller does not say.
pub const USUAL: i64 = 50;

/// A part of a list, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = Page)]
pub struct PageBody<T> {
    /// The rows.
    pub data: Vec<T>,
    /// Give it back as `cursor` to get the next part; null at the end.
    pub next_cursor: Option<String>,
}

impl<T> PageBody<T> {
    /// Render a page, row by row.
    pub fn of<R>(page: Page<R>, row: impl Fn(R) -> T) -> Self {
        Self {
            data: page.data.into_iter().map(row).collect(),
            next_cursor: page.next_cursor.map(encode),
        }
    }

    /// A list that is short enough to come whole.
    pub fn whole(data: Vec<T>) -> Self {
        Self {
            data,
            next_cursor: None,
        }
    }

    /// A page with nothing on it.
    pub fn empty() -> Self {
        Self {
            data: Vec::new(),
            next_cursor: None,
        }
    }
}

/// Which part the caller asks for.
pub fn request(
    limit: Option<i64>,
    cursor: Option<&str>,
    usual: i64,
) -> Result<PageRequest, Problem> {
    let limit = limit.unwrap_or(usual);
    if !(1..=PageRequest::MOST).contains(&limit) {
        let most = PageRequest::MOST;
        return Err(Problem::invalid("limit", format!("a limit is 1 to {most}")));
    }
    Ok(PageRequest {
        below: cursor.map(decode).transpose()?,
        ..PageRequest::first(limit)
    })
}

/// What callers give back to go on below a row.
pub fn encode(id: i64) -> String {
    URL_SAFE_NO_PAD.encode(id.to_string())
}

fn decode(cursor: &str) -> Result<i64, Problem> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok())
        .ok_or_else(|| {
            Problem::new(
                Code::InvalidCursor,
                "use the `next_cursor` of the page before",
            )
            .at("cursor")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_was_given() {
        for id in [1, 10_000_000_123, i64::MAX] {
            assert_eq!(decode(&encode(id)).unwrap(), id);
        }
    }

    #[test]
    fn a_cursor_of_somebody_else_is_refused() {
        for cursor in ["", "17", "MTc=", "not a cursor", "bm90IGEgbnVtYmVy"] {
            assert_eq!(
                decode(cursor).unwrap_err().code(),
                Code::InvalidCursor,
                "{cursor}"
            );
        }
    }

    #[test]
    fn a_limit_outside_the_bounds_is_refused() {
        assert_eq!(request(None, None, USUAL).unwrap().limit, 50);
        assert_eq!(request(Some(200), None, USUAL).unwrap().limit, 200);
        assert!(request(Some(0), None, USUAL).is_err());
        assert!(request(Some(201), None, USUAL).is_err());
    }
}
