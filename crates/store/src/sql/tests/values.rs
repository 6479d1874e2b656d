//! Every kind of value comes back as it went in.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Sample, TestResult};
use crate::{
    each_engine,
    sql::{Json, Kind, RawJson, StoreError, ToValue, Tx, Value, cut_to_micros},
};

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Shape {
    name: String,
    size: f64,
}

/// Stores a value in a column and reads it back.
async fn through<T: crate::sql::FromValue>(
    tx: &mut Tx,
    column: &str,
    value: impl Into<Value>,
) -> Result<T, StoreError> {
    tx.query(format!(
        "INSERT INTO samples ({column}) VALUES ($1) RETURNING {column}"
    ))
    .bind(value)
    .one()
    .await
    .map(|(value,): (T,)| value)
}

each_engine! {
    async fn numbers_and_truth_values_come_back(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        for number in [0, 1, -1, i64::MIN, i64::MAX] {
            assert_eq!(through::<i64>(&mut tx, "big", number).await?, number);
        }
        for number in [0, -7, i32::MIN, i32::MAX] {
            assert_eq!(through::<i32>(&mut tx, "small", number).await?, number);
            assert_eq!(through::<i64>(&mut tx, "small", number).await?, i64::from(number));
        }
        for flag in [true, false] {
            assert_eq!(through::<bool>(&mut tx, "flag", flag).await?, flag);
        }
        for real in [0.0, 1.0, -0.1, f64::MIN, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY] {
            assert_eq!(through::<f64>(&mut tx, "real", real).await?.to_bits(), real.to_bits());
        }
        assert_eq!(through::<Option<f64>>(&mut tx, "real", f64::NAN).await?, None);
        Ok(())
    }

    async fn text_and_bytes_come_back(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        for text in ["", " ", "plain", "Zoë 🦀 \u{10ffff}", "it's \"quoted\" \\ $1 ?", "a\r\nb"] {
            assert_eq!(through::<String>(&mut tx, "word", text).await?, text);
            assert_eq!(through::<String>(&mut tx, "word", Arc::<str>::from(text)).await?, text);
        }
        for bytes in [vec![], vec![0], (0..=255).collect::<Vec<u8>>()] {
            assert_eq!(through::<Vec<u8>>(&mut tx, "raw", &bytes).await?, bytes);
        }
        let long = "é".repeat(300_000);
        assert_eq!(through::<String>(&mut tx, "word", &long).await?, long);
        Ok(())
    }

    async fn nul_characters_become_the_replacement_character(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        assert_eq!(through::<String>(&mut tx, "word", "a\0b\0").await?, "a\u{fffd}b\u{fffd}");

        let document = serde_json::json!({"k\0": ["\0", "\\u0000", "\\\0"]});
        let stored: serde_json::Value = through(&mut tx, "doc", &document).await?;
        let clean = serde_json::json!({"k\u{fffd}": ["\u{fffd}", "\\u0000", "\\\u{fffd}"]});
        assert_eq!(stored, clean);

        let halves = r#"["\ud83e\udd80", "\ud83e", "\udd80x", "\ud83e\ud83e\udd80", "\u00e9"]"#;
        let stored: serde_json::Value = through(&mut tx, "doc", RawJson(halves.into())).await?;
        assert_eq!(stored, serde_json::json!(["🦀", "\u{fffd}", "\u{fffd}x", "\u{fffd}🦀", "é"]));
        Ok(())
    }

    async fn documents_come_back(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        for document in [
            serde_json::json!(null),
            serde_json::json!(true),
            serde_json::json!([1, -2.5, 1e300, 0.1, i64::MIN, u64::MAX]),
            serde_json::json!({"a": {"b": [{}, [], ""]}, "é": "🦀"}),
        ] {
            assert_eq!(through::<serde_json::Value>(&mut tx, "doc", &document).await?, document);
        }
        let shape = Shape { name: "it".into(), size: 2.5 };
        let Json(stored) = through::<Json<Shape>>(&mut tx, "doc", Json(&shape)).await?;
        assert_eq!(stored, shape);
        let raw = RawJson(r#"{"a": 1}"#.into());
        assert_eq!(through::<RawJson>(&mut tx, "doc", &raw).await?, raw);
        Ok(())
    }

    async fn uuids_come_back(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        for uuid in [Uuid::nil(), Uuid::max(), Uuid::now_v7()] {
            assert_eq!(through::<Uuid>(&mut tx, "uid", uuid).await?, uuid);
        }
        let text: (String,) = tx
            .query("SELECT CAST(uid AS TEXT) FROM samples ORDER BY uid DESC LIMIT 1")
            .one()
            .await?;
        assert_eq!(text.0, "ffffffff-ffff-ffff-ffff-ffffffffffff");
        Ok(())
    }

    async fn instants_come_back_cut_to_the_microsecond(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        for (text, expected) in [
            ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00Z"),
            ("2026-03-02T10:00:00.123456789Z", "2026-03-02T10:00:00.123456Z"),
            ("1969-12-31T23:59:59.999999999Z", "1969-12-31T23:59:59.999999Z"),
            ("1999-12-31T23:59:59.5Z", "1999-12-31T23:59:59.5Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
            ("0000-01-01T00:00:00.000001Z", "0000-01-01T00:00:00.000001Z"),
            ("-000500-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
        ] {
            let stored: Timestamp = through(&mut tx, "at", text.parse::<Timestamp>()?).await?;
            assert_eq!(stored, expected.parse()?, "{text}");
            assert_eq!(stored, cut_to_micros(text.parse()?));
        }
        for extreme in [Timestamp::MIN, Timestamp::MAX, Timestamp::UNIX_EPOCH] {
            assert_eq!(through::<Timestamp>(&mut tx, "at", extreme).await?, cut_to_micros(extreme));
        }
        Ok(())
    }

    async fn nulls_of_every_kind_come_back(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        tx.query(
            "INSERT INTO samples (big, small, word, flag, at, doc, raw, uid, real)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(None::<i64>)
        .bind(None::<i32>)
        .bind(None::<&str>)
        .bind(None::<bool>)
        .bind(None::<Timestamp>)
        .bind(None::<serde_json::Value>)
        .bind(None::<Vec<u8>>)
        .bind(None::<Uuid>)
        .bind(None::<f64>)
        .execute()
        .await?;
        let rows = tx.query("SELECT * FROM samples").rows().await?;
        let row = rows.first().ok_or("a row")?;
        assert_eq!(row.get::<Option<i64>>("big")?, None);
        assert_eq!(row.get::<Option<i32>>("small")?, None);
        assert_eq!(row.get::<Option<String>>("word")?, None);
        assert_eq!(row.get::<Option<bool>>("flag")?, None);
        assert_eq!(row.get::<Option<Timestamp>>("at")?, None);
        assert_eq!(row.get::<Option<serde_json::Value>>("doc")?, None);
        assert_eq!(row.get::<Option<Vec<u8>>>("raw")?, None);
        assert_eq!(row.get::<Option<Uuid>>("uid")?, None);
        assert_eq!(row.get::<Option<f64>>("real")?, None);

        // A NULL that nothing but its parameter gives a type.
        let (null,): (Option<i64>,) = tx.query("SELECT $1").bind(None::<i64>).one().await?;
        assert_eq!(null, None);
        Ok(())
    }

    async fn a_value_of_another_type_is_an_error_that_names_the_column(sample: Sample) -> TestResult {
        let mut tx = sample.0.write().await?;
        tx.query("INSERT INTO samples (word, big, small) VALUES ($1, $2, 70000)")
            .bind("12345678")
            .bind(i64::MAX)
            .execute()
            .await?;
        let rows = tx.query("SELECT * FROM samples").rows().await?;
        let row = rows.first().ok_or("a row")?;
        for (error, column) in [
            (row.get::<i64>("word").map(drop), "word"),
            (row.get::<String>("big").map(drop), "big"),
            (row.get::<i32>("big").map(drop), "big"),
            (row.get::<u16>("small").map(drop), "small"),
            (row.get::<Timestamp>("word").map(drop), "word"),
            (row.get::<Uuid>("word").map(drop), "word"),
            (row.get::<Json<Shape>>("word").map(drop), "word"),
            (row.get::<bool>("big").map(drop), "big"),
            (row.get::<String>("uid").map(drop), "uid"),
            (row.get::<String>("nowhere").map(drop), "nowhere"),
            (row.at::<String>(99).map(drop), "#99"),
        ] {
            let error = error.err().ok_or(column)?;
            assert!(matches!(&error, StoreError::Decode { column: named, .. } if named == column));
            assert!(!format!("{error} {error:?}").contains("12345678"), "{error}");
        }
        Ok(())
    }
}

#[test]
fn values_do_not_print_themselves() {
    let printed = format!("{:?}", ["secret".to_value(), Value::Null(Kind::Time)]);
    assert_eq!(printed, "[Text(..), Null(Time)]");
}
