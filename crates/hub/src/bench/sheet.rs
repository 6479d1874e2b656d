//! Rows as the hub wrote them, to be written again for other events: what an event writes, table by table.

use std::collections::BTreeMap;

use calbridge_store::sql::{StoreError, Tx, Value};
use rand::{RngExt, rngs::StdRng};
use uuid::Uuid;

/// What is another one in each event's rows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Slot {
    /// Id of the webhook event.
    Event,
    /// Id of the booking.
    Booking,
    /// Id of the lead.
    Lead,
    /// A new public id.
    PublicId,
    /// A text that no other row has, as long as the one it replaces.
    Unique,
}

/// Rows before those that name them.
const ORDER: [&str; 10] = [
    "webhook_events",
    "webhook_bodies",
    "leads",
    "bookings",
    "booking_references",
    "booking_changes",
    "attendees",
    "activities",
    "jobs",
    "audit_log",
];

/// Whose rows they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner {
    pub event: i64,
    pub booking: i64,
    pub lead: i64,
    /// Makes texts unique.
    pub mark: u64,
}

/// Rows of one table that an event inserts.
#[derive(Clone, Debug)]
pub(super) struct Insert {
    place: usize,
    sql: String,
    rows: Vec<Vec<Value>>,
    slots: Vec<(usize, Slot)>,
}

/// A row that an event changes.
#[derive(Clone, Debug)]
pub(super) struct Update {
    table: &'static str,
    key: &'static str,
    columns: Vec<&'static str>,
    row: Vec<Value>,
    slots: Vec<(usize, Slot)>,
}

/// Statements, ready to be run.
#[derive(Default)]
pub(super) struct Sheet {
    inserts: BTreeMap<usize, (String, Vec<Vec<Value>>)>,
    updates: Vec<(Update, Vec<Vec<Value>>)>,
}

impl Insert {
    /// `rows` of `columns`, some of which differ from event to event.
    pub fn new(
        table: &str,
        columns: &[&str],
        rows: Vec<Vec<Value>>,
        slots: &[(&str, Slot)],
    ) -> Self {
        Self {
            place: ORDER
                .iter()
                .position(|name| *name == table)
                .unwrap_or(ORDER.len()),
            sql: format!("INSERT INTO {table} ({}) VALUES", columns.join(", ")),
            rows,
            slots: positions(columns, slots),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn sql(&self) -> &str {
        &self.sql
    }
}

impl Update {
    /// The first column is the key.
    pub fn new(
        table: &'static str,
        columns: Vec<&'static str>,
        row: Vec<Value>,
        slots: &[(&str, Slot)],
    ) -> Self {
        let slots = positions(&columns, slots);
        let mut columns = columns;
        let key = columns.remove(0);
        Self {
            table,
            key,
            columns,
            row,
            slots,
        }
    }
}

fn positions(columns: &[&str], slots: &[(&str, Slot)]) -> Vec<(usize, Slot)> {
    slots
        .iter()
        .filter_map(|(name, slot)| {
            let index = columns.iter().position(|column| column == name)?;
            Some((index, *slot))
        })
        .collect()
}

impl Sheet {
    pub fn insert(&mut self, insert: &Insert, owner: Owner, rng: &mut StdRng) {
        let rows = insert.rows.iter().enumerate().map(|(index, row)| {
            // Rows of one event differ from each other too.
            let mark = owner
                .mark
                .wrapping_add(u64::try_from(index).unwrap_or_default());
            written(row, &insert.slots, Owner { mark, ..owner }, rng)
        });
        let (_, all) = self
            .inserts
            .entry(insert.place)
            .or_insert_with(|| (insert.sql.clone(), Vec::new()));
        all.extend(rows);
    }

    /// No row may be changed twice.
    pub fn update(&mut self, update: &Update, owner: Owner, rng: &mut StdRng) {
        let row = written(&update.row, &update.slots, owner, rng);
        let same = |other: &Update| other.table == update.table && other.columns == update.columns;
        match self.updates.iter_mut().find(|(other, _)| same(other)) {
            Some((_, all)) => all.push(row),
            None => self.updates.push((update.clone(), vec![row])),
        }
    }

    /// How many rows it writes.
    pub fn rows(&self) -> usize {
        let inserted: usize = self.inserts.values().map(|(_, rows)| rows.len()).sum();
        let updated: usize = self.updates.iter().map(|(_, rows)| rows.len()).sum();
        inserted + updated
    }

    /// Run the statements.
    pub async fn write(self, tx: &mut Tx) -> Result<(), StoreError> {
        for (sql, rows) in self.inserts.into_values() {
            tx.insert_rows(&sql, rows, "").await?;
        }
        for (update, rows) in self.updates {
            tx.update_rows(update.table, update.key, &update.columns, rows)
                .await?;
        }
        Ok(())
    }
}

fn written(row: &[Value], slots: &[(usize, Slot)], owner: Owner, rng: &mut StdRng) -> Vec<Value> {
    let mut row = row.to_vec();
    for (index, slot) in slots {
        let Some(value) = row.get_mut(*index) else {
            continue;
        };
        match (slot, &mut *value) {
            (_, Value::Null(_)) => {}
            (Slot::Event, value) => *value = owner.event.into(),
            (Slot::Booking, value) => *value = owner.booking.into(),
            (Slot::Lead, value) => *value = owner.lead.into(),
            // In the order of time, as the hub's own.
            (Slot::PublicId, value) => {
                let time = u128::from(owner.event.unsigned_abs()) << 80;
                *value = Uuid::from_u128(time | u128::from(rng.random::<u64>())).into();
            }
            (Slot::Unique, Value::Text(text)) => *text = unique(text, owner),
            (Slot::Unique, _) => {}
        }
    }
    row
}

/// As long as `text`, unless that is too short to be unique.
fn unique(text: &str, owner: Owner) -> String {
    let mark = format!("{:016x}", owner.mark);
    match text.char_indices().rev().nth(mark.len() - 1) {
        Some((at, _)) => format!("{}{mark}", text.get(..at).unwrap_or_default()),
        // A short one counts up, as the provider's numbers do.
        None => format!("{}{:02}", owner.event, owner.mark % 100),
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn a_row_is_written_again_for_another_event() {
        let columns = ["id", "external_id", "delivery_key"];
        let row = vec![
            Value::from(1_i64),
            Value::from("short"),
            Value::from("0123456789abcdef0123"),
        ];
        let slots = [
            ("id", Slot::Event),
            ("external_id", Slot::Unique),
            ("delivery_key", Slot::Unique),
        ];
        let slots = positions(&columns, &slots);
        let owner = Owner {
            event: 7,
            booking: 8,
            lead: 9,
            mark: 0xff,
        };
        let written = written(&row, &slots, owner, &mut StdRng::seed_from_u64(1));
        assert!(written[0] == Value::from(7_i64));
        assert!(written[1] == Value::from("755"));
        assert!(written[2] == Value::from("012300000000000000ff"));
    }
}
