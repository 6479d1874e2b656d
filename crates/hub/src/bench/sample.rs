//! What events write, read back from the tables after the hub applied one of each kind.

use calbridge_core::{ids::WebhookEventId, scope::Scope};
use calbridge_store::{
    activities::Activity,
    attendees::{self, Attendee},
    audit::AuditEntry,
    booking_changes::BookingChange,
    booking_references::ReferenceRow,
    bookings::{self, Booking},
    jobs::Job,
    leads::Lead,
    sql::{Json, Tx, Value},
    webhook_bodies,
    webhook_events::{self, WebhookEvent},
};
use jiff::Timestamp;

use super::{
    hub::Bed,
    mix::Kind,
    sheet::{Insert, Slot, Update},
    traffic::Traffic,
};
use crate::inbox::{self, Door, Incoming, Outcome};

/// What each kind of event writes.
#[derive(Clone, Debug)]
pub(super) struct Samples {
    pub created: Sample,
    pub rescheduled: Sample,
    pub cancelled: Sample,
    pub duplicate: Update,
}

/// What one event writes.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub inserts: Vec<Insert>,
    pub updates: Vec<Update>,
}

impl Samples {
    /// Let the hub apply a booking, its move and its cancellation, and look at the rows after each.
    pub async fn take(bed: &Bed) -> anyhow::Result<Self> {
        let mut traffic = bed.sender()?.one();
        let (created, event) = Sample::take(bed, &mut traffic, Kind::Created).await?;
        let (rescheduled, _) = Sample::take(bed, &mut traffic, Kind::Rescheduled).await?;
        let (cancelled, _) = Sample::take(bed, &mut traffic, Kind::Cancelled).await?;
        let now = bed.app.clock.now();
        let duplicate = Update::new(
            "webhook_events",
            vec!["id", "repeats", "last_repeated_at"],
            vec![event.into(), 1_i32.into(), now.into()],
            &[("id", Slot::Event)],
        );
        Ok(Self {
            created,
            rescheduled,
            cancelled,
            duplicate,
        })
    }
}

impl Sample {
    async fn take(
        bed: &Bed,
        traffic: &mut Traffic,
        kind: Kind,
    ) -> anyhow::Result<(Self, WebhookEventId)> {
        let (headers, body) = traffic.next_event(kind);
        let incoming = Incoming {
            door: Door::Hook,
            token: Some(bed.token.clone()),
            headers,
            body,
        };
        let receipt = inbox::receive(&bed.app, incoming).await?;
        let (Outcome::Processed, [id]) = (receipt.outcome, receipt.bookings.as_slice()) else {
            anyhow::bail!("the hub did not apply a sample: {:?}", receipt.reason);
        };
        let mut tx = bed.app.store.read().await?;
        let event = find_event(&mut tx, &bed.scope, receipt.event_id).await?;
        let booking = bookings::find(&mut tx, &bed.scope, *id).await?;
        let booking = booking.ok_or_else(|| anyhow::anyhow!("the sampled booking is gone"))?;
        let sample = Self::read(&mut tx, &bed.scope, &event, &booking).await?;
        tx.rollback().await?;
        // Rows that are not found would make the limit look better than it is.
        let empty = sample.inserts.iter().find(|insert| insert.is_empty());
        if let (Kind::Created, Some(empty)) = (kind, empty) {
            anyhow::bail!("no row was found for: {}", empty.sql());
        }
        Ok((sample, event.id))
    }

    /// Everything that a transaction inserts says when, and all of it the same.
    async fn read(
        tx: &mut Tx,
        scope: &Scope,
        event: &WebhookEvent,
        booking: &Booking,
    ) -> anyhow::Result<Self> {
        let Some(now) = event.processed_at else {
            anyhow::bail!("the sampled event was not applied");
        };
        let is_new = booking.created_at == now;
        let mut sample = Self {
            inserts: events(tx, scope, event).await?,
            updates: Vec::new(),
        };
        let lead: Option<Lead> = tx
            .query("SELECT * FROM leads WHERE updated_at = $1")
            .bind(now)
            .optional()
            .await?;
        let payload = bookings::find_payload(tx, scope, booking.id).await?;
        if is_new {
            sample.inserts.extend(lead.map(|lead| insert_lead(&lead)));
            sample.inserts.push(insert_booking(booking, payload.into()));
            let attendees = attendees::list(tx, scope, &[booking.id]).await?;
            sample.inserts.push(Insert::new(
                "attendees",
                &Attendee::COLUMNS[1..],
                attendees
                    .iter()
                    .map(|row| row.values().split_off(1))
                    .collect(),
                &[("booking_id", Slot::Booking), ("lead_id", Slot::Lead)],
            ));
        } else {
            sample.updates.extend(lead.map(|lead| update_lead(&lead)));
            sample.updates.push(update_booking(booking, payload.into()));
        }
        sample.inserts.extend(history(tx, scope, now).await?);
        Ok(sample)
    }
}

async fn find_event(
    tx: &mut Tx,
    scope: &Scope,
    id: WebhookEventId,
) -> anyhow::Result<WebhookEvent> {
    let event = webhook_events::find(tx, scope, id).await?;
    event.ok_or_else(|| anyhow::anyhow!("the sampled event is gone"))
}

async fn events(tx: &mut Tx, scope: &Scope, event: &WebhookEvent) -> anyhow::Result<Vec<Insert>> {
    let raw = webhook_bodies::find(tx, scope, event.id).await?;
    let (headers, body) = raw.unwrap_or_default();
    Ok(vec![
        Insert::new(
            "webhook_events",
            WebhookEvent::COLUMNS,
            vec![event.values()],
            &[
                ("id", Slot::Event),
                ("public_id", Slot::PublicId),
                ("external_id", Slot::Unique),
                ("delivery_key", Slot::Unique),
            ],
        ),
        Insert::new(
            "webhook_bodies",
            &["webhook_event_id", "tenant_id", "headers", "body"],
            vec![vec![
                event.id.into(),
                event.tenant_id.into(),
                Json(headers).into(),
                body.into(),
            ]],
            &[("webhook_event_id", Slot::Event)],
        ),
    ])
}

const OF_LEAD: [(&str, Slot); 5] = [
    ("id", Slot::Lead),
    ("public_id", Slot::PublicId),
    ("email", Slot::Unique),
    ("email_key", Slot::Unique),
    ("current_booking_id", Slot::Booking),
];

fn insert_lead(lead: &Lead) -> Insert {
    Insert::new("leads", Lead::COLUMNS, vec![lead.values()], &OF_LEAD)
}

/// The columns that the hub writes when a lead changes.
fn update_lead(lead: &Lead) -> Update {
    let (columns, row) = without(Lead::COLUMNS, lead.values(), &["public_id", "tenant_id"]);
    Update::new("leads", columns, row, &OF_LEAD)
}

fn insert_booking(booking: &Booking, payload: Value) -> Insert {
    let columns = [Booking::COLUMNS, &["webhook_payload"]].concat();
    let mut row = booking.values();
    row.push(payload);
    let slots = [
        ("id", Slot::Booking),
        ("public_id", Slot::PublicId),
        ("lead_id", Slot::Lead),
        ("external_booking_id", Slot::Unique),
    ];
    Insert::new("bookings", &columns, vec![row], &slots)
}

/// The columns that the hub writes when a booking changes.
fn update_booking(booking: &Booking, payload: Value) -> Update {
    let fixed = [
        "public_id",
        "tenant_id",
        "connection_id",
        "booking_provider",
        "created_at",
    ];
    let (mut columns, mut row) = without(Booking::COLUMNS, booking.values(), &fixed);
    columns.push("webhook_payload");
    row.push(payload);
    let slots = [
        ("id", Slot::Booking),
        ("lead_id", Slot::Lead),
        ("external_booking_id", Slot::Unique),
    ];
    Update::new("bookings", columns, row, &slots)
}

fn without(
    columns: &'static [&'static str],
    row: Vec<Value>,
    names: &[&str],
) -> (Vec<&'static str>, Vec<Value>) {
    columns
        .iter()
        .zip(row)
        .filter(|(column, _)| !names.contains(column))
        .unzip()
}

async fn history(tx: &mut Tx, scope: &Scope, now: Timestamp) -> anyhow::Result<Vec<Insert>> {
    let references: Vec<ReferenceRow> = tx
        .query("SELECT connection_id, kind, value, booking_id FROM booking_references WHERE created_at = $1")
        .bind(now)
        .all()
        .await?;
    let changes: Vec<BookingChange> = written_at(tx, "*", "booking_changes", now).await?;
    let activities: Vec<Activity> =
        written_at(tx, "*, type AS activity_type", "activities", now).await?;
    let jobs: Vec<Job> = written_at(tx, "*", "jobs", now).await?;
    let entries: Vec<AuditEntry> = written_at(tx, "*", "audit_log", now).await?;

    let mut activity_columns = Activity::COLUMNS[1..].to_vec();
    for column in &mut activity_columns {
        if *column == "activity_type" {
            *column = "type";
        }
    }
    let of_booking = [
        ("booking_id", Slot::Booking),
        ("lead_id", Slot::Lead),
        ("webhook_event_id", Slot::Event),
        ("fingerprint", Slot::Unique),
        ("activity_key", Slot::Unique),
        ("unique_key", Slot::Unique),
        ("object_id", Slot::Unique),
    ];
    let without_id = |mut values: Vec<Value>| values.split_off(1);
    Ok(vec![
        Insert::new(
            "booking_references",
            &[
                "tenant_id",
                "connection_id",
                "kind",
                "value",
                "booking_id",
                "created_at",
            ],
            references
                .into_iter()
                .map(|row| {
                    vec![
                        scope.tenant_id().into(),
                        row.connection_id.into(),
                        row.reference.kind.as_str().into(),
                        row.reference.value.into(),
                        row.booking_id.into(),
                        Value::from(now),
                    ]
                })
                .collect(),
            &[("value", Slot::Unique), ("booking_id", Slot::Booking)],
        ),
        Insert::new(
            "booking_changes",
            &BookingChange::COLUMNS[1..],
            changes
                .iter()
                .map(BookingChange::values)
                .map(without_id)
                .collect(),
            &of_booking,
        ),
        Insert::new(
            "activities",
            &activity_columns,
            activities
                .iter()
                .map(Activity::values)
                .map(without_id)
                .collect(),
            &of_booking,
        ),
        Insert::new(
            "jobs",
            &Job::COLUMNS[1..],
            jobs.iter().map(Job::values).map(without_id).collect(),
            &of_booking,
        ),
        Insert::new(
            "audit_log",
            &AuditEntry::COLUMNS[1..],
            entries
                .iter()
                .map(AuditEntry::values)
                .map(without_id)
                .collect(),
            &of_booking,
        ),
    ])
}

async fn written_at<T: calbridge_store::sql::FromRow>(
    tx: &mut Tx,
    columns: &str,
    table: &str,
    now: Timestamp,
) -> anyhow::Result<Vec<T>> {
    let rows = tx
        .query(format!(
            "SELECT {columns} FROM {table} WHERE created_at = $1"
        ))
        .bind(now)
        .all()
        .await?;
    Ok(rows)
}
