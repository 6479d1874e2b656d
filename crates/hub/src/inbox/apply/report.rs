//! What applying would change, for people who look before they act.

use std::collections::BTreeMap;

use calbridge_store::sql::Value;
use serde::Serialize;
use serde_json::{Value as JsonValue, json};

/// A row that changes.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct RowChange {
    /// Table.
    pub table: &'static str,
    /// `insert`, `update` or `delete`.
    pub action: &'static str,
    /// Which row; `None` for one that has no id yet.
    pub id: Option<String>,
    /// The columns that change: before and after.
    pub columns: BTreeMap<&'static str, [JsonValue; 2]>,
}

/// Rows that change, in the order in which they are written.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
#[serde(transparent)]
pub struct RowChanges(pub Vec<RowChange>);

impl RowChanges {
    /// Note a row: `old` and `new` are the values of `columns`; an absent side makes an insert or a delete.
    pub(super) fn note(
        &mut self,
        table: &'static str,
        id: Option<String>,
        columns: &'static [&'static str],
        old: Option<&[Value]>,
        new: Option<&[Value]>,
    ) {
        let action = match (old, new) {
            (None, _) => "insert",
            (_, None) => "delete",
            _ => "update",
        };
        let side = |values: Option<&[Value]>, index: usize| {
            values
                .and_then(|values| values.get(index))
                .map_or(JsonValue::Null, shown)
        };
        let columns = columns
            .iter()
            .enumerate()
            .map(|(index, column)| (*column, [side(old, index), side(new, index)]))
            .filter(|(column, [old, new])| {
                old != new && !matches!(*column, "revision" | "updated_at")
            })
            .collect();
        self.0.push(RowChange {
            table,
            action,
            id,
            columns,
        });
    }
}

fn shown(value: &Value) -> JsonValue {
    match value {
        Value::Int(number) => json!(number),
        Value::Small(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::Bool(flag) => json!(flag),
        Value::Time(at) => json!(at.to_string()),
        Value::Json(text) => serde_json::from_str(text).unwrap_or(JsonValue::Null),
        Value::Uuid(id) => json!(id.to_string()),
        Value::Real(number) => json!(number),
        Value::Bytes(bytes) => json!(format!("{} bytes", bytes.len())),
        Value::Null(_) | Value::Unencodable(_) => JsonValue::Null,
    }
}
