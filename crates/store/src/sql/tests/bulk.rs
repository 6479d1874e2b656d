//! Many rows at once.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;

use super::{Engine, Sample, TestResult};
use crate::{
    each_engine,
    sql::{FromRow, Kind, Row, StoreError, ToValue, Value, in_list, placeholders},
};

#[derive(Debug, PartialEq, Eq)]
struct Named {
    id: i64,
    word: Option<String>,
}

impl FromRow for Named {
    fn from_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.get("id")?,
            word: row.get("word")?,
        })
    }
}

type Document = Option<serde_json::Value>;
type Returned = (Option<i64>, Option<Timestamp>, Document, Option<Uuid>);
type Changed = (
    i64,
    Option<String>,
    Option<Timestamp>,
    Option<i32>,
    Document,
);

fn words(n: i64) -> Vec<Vec<Value>> {
    (1..=n)
        .map(|id| {
            vec![
                id.to_value(),
                (id % 3 > 0).then(|| format!("word {id}")).to_value(),
            ]
        })
        .collect()
}

each_engine! {
    async fn rows_are_inserted_whatever_their_number(sample: Sample) -> TestResult {
        for n in [0, 1, 3, 64, 200] {
            let mut tx = sample.0.write().await?;
            let insert = "INSERT INTO samples (id, word) VALUES";
            assert_eq!(tx.insert_rows(insert, words(n), "").await?, n.cast_unsigned());
            let stored: Vec<Named> = tx.query("SELECT * FROM samples ORDER BY id").all().await?;
            assert_eq!(stored.len(), usize::try_from(n)?);
            for (id, named) in (1..).zip(&stored) {
                assert_eq!(named.id, id);
                assert_eq!(named.word.is_some(), id % 3 > 0);
            }
            tx.rollback().await?;
        }
        Ok(())
    }

    async fn inserted_rows_are_returned_and_repeated_ones_are_not(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        let insert = "INSERT INTO samples (id, word) VALUES";
        let suffix = "ON CONFLICT (id) DO NOTHING RETURNING id, word";
        let first: Vec<Named> = tx.insert_rows_returning(insert, words(3), suffix).await?;
        assert_eq!(first.len(), 3);
        let mut second: Vec<Named> = tx.insert_rows_returning(insert, words(70), suffix).await?;
        second.sort_by_key(|named| named.id);
        assert_eq!(second.len(), 67);
        assert_eq!(second.first().map(|named| named.id), Some(4));
        Ok(())
    }

    async fn every_kind_fits_in_many_rows(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        let at: Timestamp = "2026-03-02T10:00:00.25Z".parse()?;
        let full = vec![
            1_i64.to_value(), 2_i32.to_value(), "w".to_value(), true.to_value(), at.to_value(),
            serde_json::json!({"a": 1}).to_value(), vec![1_u8].to_value(),
            Uuid::nil().to_value(), 0.5.to_value(),
        ];
        let empty: Vec<Value> = full.iter().map(|value| Value::Null(value.kind())).collect();
        let rows = vec![empty.clone(), full.clone(), empty];
        let insert = "INSERT INTO samples (big, small, word, flag, at, doc, raw, uid, real) VALUES";
        let stored: Vec<Returned> = tx
            .insert_rows_returning(insert, rows, "RETURNING big, at, doc, uid")
            .await?;
        assert_eq!(stored.len(), 3);
        let full = (Some(1), Some(at), Some(serde_json::json!({"a": 1})), Some(Uuid::nil()));
        assert_eq!(stored.iter().filter(|row| **row == full).count(), 1);
        assert_eq!(stored.iter().filter(|row| row.0.is_none() && row.2.is_none()).count(), 2);
        Ok(())
    }

    async fn values_of_a_column_that_differ_in_kind_are_refused(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        let rows = vec![vec![1_i64.to_value()], vec!["two".to_value()]];
        let refused = tx.insert_rows("INSERT INTO samples (id) VALUES", rows, "").await;
        assert!(refused.is_err(), "{refused:?}");
        Ok(())
    }

    async fn rows_are_updated_each_with_its_own_values(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        tx.insert_rows("INSERT INTO samples (id, word) VALUES", words(100), "").await?;
        let at: Timestamp = "2026-03-02T10:00:00Z".parse()?;
        let changes = (1..=77)
            .map(|id: i64| {
                let at = (id % 2 == 0).then_some(at).to_value();
                let document = serde_json::json!([id]).to_value();
                vec![id.to_value(), format!("new {id}").to_value(), at, (id * 2).to_value(), document]
            })
            .collect();
        let columns = ["word", "at", "small", "doc"];
        assert_eq!(tx.update_rows("samples", "id", &columns, changes).await?, 77);
        let rows: Vec<Changed> = tx
            .query("SELECT id, word, at, small, doc FROM samples ORDER BY id")
            .all()
            .await?;
        for (id, word, stored_at, small, document) in rows {
            if id <= 77 {
                assert_eq!(word, Some(format!("new {id}")));
                assert_eq!(stored_at, (id % 2 == 0).then_some(at));
                assert_eq!(small.map(i64::from), Some(id * 2));
                assert_eq!(document, Some(serde_json::json!([id])));
            } else {
                assert_eq!(word.is_some(), id % 3 > 0);
                assert_eq!(small, None);
            }
        }
        Ok(())
    }

    async fn a_key_of_several_columns_finds_its_rows(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        let insert = "INSERT INTO samples (id, big) VALUES";
        let rows = (1..=4).map(|id: i64| vec![id.to_value(), (id % 2).to_value()]).collect();
        tx.insert_rows(insert, rows, "").await?;
        let changes = (1..=4)
            .map(|id: i64| vec![1_i64.to_value(), id.to_value(), "mine".to_value()])
            .collect();
        assert_eq!(tx.update_rows("samples", "big, id", &["word"], changes).await?, 2);
        let mine: Vec<(i64,)> =
            tx.query("SELECT id FROM samples WHERE word = 'mine' ORDER BY id").all().await?;
        assert_eq!(mine, [(1,), (3,)]);
        Ok(())
    }

    async fn rows_are_found_by_a_list(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        tx.insert_rows("INSERT INTO samples (id, word) VALUES", words(50), "").await?;
        for (wanted, found) in [(vec![], 0), (vec![7], 1), (vec![1, 2, 3], 3), (vec![49, 50, 51, 1, 1], 3)] {
            let (list, values) = in_list::<i64>(2, wanted);
            let rows: Vec<(i64,)> = tx
                .query(format!("SELECT id FROM samples WHERE id > $1 AND id IN {list}"))
                .bind(0_i64)
                .bind_all(values)
                .all()
                .await?;
            assert_eq!(rows.len(), found);
        }
        Ok(())
    }

    async fn rows_of_different_widths_are_refused(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        let rows = vec![vec![1_i64.to_value()], vec![]];
        let refused = tx.insert_rows("INSERT INTO samples (id) VALUES", rows, "").await;
        assert!(matches!(refused, Err(StoreError::Bug(_))));
        let refused = tx.update_rows("samples", "id", &["word"], vec![vec![1_i64.to_value()]]).await;
        assert!(matches!(refused, Err(StoreError::Bug(_))));
        Ok(())
    }

    async fn an_update_of_many_rows_uses_the_key(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        if tx.engine() == Engine::Postgres {
            return Ok(()); // Its planner looks at the statistics of real tables.
        }
        let plan = tx
            .query(
                "EXPLAIN QUERY PLAN WITH new_values (id, word) AS (VALUES ($1, $2), ($3, $4))
                 UPDATE samples SET word = new_values.word FROM new_values
                 WHERE samples.id = new_values.id",
            )
            .rows()
            .await?;
        let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect::<Result<_, _>>()?;
        assert!(steps.iter().any(|step| step.starts_with("SEARCH samples")), "{steps:?}");
        Ok(())
    }
}

#[test]
fn placeholders_count_from_where_they_are_told() {
    assert_eq!(placeholders(3, 2), "$2, $3, $4");
    assert_eq!(placeholders(0, 1), "");
}

#[test]
fn lists_are_filled_up_to_few_lengths() {
    let lengths: BTreeMap<usize, usize> = (0..=9)
        .map(|n| {
            (
                n,
                in_list::<i64>(1, 0..i64::try_from(n).unwrap_or_default())
                    .1
                    .len(),
            )
        })
        .collect();
    let expected = [
        (0, 0),
        (1, 1),
        (2, 2),
        (3, 4),
        (4, 4),
        (5, 8),
        (6, 8),
        (7, 8),
        (8, 8),
        (9, 16),
    ];
    assert_eq!(lengths, BTreeMap::from(expected));
    assert_eq!(in_list::<i64>(1, []).0, "(NULL)");
    assert_eq!(in_list(3, [1_i64, 2, 3]).0, "($3, $4, $5, $6)");
    assert_eq!(in_list(1, [Value::Null(Kind::Int)]).0, "($1)");
}
