//! The bodies have the keys, and where it matters the spellings, of the captured deliveries.

use super::*;
use crate::samples;

/// The body of a captured delivery.
fn captured(file: &str) -> Option<Value> {
    let text = samples::read(&format!("calcom-captured/{file}"))?;
    let sample: Value = serde_json::from_str(&text).unwrap();
    Some(serde_json::from_str(sample["bodyUtf8"].as_str().unwrap()).unwrap())
}

/// Compare all keys, nested ones too. `differs` lists key paths that may be on one side only.
fn check(file: &str, delivery: &Delivery, differs: &[&str]) -> usize {
    let Some(expected) = captured(file) else {
        return 1;
    };
    let ours = key_paths(&body(delivery));
    let theirs = key_paths(&expected);
    let unexpected: Vec<_> = ours
        .symmetric_difference(&theirs)
        .filter(|path| !differs.iter().any(|known| path.starts_with(known)))
        .collect();
    assert!(unexpected.is_empty(), "{file}: {unexpected:?}");
    0
}

#[test]
fn bodies_have_the_keys_of_the_captured_ones() {
    let mut calcom = CalCom::new(1);
    let mut unchecked = 0;

    let (first, created) = calcom.book(intro("2026-11-24T09:00:00Z"), now()).unwrap();
    unchecked += check("webhook_001_BOOKING_CREATED.json", &created[0], &[]);
    let (second, moved) = calcom
        .reschedule(&first, at("2026-11-25T10:00:00Z"), By::Booker, now())
        .unwrap();
    unchecked += check("webhook_002_BOOKING_RESCHEDULED.json", &moved[0], &[]);
    calcom
        .change_location(&second, "Hafenstr. 1, Hamburg", now())
        .unwrap();
    let cancelled = calcom
        .cancel(&second, CancelledBy::Api, None, now())
        .unwrap();
    unchecked += check("webhook_004_BOOKING_CANCELLED.json", &cancelled[0], &[]);

    let (asked, requested) = calcom
        .book(consultation("2026-11-24T12:00:00Z"), now())
        .unwrap();
    unchecked += check("webhook_005_BOOKING_REQUESTED.json", &requested[0], &[]);
    let confirmed = calcom.confirm(&asked, now()).unwrap();
    unchecked += check("webhook_006_BOOKING_CREATED.json", &confirmed[0], &[]);
    let started = calcom
        .meeting_started(&asked, ResponseForm::Labelled, now())
        .unwrap();
    unchecked += check("webhook_070_MEETING_STARTED.json", &started[0], &[]);
    let ended = calcom
        .meeting_ended(&asked, ResponseForm::Labelled, now())
        .unwrap();
    unchecked += check("webhook_068_MEETING_ENDED.json", &ended[0], &[]);
    let (asked, _) = calcom
        .book(consultation("2026-11-26T12:00:00Z"), now())
        .unwrap();
    let rejected = calcom.decline(&asked, Some("Not a fit"), now()).unwrap();
    unchecked += check("webhook_010_BOOKING_REJECTED.json", &rejected[0], &[]);

    let (uid, _) = calcom.book(intro("2026-11-27T09:00:00Z"), now()).unwrap();
    let absent = calcom
        .mark_absent(
            &uid,
            &[("tomas.okafor@mailbox.example", true)],
            at("2026-11-27T09:10:00Z"),
        )
        .unwrap();
    unchecked += check("webhook_018_BOOKING_NO_SHOW_UPDATED.json", &absent[0], &[]);
    unchecked += check("webhook_076_PING.json", &calcom.ping(now())[0], &[]);
    let away = OutOfOffice {
        start: at("2026-12-20T23:00:00Z"),
        end: at("2026-12-23T22:59:59Z"),
        notes: "Winter break".to_owned(),
    };
    unchecked += check(
        "webhook_079_OOO_CREATED.json",
        &calcom.out_of_office(&away, now())[0],
        &[],
    );
    samples::say_unchecked(unchecked);
}

#[test]
fn seat_bodies_have_the_keys_of_the_captured_ones() {
    let mut calcom = CalCom::new(2);
    let mut unchecked = 0;
    let start = "2026-11-30T09:00:00Z";
    let mut ann = seat("Ann", start);
    ann.metadata.insert("seat".to_owned(), "1".to_owned());
    let (uid, _, created) = calcom.book_seat(ann, now()).unwrap();
    unchecked += check("webhook_021_BOOKING_CREATED.json", &created[0], &[]);
    let (_, bens, _) = calcom.book_seat(seat("Ben", start), now()).unwrap();
    let (_, cids, _) = calcom.book_seat(seat("Cid", start), now()).unwrap();
    let cancelled = calcom
        .cancel_seat(&uid, &bens, Some("no time"), now())
        .unwrap();
    unchecked += check("webhook_024_BOOKING_CANCELLED.json", &cancelled[0], &[]);
    let (_, _, moved) = calcom
        .move_seat(&uid, &cids, at("2026-11-30T11:00:00Z"), now())
        .unwrap();
    unchecked += check("webhook_025_BOOKING_RESCHEDULED.json", &moved[0], &[]);
    samples::say_unchecked(unchecked);
}

#[test]
fn composed_samples_have_the_same_keys_where_nothing_was_captured() {
    // The composed samples come from a hosted server with a connected calendar and an organisation.
    const HOSTED: [&str; 24] = [
        ".payload.destinationCalendar[]",
        ".payload.organizer.usernameInOrg",
        ".payload.responses.attendeePhoneNumber",
        ".payload.responses.referral-source",
        ".payload.userFieldsResponses.referral-source",
        ".payload.responses.location.value",
        ".payload.responses.guests.value",
        ".payload.responses.notes.value",
        ".payload.organizationId",
        ".payload.hashedLink",
        ".payload.hideBranding",
        ".payload.organizer.timeFormat",
        ".payload.metadata.campaign",
        ".payload.metadata.crmContact",
        ".payload.attendees[].phoneNumber",
        ".payload.appsStatus",
        ".payload.assignmentReason",
        // Newer servers have more of the user; the row's responses and metadata are the booking's own.
        ".userUuid",
        ".user.uuid",
        ".user.isPlatformManaged",
        ".references[]",
        ".responses",
        ".metadata",
        ".payload.responses.rescheduleReason",
    ];
    let mut calcom = CalCom::new(3);
    let mut unchecked = 0;
    let mut check = |file: &str, delivery: &Delivery| {
        let Some(text) = samples::read(&format!("calcom/{file}")) else {
            unchecked += 1;
            return;
        };
        let theirs = key_paths(&serde_json::from_str(&text).unwrap());
        let ours = key_paths(&body(delivery));
        let differs = |path: &&String| !HOSTED.iter().any(|known| path.starts_with(known));
        let unexpected: Vec<_> = ours.symmetric_difference(&theirs).filter(differs).collect();
        assert!(unexpected.is_empty(), "{file}: {unexpected:?}");
    };
    let paid = NewBooking {
        event_type: "paid-consult".to_owned(),
        ..intro("2026-11-24T09:00:00Z")
    };
    let (uid, initiated) = calcom.book(paid, now()).unwrap();
    check("10_booking_payment_initiated.json", &initiated[0]);
    check("11_booking_paid.json", &calcom.pay(&uid, now()).unwrap()[0]);
    let (uid, _) = calcom.book(intro("2026-11-25T09:00:00Z"), now()).unwrap();
    let asked = calcom
        .request_reschedule(&uid, Some("Away that day"), now())
        .unwrap();
    check("19_booking_cancelled_by_request_reschedule.json", &asked[0]);
    check(
        "14_recording_ready.json",
        &calcom.recording_ready(&uid, now()).unwrap()[0],
    );
    check(
        "17_after_guests_no_show.json",
        &calcom.guests_did_not_join(&uid, now()).unwrap()[0],
    );
    let tour = NewBooking {
        event_type: "product-tour".to_owned(),
        ..NewBooking::new(
            "",
            at("2026-11-26T09:00:00Z"),
            "Wanjiru Mwangi",
            "wanjiru@mailbox.example",
        )
    };
    let (uid, tour) = calcom.book(tour, now()).unwrap();
    check("06_booking_created_team_round_robin.json", &tour[0]);
    let ended = calcom
        .meeting_ended(&uid, ResponseForm::Labelled, now())
        .unwrap();
    check("12_meeting_ended_flat.json", &ended[0]);
    let started = calcom
        .meeting_started(&uid, ResponseForm::Plain, now())
        .unwrap();
    check("13_meeting_started_flat_plain_responses.json", &started[0]);
    assert_eq!(body(&started[0])["responses"]["name"], "Wanjiru Mwangi");
    let instant = calcom.instant_meeting("Wanjiru Mwangi", "wanjiru@mailbox.example", now());
    check("20_instant_meeting.json", &instant[0]);
    samples::say_unchecked(unchecked);
}

#[test]
fn each_trigger_spells_times_its_own_way() {
    let mut calcom = CalCom::new(4);
    let (first, created) = calcom.book(intro("2026-11-24T09:00:00Z"), now()).unwrap();
    assert_eq!(payload(&created)["startTime"], "2026-11-24T09:00:00Z");
    assert_eq!(body(&created[0])["createdAt"], "2026-11-21T09:48:44.625Z");
    let cancelled = calcom
        .cancel(&first, CancelledBy::Api, None, now())
        .unwrap();
    assert_eq!(
        payload(&cancelled)["startTime"],
        "2026-11-24T09:00:00+00:00"
    );
    let (_, requested) = calcom
        .book(consultation("2026-11-24T12:00:00Z"), now())
        .unwrap();
    assert_eq!(payload(&requested)["startTime"], "2026-11-24T12:00:00.000Z");
}

#[test]
fn the_first_message_is_written_in_the_providers_order() {
    let mut calcom = CalCom::new(5);
    let (_, created) = calcom.book(intro("2026-11-24T09:00:00Z"), now()).unwrap();
    let text = String::from_utf8(created[0].body.clone()).unwrap();
    assert!(text.starts_with(
        r#"{"triggerEvent":"BOOKING_CREATED","createdAt":"2026-11-21T09:48:44.625Z","payload":{"bookerUrl":"#
    ));
    assert!(text.contains("Tomás Okafor"), "raw UTF-8, no escapes");
}
