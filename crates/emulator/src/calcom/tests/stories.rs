//! Chains, seats, series, payments, refusals.

use super::*;

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let run = |seed| {
        let mut calcom = CalCom::new(seed);
        TRIGGERS.map(|trigger| calcom.trigger(trigger, now()).unwrap().body)
    };
    assert_eq!(run(11), run(11));
    assert_ne!(run(11), run(12));
}

#[test]
fn a_reschedule_chain_keeps_one_ical_uid_and_makes_new_uids() {
    let mut calcom = CalCom::new(6);
    let (first, created) = calcom.book(intro("2026-11-24T09:00:00Z"), now()).unwrap();
    let (second, moved) = calcom
        .reschedule(&first, at("2026-11-25T09:00:00Z"), By::Booker, now())
        .unwrap();
    let (third, _) = calcom
        .reschedule(&second, at("2026-11-26T09:00:00Z"), By::Host, now())
        .unwrap();
    let cancelled = calcom
        .cancel(&third, CancelledBy::Host, Some("ill"), now())
        .unwrap();

    assert_eq!(BTreeSet::from([&first, &second, &third]).len(), 3);
    assert_eq!(payload(&moved)["rescheduleUid"], first.as_str());
    assert_eq!(payload(&moved)["rescheduleId"], 1);
    assert_eq!(payload(&moved)["bookingId"], 2);
    assert_eq!(
        payload(&moved)["rescheduleStartTime"],
        "2026-11-24T09:00:00Z"
    );
    assert_eq!(payload(&cancelled)["iCalUID"], payload(&created)["iCalUID"]);
    assert_eq!(payload(&cancelled)["iCalSequence"], 3);
    assert_eq!(
        payload(&cancelled)["cancelledBy"],
        "greta@studio-falk.example"
    );
    let states: Vec<_> = calcom
        .bookings()
        .map(|booking| (booking.status, booking.successor.clone()))
        .collect();
    assert_eq!(
        states,
        [
            (Status::Cancelled, Some(second)),
            (Status::Cancelled, Some(third.clone())),
            (Status::Cancelled, None),
        ]
    );
    assert_eq!(
        calcom
            .reschedule(&first, at("2026-11-27T09:00:00Z"), By::Host, now())
            .unwrap_err(),
        CalComError::AlreadyRescheduled {
            successor: calcom.bookings().nth(1).unwrap().uid.clone()
        },
    );
}

#[test]
fn a_booker_moving_a_confirmed_request_asks_again_and_the_old_clock_rows_stay() {
    let mut calcom = CalCom::new(7);
    let (first, requested) = calcom
        .book(consultation("2026-11-24T12:00:00Z"), now())
        .unwrap();
    calcom.confirm(&first, now()).unwrap();
    let (second, again) = calcom
        .reschedule(&first, at("2026-11-25T12:00:00Z"), By::Booker, now())
        .unwrap();

    assert_eq!(triggers(&again), ["BOOKING_REQUESTED"]);
    assert_eq!(payload(&again)["iCalUID"], payload(&requested)["iCalUID"]);
    assert_eq!(payload(&again)["iCalSequence"], 1);
    assert!(
        payload(&again)
            .as_object()
            .unwrap()
            .keys()
            .all(|key| !key.starts_with("reschedule"))
    );
    assert_eq!(
        calcom.find_booking(&second).unwrap().status,
        Status::Pending
    );
    let late = calcom.tick(at("2026-11-24T13:00:00Z"));
    assert_eq!(triggers(&late), ["MEETING_STARTED", "MEETING_ENDED"]);
    assert_eq!(body(&late[0])["uid"], first.as_str());
    assert_eq!(body(&late[0])["status"], "ACCEPTED");

    let (_, by_host) = calcom
        .reschedule(&second, at("2026-11-26T12:00:00Z"), By::Host, now())
        .unwrap();
    assert_eq!(triggers(&by_host), ["BOOKING_RESCHEDULED"]);
}

#[test]
fn seats_share_one_uid_and_each_message_names_one_person() {
    let mut calcom = CalCom::new(8);
    let start = "2026-11-30T09:00:00Z";
    let (uid, anns, first) = calcom.book_seat(seat("Ann", start), now()).unwrap();
    let (same, bens, second) = calcom.book_seat(seat("Ben", start), now()).unwrap();
    calcom.book_seat(seat("Cid", start), now()).unwrap();
    assert_eq!(uid, same);
    assert_eq!(payload(&second)["bookingId"], payload(&first)["bookingId"]);
    assert_ne!(payload(&second)["iCalUID"], payload(&first)["iCalUID"]);
    assert_eq!(payload(&second)["attendeeSeatId"], bens.as_str());
    assert_eq!(payload(&second)["attendees"].as_array().unwrap().len(), 1);
    assert_eq!(
        calcom.book_seat(seat("Dan", start), now()).unwrap_err(),
        CalComError::Full
    );

    // The form of one seat's cancellation: attendees name Ben, responses name Ann and everybody else.
    let gone = calcom.cancel_seat(&uid, &bens, None, now()).unwrap();
    assert_eq!(payload(&gone)["attendees"][0]["name"], "Ben");
    assert_eq!(payload(&gone)["responses"]["name"]["value"], "Ann");
    assert_eq!(
        payload(&gone)["responses"]["guests"]["value"],
        serde_json::json!(["ben@mailbox.example", "cid@mailbox.example"])
    );
    assert_eq!(calcom.find_booking(&uid).unwrap().status, Status::Accepted);

    // Moving to a free time makes a booking; joining one keeps the id of the booking left.
    let later = at("2026-11-30T11:00:00Z");
    let (target, _, moved) = calcom.move_seat(&uid, &anns, later, now()).unwrap();
    assert_eq!(payload(&moved)["rescheduleUid"], uid.as_str());
    assert_eq!(payload(&moved)["bookingId"], 2);
    let cids = calcom
        .find_booking(&uid)
        .unwrap()
        .present()
        .next()
        .unwrap()
        .seat
        .clone()
        .unwrap();
    let (joined, _, moved) = calcom.move_seat(&uid, &cids, later, now()).unwrap();
    assert_eq!(joined, target);
    assert_eq!(payload(&moved)["uid"], target.as_str());
    assert_eq!(payload(&moved)["bookingId"], 1);
    assert_eq!(payload(&moved)["attendees"][1]["name"], "Ann");
    assert_eq!(calcom.find_booking(&uid).unwrap().status, Status::Cancelled);
}

#[test]
fn the_last_seat_takes_the_booking_with_it() {
    let mut calcom = CalCom::new(9);
    let (uid, seat_uid, _) = calcom
        .book_seat(seat("Ann", "2026-11-30T09:00:00Z"), now())
        .unwrap();
    let gone = calcom.cancel_seat(&uid, &seat_uid, None, now()).unwrap();
    assert_eq!(payload(&gone)["attendees"][0]["name"], "Ann");
    assert_eq!(calcom.find_booking(&uid).unwrap().status, Status::Cancelled);
}

#[test]
fn a_series_is_booked_in_many_messages_and_cancelled_in_one() {
    let mut calcom = CalCom::new(10);
    let new = NewBooking {
        event_type: "coaching".to_owned(),
        ..intro("2026-11-24T09:00:00Z")
    };
    let (uids, created) = calcom.book_recurring(&new, 4, now()).unwrap();
    assert_eq!(created.len(), 4);
    assert_eq!(payload(&created)["recurringEvent"]["count"], 4);
    let rest = calcom.cancel_from(&uids[2], None, now()).unwrap();
    assert_eq!(rest.len(), 1);
    assert!(payload(&rest).get("recurringEvent").is_none());
    let series = calcom
        .find_booking(&uids[0])
        .unwrap()
        .series
        .clone()
        .unwrap();
    let all = calcom.cancel_series(&series, None, now()).unwrap();
    assert_eq!(payload(&all)["uid"], uids[1].as_str());
    assert!(payload(&all).get("recurringEvent").is_some());
    assert!(
        calcom
            .bookings()
            .all(|booking| booking.status == Status::Cancelled)
    );
}

#[test]
fn a_paid_booking_is_announced_three_times() {
    let mut calcom = CalCom::new(12);
    let new = NewBooking {
        event_type: "paid-consult".to_owned(),
        ..intro("2026-11-24T09:00:00Z")
    };
    let (uid, initiated) = calcom.book(new, now()).unwrap();
    assert_eq!(payload(&initiated)["status"], "ACCEPTED");
    assert_eq!(calcom.find_booking(&uid).unwrap().status, Status::Pending);
    let paid = calcom.pay(&uid, now()).unwrap();
    assert_eq!(triggers(&paid), ["BOOKING_PAID", "BOOKING_CREATED"]);
    assert_eq!(payload(&paid)["metadata"]["identifier"], "cal.com");
    assert_eq!(
        calcom.pay(&uid, now()).unwrap_err(),
        CalComError::NothingToPay
    );
}

#[test]
fn a_team_booking_takes_turns_and_can_be_reassigned() {
    let mut calcom = CalCom::new(13);
    let tour = |start| NewBooking {
        event_type: "product-tour".to_owned(),
        ..intro(start)
    };
    let (first, created) = calcom.book(tour("2026-11-24T09:00:00Z"), now()).unwrap();
    let (second, _) = calcom.book(tour("2026-11-24T09:00:00Z"), now()).unwrap();
    assert_eq!(calcom.find_booking(&first).unwrap().host_id, 1);
    assert_eq!(calcom.find_booking(&second).unwrap().host_id, 2);
    assert_eq!(
        payload(&created)["team"]["members"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    let moved = calcom.reassign(&first, now()).unwrap();
    assert_eq!(payload(&moved)["addedHostUserIds"], serde_json::json!([3]));
    assert_eq!(
        payload(&moved)["removedHostUserIds"],
        serde_json::json!([1])
    );
}

#[test]
fn moves_that_make_no_sense_are_refused() {
    let mut calcom = CalCom::new(14);
    let (uid, _) = calcom.book(intro("2026-11-24T09:00:00Z"), now()).unwrap();
    let busy = calcom.book(intro("2026-11-24T09:15:00Z"), now());
    assert_eq!(busy.unwrap_err(), CalComError::HostBusy);
    assert_eq!(
        calcom
            .book(intro("2026-11-20T09:00:00Z"), now())
            .unwrap_err(),
        CalComError::InThePast
    );
    assert_eq!(
        calcom.confirm(&uid, now()).unwrap_err(),
        CalComError::AlreadyConfirmed
    );
    assert_eq!(
        calcom.decline(&uid, None, now()).unwrap_err(),
        CalComError::AlreadyConfirmed
    );
    assert_eq!(
        calcom.mark_absent(&uid, &[], now()).unwrap_err(),
        CalComError::NotStarted
    );
    calcom.cancel(&uid, CancelledBy::Api, None, now()).unwrap();
    let again = calcom.cancel(&uid, CancelledBy::Api, None, now());
    assert_eq!(again.unwrap_err(), CalComError::AlreadyCancelled);
    assert_eq!(
        calcom
            .cancel(&BookingUid::new("nobody"), CancelledBy::Api, None, now())
            .unwrap_err(),
        CalComError::NoSuchBooking
    );
}

#[test]
fn a_declined_request_can_be_declined_again_and_confirmed_later() {
    let mut calcom = CalCom::new(15);
    let (uid, _) = calcom
        .book(consultation("2026-11-24T12:00:00Z"), now())
        .unwrap();
    calcom.decline(&uid, None, now()).unwrap();
    assert_eq!(
        triggers(&calcom.decline(&uid, None, now()).unwrap()),
        ["BOOKING_REJECTED"]
    );
    let confirmed = calcom.confirm(&uid, now()).unwrap();
    assert_eq!(triggers(&confirmed), ["BOOKING_CREATED"]);
    assert_eq!(payload(&confirmed)["metadata"], serde_json::json!({}));
}

#[test]
fn templates_turn_a_message_into_json_a_form_or_the_word_false() {
    let mut calcom = CalCom::new(16);
    let (uid, created) = calcom.book(intro("2026-11-24T09:00:00Z"), now()).unwrap();
    let text = |template| {
        let rendered = apply_template(&created[0], template);
        (
            rendered.content_type,
            String::from_utf8(rendered.body).unwrap(),
        )
    };
    assert_eq!(
        text(r#"{"who": "{{attendees.0.email}}", "gone": "{{payload.uid}}"}"#),
        (
            "application/json".to_owned(),
            r#"{"who":"tomas.okafor@mailbox.example","gone":""}"#.to_owned()
        )
    );
    assert_eq!(
        text(r#"{"answer": "{{responses.referral-source.value}}"}"#),
        ("application/json".to_owned(), "false".to_owned())
    );
    assert_eq!(
        text("event={{triggerEvent}}&uid={{uid}}"),
        (
            "application/x-www-form-urlencoded".to_owned(),
            format!("event=BOOKING_CREATED&uid={uid}")
        )
    );
}
