//! Long lists, a page at a time.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use calbridge_store::PageRequest;
use clap::Args;

use super::output::Output;

/// Which part of a list.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct Paging {
    /// How many, 1 to 200
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=PageRequest::MOST))]
    limit: i64,
    /// The `next_cursor` of the page before
    #[arg(long, value_parser = cursor)]
    cursor: Option<i64>,
}

impl Paging {
    pub(super) fn request(self) -> PageRequest {
        PageRequest {
            below: self.cursor,
            ..PageRequest::first(self.limit)
        }
    }
}

/// Below a table: how to get the rest.
pub(super) fn more(out: Output, next: Option<i64>) -> anyhow::Result<()> {
    match next {
        Some(next) => {
            let cursor = URL_SAFE_NO_PAD.encode(next.to_string());
            out.line(format!("There are more: add --cursor {cursor}"))
        }
        None => Ok(()),
    }
}

/// As the API gives it.
fn cursor(text: &str) -> Result<i64, String> {
    URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|bytes| String::from_utf8(bytes).ok()?.parse().ok())
        .ok_or_else(|| "use the next_cursor of the page before".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_the_api_gives_it() {
        assert_eq!(
            cursor(&URL_SAFE_NO_PAD.encode("10000000017")),
            Ok(10_000_000_017)
        );
        assert!(cursor("17").is_err());
    }
}
