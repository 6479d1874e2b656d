//! The text form of instants, which people and SQL tools see in SQLite.

use jiff::Timestamp;
use rstest::rstest;

use super::{Engine, Sample, TestResult};
use crate::{
    each_engine,
    sql::time::{from_text, to_text},
};

#[rstest]
#[case("2026-03-02 10:00:00.123456", "2026-03-02T10:00:00.123456Z")]
#[case("2026-03-02 10:00:00.5", "2026-03-02T10:00:00.5Z")]
#[case("2026-03-02 10:00:00", "2026-03-02T10:00:00Z")]
#[case("2026-03-02 10:00", "2026-03-02T10:00:00Z")]
#[case("2026-03-02", "2026-03-02T00:00:00Z")]
#[case("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z")]
#[case(" 2026-03-02 10:00:00Z ", "2026-03-02T10:00:00Z")]
#[case("2026-03-02T10:00:00+02:00", "2026-03-02T08:00:00Z")]
#[case("2026-03-02 10:00:00+00", "2026-03-02T10:00:00Z")]
#[case("2026-03-02 10:00:00.123456789", "2026-03-02T10:00:00.123456Z")]
fn hand_written_times_are_read(#[case] text: &str, #[case] expected: &str) -> TestResult {
    assert_eq!(from_text(text), Some(expected.parse()?));
    Ok(())
}

#[rstest]
#[case("")]
#[case("soon")]
#[case("10:00")]
#[case("2026-02-30 10:00:00")]
#[case("1772445600")]
fn other_text_is_no_time(#[case] text: &str) {
    assert_eq!(from_text(text), None);
}

#[test]
fn the_text_form_sorts_like_the_instants() -> TestResult {
    let mut times = Vec::new();
    for text in [
        "-009999-01-02T01:59:59Z",
        "0000-01-01T00:00:00Z",
        "0999-12-31T23:59:59.999999Z",
        "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00Z",
        "2026-03-02T09:59:59.99999Z",
        "2026-03-02T10:00:00Z",
        "2026-03-02T10:00:00.000001Z",
        "2026-03-02T10:00:00.1Z",
        "9999-12-30T22:00:00.999999Z",
    ] {
        times.push(text.parse::<Timestamp>()?);
    }
    let texts: Vec<String> = times.iter().map(|time| to_text(*time)).collect();
    assert!(texts.is_sorted(), "{texts:?}");
    assert!(texts.iter().all(|text| text.len() == 26), "{texts:?}");
    Ok(())
}

each_engine! {
    async fn instants_sort_and_compare_in_sql(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        let now: Timestamp = "2026-03-02T10:00:00Z".parse()?;
        let mut expected = Vec::new();
        for micros in [0, 1, -1, 500_000, -500_000, 86_400_000_000, -86_400_000_000] {
            let at = Timestamp::from_microsecond(now.as_microsecond() + micros)?;
            expected.push(at);
            tx.query("INSERT INTO samples (at) VALUES ($1)").bind(at).execute().await?;
        }
        expected.sort();
        let sorted: Vec<(Timestamp,)> =
            tx.query("SELECT at FROM samples ORDER BY at").all().await?;
        assert_eq!(sorted.into_iter().map(|(at,)| at).collect::<Vec<_>>(), expected);
        let (earlier,): (i64,) = tx
            .query("SELECT count(*) FROM samples WHERE at < $1")
            .bind(now)
            .one()
            .await?;
        assert_eq!(earlier, 3);
        Ok(())
    }

    async fn instants_compare_with_the_clock_of_the_database(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        let clock = match tx.engine() {
            Engine::Sqlite => "datetime('now')",
            Engine::Postgres => "now()",
        };
        tx.query(format!("INSERT INTO samples (at) VALUES ({clock})")).execute().await?;
        let (then,): (Timestamp,) = tx.query("SELECT at FROM samples").one().await?;
        for (seconds, expected) in [(-2, true), (2, false)] {
            let (later,): (bool,) = tx
                .query(format!("SELECT {clock} > $1"))
                .bind(then + jiff::SignedDuration::from_secs(seconds))
                .one()
                .await?;
            assert_eq!(later, expected);
        }
        Ok(())
    }
}
