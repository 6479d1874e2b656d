//! The statements that copy a booking's rows, many copies at a time.

use calbridge_core::{
    change::ReferenceKind,
    ids::{BookingId, LeadId},
};
use calbridge_store::{
    StoreError,
    attendees::Attendee,
    booking_changes::BookingChange,
    bookings::Booking,
    leads::Lead,
    sql::{Engine, Tx, Value},
};

/// Numbers of copies at Cal.com are above this.
pub(super) const NUMBERS_FROM: i64 = 500_000_000;

/// Ids of copies are between these and so much more; those that the hub hands out from then on are above.
const LEADS_FROM: i64 = 1_000_000_000;
const BOOKINGS_FROM: i64 = 50_000_000_000;
const ROOM: i64 = 100_000_000;

/// The booking that is copied, and what stands in its rows that must differ.
#[derive(Debug)]
pub(super) struct Pattern {
    pub booking: BookingId,
    pub lead: LeadId,
    pub uid: String,
    pub number: i64,
    /// The local part of the address.
    pub local: String,
}

/// The uid of a copy, and the local part of its booker's address. It begins as if by chance, so that an index has no
/// place where all new ones go.
pub(super) fn uid(n: i64) -> String {
    format!("{:08x}{n:014}", n.wrapping_mul(SCATTER).rem_euclid(1 << 32))
}

/// Odd, so that no two numbers below 2^32 meet.
const SCATTER: i64 = 2_654_435_761;

/// What the engines spell differently. `n` is the number of a copy.
struct Words {
    series: &'static str,
    uid: String,
    public_id: &'static str,
    domain: &'static str,
    change: &'static str,
    json: &'static str,
}

impl Words {
    fn of(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self {
                series: "WITH RECURSIVE t (n) AS (SELECT $1 UNION ALL SELECT n + 1 FROM t WHERE n < $2)",
                uid: format!("printf('%08x%014d', (n * {SCATTER}) % 4294967296, n)"),
                public_id: "printf('00000000-0000-7000-8000-%012x', n)",
                domain: "substr(s.email, instr(s.email, '@'))",
                change: "s.change",
                json: "",
            },
            Engine::Postgres => Self {
                series: "WITH t (n) AS (SELECT generate_series($1::bigint, $2::bigint))",
                uid: format!(
                    "lpad(to_hex((n * {SCATTER}) % 4294967296), 8, '0') || lpad(n::text, 14, '0')"
                ),
                public_id: "('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid",
                domain: "substr(s.email, strpos(s.email, '@'))",
                change: "s.change::text",
                json: "::jsonb",
            },
        }
    }
}

impl Pattern {
    /// The statements for copies `from` to `to`, and what to bind.
    pub fn statements(&self, engine: Engine, from: i64, to: i64) -> Vec<(String, Vec<Value>)> {
        let words = Words::of(engine);
        let (uid, public_id) = (words.uid.as_str(), words.public_id);
        let lead = format!("{LEADS_FROM} + n");
        let booking = format!("{BOOKINGS_FROM} + n");
        let number = format!("{NUMBERS_FROM} + n");
        let email = format!("{uid} || {}", words.domain);
        let change = format!(
            "(replace(replace(replace({}, $4, {uid}), $5, CAST({number} AS TEXT)), $6, {uid})){}",
            words.change, words.json
        );
        let lead_columns = [
            ("id", lead.as_str()),
            ("public_id", public_id),
            ("email", &email),
            ("email_key", &email),
            ("current_booking_id", &booking),
        ];
        let booking_columns = [
            ("id", booking.as_str()),
            ("public_id", public_id),
            ("lead_id", &lead),
            ("external_booking_id", uid),
            ("external_number", &number),
        ];
        let change_columns = [
            ("booking_id", booking.as_str()),
            ("webhook_event_id", "NULL"),
            ("change", &change),
        ];
        let attendee_columns = [
            ("booking_id", booking.as_str()),
            ("lead_id", &lead),
            ("email", &email),
        ];
        let changes = &BookingChange::COLUMNS[1..];
        let attendees = &Attendee::COLUMNS[1..];
        let copy = |table, columns, of, own| words.copy(table, columns, of, own);
        let range = |more: Vec<Value>| [vec![from.into(), to.into()], more].concat();
        let of_booking = || vec![Value::from(self.booking)];
        let facts = vec![
            self.booking.into(),
            (&self.uid).into(),
            self.number.to_string().into(),
            Value::from(&self.local),
        ];
        vec![
            (
                copy("leads", Lead::COLUMNS, "id", &lead_columns),
                range(vec![self.lead.into()]),
            ),
            (
                copy("bookings", Booking::COLUMNS, "id", &booking_columns),
                range(of_booking()),
            ),
            (
                references("external_booking_id"),
                range(vec![ReferenceKind::Uid.as_str().into()]),
            ),
            (
                references("CAST(external_number AS TEXT)"),
                range(vec![ReferenceKind::Number.as_str().into()]),
            ),
            (
                copy("booking_changes", changes, "booking_id", &change_columns),
                range(facts),
            ),
            (
                copy("attendees", attendees, "booking_id", &attendee_columns),
                range(of_booking()),
            ),
        ]
    }
}

impl Words {
    /// Copy the row of a table whose column `of` is `$3`, with some columns of its own for each copy.
    fn copy(&self, table: &str, columns: &[&str], of: &str, own: &[(&str, &str)]) -> String {
        let values: Vec<String> = columns
            .iter()
            .map(|column| {
                let own = own.iter().find(|(name, _)| name == column);
                own.map_or_else(|| format!("s.{column}"), |(_, value)| (*value).to_owned())
            })
            .collect();
        let (columns, values, series) = (columns.join(", "), values.join(", "), self.series);
        format!(
            "{series} INSERT INTO {table} ({columns}) SELECT {values} FROM {table} s, t WHERE s.{of} = $3"
        )
    }
}

fn references(value: &str) -> String {
    format!(
        "INSERT INTO booking_references (tenant_id, connection_id, kind, value, booking_id, created_at)
         SELECT tenant_id, connection_id, $3, {value}, id, created_at FROM bookings
         WHERE id BETWEEN {BOOKINGS_FROM} + $1 AND {BOOKINGS_FROM} + $2"
    )
}

/// Let the hub hand out ids above those of the copies.
pub(super) async fn leave_room(tx: &mut Tx) -> Result<(), StoreError> {
    let sql = match tx.engine() {
        Engine::Sqlite => "UPDATE sqlite_sequence SET seq = $2 WHERE name = $1",
        Engine::Postgres => "SELECT setval(pg_get_serial_sequence($1, 'id'), $2)",
    };
    for (table, from) in [("leads", LEADS_FROM), ("bookings", BOOKINGS_FROM)] {
        tx.query(sql)
            .bind(table)
            .bind(from + ROOM)
            .execute()
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_have_uids_of_their_own() {
        assert_eq!(uid(1), "9e3779b100000000000001");
        assert_eq!(uid(10_000_000).len(), 22);
    }
}
