//! Calendly, whose list tells when meetings start and not what changed.

use calbridge::{
    agreement::{self, Extent},
    connections::{NewConnectionRequest, add},
};
use calbridge_core::{ids::TenantId, provider::Provider, scope::Scope};
use calbridge_emulator::{
    Delivery,
    calendly::{Calendly, CalendlyError, Canceler, InviteeUri, NewInvitee},
};
use calbridge_store::{
    Store,
    connections::{ApiAccess, Connection},
    each_engine,
    sync_runs::RunState,
};
use jiff::{SignedDuration, Timestamp};

use super::drift::compare;
use crate::{
    hub::{CALENDLY_SECRET, Place, at, dump},
    provider::WithProvider,
};

async fn connect(with: &WithProvider) -> Connection {
    let request = NewConnectionRequest {
        webhook_secret: Some(format!("{CALENDLY_SECRET}-1").into()),
        api_key: Some(with.provider.calendly_token().to_owned().into()),
        api: ApiAccess {
            api_url: Some(with.provider.calendly_base_url()),
            requests_per_minute: Some(10_000),
            requests_at_once: Some(10_000),
            ..ApiAccess::default()
        },
        ..NewConnectionRequest::new(Provider::Calendly, "calendly")
    };
    let app = &with.hub.app;
    add(app, &Scope::cli(TenantId(1)), request).await.unwrap()
}

fn place(calendly: &Connection) -> Place {
    Place {
        scope: Scope::cli(TenantId(1)),
        calcom: calendly.clone(),
        calendly: calendly.clone(),
    }
}

/// Do something there a minute later, and keep what is told about it.
fn there<T>(
    with: &WithProvider,
    told: &mut Vec<Delivery>,
    verb: impl FnOnce(&mut Calendly, Timestamp) -> Result<(T, Vec<Delivery>), CalendlyError>,
) -> T {
    let clock = &with.hub.app.clock;
    clock.set(clock.now() + SignedDuration::from_mins(1));
    let (value, sent) = with
        .provider
        .at_calendly(|calendly, now| {
            let (value, sent) = verb(calendly, now)?;
            Ok::<_, CalendlyError>(((value, sent.clone()), sent))
        })
        .unwrap();
    told.extend(sent);
    value
}

fn day(day: i64) -> Timestamp {
    at("2026-02-02T15:00:00Z") + SignedDuration::from_hours(24 * day)
}

fn book(
    with: &WithProvider,
    told: &mut Vec<Delivery>,
    slug: &str,
    start: Timestamp,
    who: &str,
) -> InviteeUri {
    let new = NewInvitee::new(slug, start, "Ann Li", format!("{who}@example.org"));
    there(with, told, |calendly, now| calendly.book(new, now))
}

/// One of each: booked, moved, called off, and a class of three of whom one changed her mind.
fn stories(with: &WithProvider) -> Vec<Delivery> {
    let mut told = Vec::new();
    book(with, &mut told, "follow-up", day(0), "booked");
    let moved = book(with, &mut told, "follow-up", day(1), "moved");
    there(with, &mut told, |calendly, now| {
        calendly.reschedule(&moved, day(40), Canceler::Invitee, None, now)
    });
    let cancelled = book(with, &mut told, "video-consultation", day(2), "cancelled");
    there(with, &mut told, |calendly, now| {
        let sent = calendly.cancel(&cancelled, Canceler::Host, Some("ill"), now)?;
        Ok(((), sent))
    });
    for who in ["first", "second"] {
        book(with, &mut told, "back-care-class", day(3), who);
    }
    let third = book(with, &mut told, "back-care-class", day(3), "third");
    there(with, &mut told, |calendly, now| {
        let sent = calendly.cancel(&third, Canceler::Invitee, None, now)?;
        Ok(((), sent))
    });
    told
}

type Row = (String, Timestamp, i32, bool, String);

async fn bookings(with: &WithProvider) -> Vec<Row> {
    let mut rows: Vec<Row> = with
        .hub
        .rows(
            "SELECT b.status, b.scheduled_at, b.rescheduled_count, b.is_group, l.email FROM bookings b
             JOIN attendees a ON a.booking_id = b.id AND a.status <> 'left' JOIN leads l ON l.id = a.lead_id",
            vec![],
        )
        .await;
    rows.sort();
    rows
}

each_engine! {
    async fn when_no_webhook_comes_through_a_sweep_brings_everything(store: Store) {
        let with = WithProvider::start(store).await;
        let place = place(&connect(&with).await);
        let told = stories(&with);
        let run = compare(&with, Extent::default(), &|_| ()).await;
        assert_eq!(run.state, RunState::Done, "{:?}", run.error);
        assert_eq!(with.hub.count("bookings").await, 4, "a group meeting is one booking, and a move makes none");
        let swept = bookings(&with).await;
        let after = dump(&with.hub, &place).await;
        // Late webhooks tell nothing new.
        with.hub.deliver_all(&place, &told).await;
        assert_eq!(bookings(&with).await, swept);
        let (moved,): (i32,) = with.hub.one("SELECT rescheduled_count FROM bookings WHERE rescheduled_count > 0", vec![]).await;
        assert_eq!(moved, 1);
        assert_eq!(dump(&with.hub, &place).await["leads"].len(), after["leads"].len());
        let again = compare(&with, Extent::default(), &|_| ()).await;
        assert_eq!(again.result.unwrap()["differing"], serde_json::json!([]));
    }

    async fn webhooks_and_a_sweep_tell_of_the_same_places_in_a_group(store: Store) {
        let with = WithProvider::start(store).await;
        let place = place(&connect(&with).await);
        let mut told = Vec::new();
        for who in ["first", "second", "third"] {
            book(&with, &mut told, "back-care-class", day(3), who);
        }
        // Of three webhooks one is lost.
        with.hub.deliver(&place, &told[0]).await;
        with.hub.deliver(&place, &told[2]).await;
        let run = compare(&with, Extent::default(), &|_| ()).await;
        assert_eq!(run.result.unwrap()["repaired"], 1);
        assert_eq!(with.hub.count("bookings").await, 1);
        let leads: Vec<(String,)> = with.hub.rows("SELECT l.email FROM attendees a JOIN leads l ON l.id = a.lead_id ORDER BY l.email", vec![]).await;
        let leads: Vec<_> = leads.iter().map(|(email,)| email.as_str()).collect();
        assert_eq!(leads, ["first@example.org", "second@example.org", "third@example.org"]);
    }

    async fn an_absence_that_nobody_told_of_is_found(store: Store) {
        let with = WithProvider::start(store).await;
        let place = place(&connect(&with).await);
        let mut told = Vec::new();
        let missed = book(&with, &mut told, "follow-up", day(0), "missed");
        with.hub.deliver_all(&place, &told).await;
        compare(&with, Extent::default(), &|_| ()).await;
        with.hub.set_clock("2026-02-02T16:00:00Z");
        there(&with, &mut told, |calendly, now| Ok(((), calendly.mark_no_show(&missed, now)?)));
        agreement::due(&with.hub.app).await.unwrap();
        with.hub.run_jobs().await;
        let (status,): (String,) = with.hub.one("SELECT status FROM bookings", vec![]).await;
        assert_eq!(status, "no_show");
    }

    async fn what_calendly_does_not_know_is_for_a_person(store: Store) {
        let with = WithProvider::start(store).await;
        let place = place(&connect(&with).await);
        let mut told = Vec::new();
        book(&with, &mut told, "follow-up", day(0), "gone");
        with.hub.deliver_all(&place, &told).await;
        there(&with, &mut Vec::new(), |calendly, _| {
            calendly.forget_ended_before(day(9));
            Ok(((), Vec::new()))
        });
        let run = compare(&with, Extent::default(), &|_| ()).await;
        assert_eq!(run.result.unwrap()["conflicting"], 1);
        let findings = with.hub.get("/api/v1/findings?state=open").await.json();
        assert_eq!(findings["data"][0]["differences"], serde_json::json!(["missing_there"]), "{findings}");
    }
}
