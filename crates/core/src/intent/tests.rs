use std::time::Duration;

use proptest::prelude::*;
use rstest::rstest;

use super::{
    Answer::{Done, NotProcessed, Nothing, Refused, Taken},
    Certainty::{Doubtful, Sure},
    Event::{Answered, GivenUp, Interrupted, Looked},
    Fit::{Right, Stranger, Wrong},
    IntentState as State, *,
};

const UNANSWERED: State = State::Unknown(Doubt::Unanswered);
const SAID_TAKEN: State = State::Unknown(Doubt::SaidTaken);
const SAID_REFUSED: State = State::Unknown(Doubt::SaidRefused);
const STRANGER: State = State::Unknown(Doubt::Stranger);

fn done(fit: Fit) -> Event {
    Answered(Done {
        made: "a".to_owned(),
        fit,
    })
}

fn ours(fit: Fit) -> Event {
    Looked(Sighting::Ours {
        made: "a".to_owned(),
        fit,
    })
}

fn not_there(seconds: u64, looks: u32) -> Event {
    let waited = Duration::from_secs(seconds);
    Looked(Sighting::NotThere { waited, looks })
}

fn standing(kind: IntentKind, state: State) -> Standing {
    Standing {
        kind,
        state,
        made: None,
    }
}

#[rstest]
// The provider answers.
#[case::booked(State::Sent, done(Right), State::Done)]
#[case::came_out_wrong(State::Sent, done(Wrong), State::Wrong)]
#[case::somebody_elses(State::Sent, done(Stranger), STRANGER)]
#[case::race_lost(State::Sent, Answered(Taken(Sure)), State::Taken)]
#[case::race_perhaps_lost(State::Sent, Answered(Taken(Doubtful)), SAID_TAKEN)]
#[case::limit_reached(State::Sent, Answered(Refused(Sure)), State::Refused)]
#[case::refused_but_made(State::Sent, Answered(Refused(Doubtful)), SAID_REFUSED)]
#[case::too_many_requests(State::Sent, Answered(NotProcessed), State::Pending)]
#[case::timeout(State::Sent, Answered(Nothing), UNANSWERED)]
#[case::crash_after_asking(State::Sent, Interrupted, UNANSWERED)]
#[case::crash_before_asking(State::Pending, Interrupted, State::Pending)]
// Its answer comes when others look already.
#[case::late_success(UNANSWERED, done(Right), State::Done)]
#[case::late_refusal(UNANSWERED, Answered(Refused(Sure)), State::Refused)]
#[case::late_rate_limit(UNANSWERED, Answered(NotProcessed), SAID_REFUSED)]
#[case::late_silence(SAID_TAKEN, Answered(Nothing), SAID_TAKEN)]
// Looking.
#[case::found(UNANSWERED, ours(Right), State::Done)]
#[case::found_after_400(SAID_REFUSED, ours(Right), State::Done)]
#[case::found_wrong(UNANSWERED, ours(Wrong), State::Wrong)]
#[case::a_webhook_is_faster_than_the_answer(State::Sent, ours(Right), State::Done)]
#[case::strangers_are_not_ours(UNANSWERED, ours(Stranger), UNANSWERED)]
#[case::too_early_to_tell(UNANSWERED, not_there(119, 9), UNANSWERED)]
#[case::too_few_looks(UNANSWERED, not_there(600, 2), UNANSWERED)]
#[case::it_did_not_happen(UNANSWERED, not_there(120, 3), State::Lost)]
#[case::it_was_true(SAID_TAKEN, not_there(2, 1), State::Taken)]
#[case::it_was_refused(SAID_REFUSED, not_there(2, 1), State::Refused)]
#[case::the_strangers_slot(STRANGER, not_there(2, 1), State::Taken)]
#[case::nobody_looks_while_it_is_asked(State::Sent, not_there(600, 9), State::Sent)]
// In the end.
#[case::nobody_found_out(UNANSWERED, GivenUp, State::Stuck)]
#[case::never_asked(State::Pending, GivenUp, State::Lost)]
#[case::somebody_found_out(State::Stuck, ours(Right), State::Done)]
#[case::booked_stays_booked(State::Done, Answered(Taken(Sure)), State::Done)]
#[case::taken_stays_taken(State::Taken, ours(Right), State::Taken)]
#[case::lost_stays_lost(State::Lost, ours(Right), State::Lost)]
fn a_booking_moves(#[case] from: State, #[case] event: Event, #[case] to: State) {
    let step = standing(IntentKind::Book, from).on(&event);
    assert_eq!(step.next.state, to);
}

#[rstest]
#[case::as_it_was(UNANSWERED, not_there(120, 3), State::Pending)]
#[case::done_by_somebody_else(UNANSWERED, Looked(Sighting::Overtaken), State::Refused)]
#[case::too_late(State::Pending, Looked(Sighting::Overtaken), State::Refused)]
#[case::while_it_is_asked(State::Sent, Looked(Sighting::Overtaken), State::Sent)]
fn a_change_may_be_asked_for_again_when_the_booking_is_as_it_was(
    #[case] from: State,
    #[case] event: Event,
    #[case] to: State,
) {
    for kind in IntentKind::ALL {
        let step = standing(kind, from).on(&event);
        if kind == IntentKind::Book {
            assert!(step.next.state != State::Pending || from == State::Pending);
        } else {
            assert_eq!(step.next.state, to, "{kind:?}");
        }
    }
}

#[test]
fn what_nobody_wants_is_called_off_once() {
    let sent = standing(IntentKind::Book, State::Sent);
    let wrong = sent.on(&done(Wrong));
    assert_eq!(wrong.call_off.as_deref(), Some("a"));
    // The webhook about it comes too.
    assert_eq!(wrong.next.on(&ours(Wrong)).call_off, None);

    // We said that it is taken, and there it is.
    let taken = standing(IntentKind::Book, State::Taken).on(&ours(Right));
    assert_eq!(taken.call_off.as_deref(), Some("a"));

    // A second booking with our key, beside the one that the caller knows.
    let booked = sent.on(&done(Right)).next;
    assert_eq!(booked.on(&ours(Right)).call_off, None);
    let second = Looked(Sighting::Ours {
        made: "b".to_owned(),
        fit: Right,
    });
    assert_eq!(booked.on(&second).call_off.as_deref(), Some("b"));
    assert_eq!(booked.on(&second).next, booked);
}

#[test]
fn a_booking_that_was_moved_wrongly_is_not_called_off() {
    let moved = standing(IntentKind::Reschedule, State::Sent).on(&done(Wrong));
    assert_eq!((moved.next.state, moved.call_off), (State::Wrong, None));
}

#[test]
fn the_stored_words_name_exactly_one_state() {
    for state in State::ALL {
        assert_eq!(
            State::from_words(state.as_str(), state.doubt()),
            Some(state)
        );
    }
    assert_eq!(State::from_words("unknown", None), None);
    assert_eq!(State::from_words("done", Some(Doubt::Stranger)), None);
    for kind in IntentKind::ALL {
        assert_eq!(IntentKind::from_word(kind.as_str()), Some(kind));
    }
    for doubt in Doubt::ALL {
        assert_eq!(Doubt::from_word(doubt.as_str()), Some(doubt));
    }
}

#[test]
fn a_key_is_recognized_when_it_comes_back() {
    let random = IntentKey::new(Uuid::from_u128(7));
    let named = IntentKey::of_request(TenantId(1), "call-1/2026-03-02T10:00Z");
    for key in [&random, &named] {
        assert_eq!(IntentKey::parse(key.as_str()).as_ref(), Some(key));
        assert!(key.as_str().len() <= 40);
    }
    assert_eq!(
        named,
        IntentKey::of_request(TenantId(1), "call-1/2026-03-02T10:00Z")
    );
    assert_ne!(
        named,
        IntentKey::of_request(TenantId(2), "call-1/2026-03-02T10:00Z")
    );
    for foreign in ["", "cb_", "cb_XYZ", "newsletter", "cb_0123"] {
        assert_eq!(IntentKey::parse(foreign), None, "{foreign}");
    }
}

#[rstest]
#[case::as_wanted(|_: &mut Found| {}, Right)]
#[case::another_start(|found: &mut Found| found.starts_at = "2026-03-02T10:30:00Z".parse().unwrap(), Wrong)]
#[case::another_length(|found: &mut Found| found.ends_at = Some("2026-03-02T11:00:00Z".parse().unwrap()), Wrong)]
#[case::another_event_type(|found: &mut Found| found.event_type_id = Some("8".to_owned()), Wrong)]
#[case::nobody_says_which(|found: &mut Found| { found.event_type_id = None; found.ends_at = None }, Right)]
#[case::no_key(|found: &mut Found| found.key = None, Stranger)]
#[case::another_key(|found: &mut Found| found.key = Some("cb_other".to_owned()), Stranger)]
fn a_booking_is_ours_by_its_key_and_right_by_its_time(
    #[case] change: fn(&mut Found),
    #[case] fit: Fit,
) {
    let key = IntentKey::new(Uuid::from_u128(7));
    let mut found = Found {
        key: Some(key.as_str().to_owned()),
        predecessor: None,
        starts_at: "2026-03-02T10:00:00Z".parse().unwrap(),
        ends_at: Some("2026-03-02T10:30:00Z".parse().unwrap()),
        event_type_id: Some("7".to_owned()),
    };
    let wanted = Wanted::New {
        key,
        starts_at: found.starts_at,
        ends_at: found.ends_at,
        event_type_id: found.event_type_id.clone(),
    };
    change(&mut found);
    assert_eq!(wanted.fit(&found), fit);
}

#[rstest]
#[case(Some("before"), "2026-03-02T10:00:00Z", Right)]
#[case(Some("before"), "2026-03-02T10:30:00Z", Wrong)]
#[case(Some("another"), "2026-03-02T10:00:00Z", Stranger)]
#[case(None, "2026-03-02T10:00:00Z", Stranger)]
fn a_moved_booking_is_known_by_its_predecessor(
    #[case] predecessor: Option<&str>,
    #[case] starts_at: &str,
    #[case] fit: Fit,
) {
    let wanted = Wanted::Moved {
        from: "before".to_owned(),
        starts_at: "2026-03-02T10:00:00Z".parse().unwrap(),
    };
    let found = Found {
        key: None,
        predecessor: predecessor.map(str::to_owned),
        starts_at: starts_at.parse().unwrap(),
        ends_at: None,
        event_type_id: None,
    };
    assert_eq!(wanted.fit(&found), fit);
}

#[test]
fn looks_become_rarer_and_never_stop() {
    let after = |looks| Doubt::Unanswered.next_look(looks).as_secs();
    assert_eq!([0, 1, 2, 3].map(after), [1, 5, 25, 125]);
    assert_eq!(after(40), 3600);
    // Enough of them happen within the time it takes to believe.
    let patience = Doubt::Unanswered.patience();
    assert!((0..patience.looks).map(after).sum::<u64>() <= patience.wait.as_secs());
}

/// What may happen to an intent, the beginning of a call included.
#[derive(Clone, Debug)]
enum Happening {
    Begin,
    Heard(Event),
}

fn any_fit() -> impl Strategy<Value = Fit> {
    prop_oneof![4 => Just(Right), 1 => Just(Wrong), 2 => Just(Stranger)]
}

fn any_event() -> impl Strategy<Value = Event> {
    let made = prop_oneof![3 => Just("a"), 1 => Just("b")].prop_map(str::to_owned);
    let certainty = prop_oneof![Just(Sure), Just(Doubtful)];
    prop_oneof![
        (made.clone(), any_fit()).prop_map(|(made, fit)| Answered(Done { made, fit })),
        certainty
            .clone()
            .prop_map(|certainty| Answered(Taken(certainty))),
        certainty.prop_map(|certainty| Answered(Refused(certainty))),
        Just(Answered(NotProcessed)),
        Just(Answered(Nothing)),
        Just(Interrupted),
        (made, any_fit()).prop_map(|(made, fit)| Looked(Sighting::Ours { made, fit })),
        (0..300_u64, 0..6_u32).prop_map(|(seconds, looks)| not_there(seconds, looks)),
        Just(Looked(Sighting::Overtaken)),
        Just(GivenUp),
    ]
}

fn any_story() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![1 => Just(Happening::Begin), 2 => any_event().prop_map(Happening::Heard)];
    proptest::collection::vec(one, 0..40)
}

proptest! {
    #[test]
    fn nothing_leads_from_unknown_to_a_second_booking(story in any_story()) {
        let mut standing = Standing::new(IntentKind::Book);
        let mut was_unknown = false;
        for happening in story {
            match happening {
                Happening::Begin => if let Some(begun) = standing.begin() {
                    prop_assert!(!was_unknown);
                    standing = begun;
                },
                Happening::Heard(event) => standing = standing.on(&event).next,
            }
            was_unknown |= standing.state.doubt().is_some();
        }
    }

    #[test]
    fn what_a_caller_was_told_stays_true(
        kind in proptest::sample::select(IntentKind::ALL.as_slice()),
        story in any_story(),
    ) {
        let mut standing = Standing::new(kind);
        let mut told = Told::Settling;
        for happening in story {
            match happening {
                Happening::Begin => standing = standing.begin().unwrap_or(standing),
                Happening::Heard(event) => standing = standing.on(&event).next,
            }
            if told != Told::Settling {
                prop_assert_eq!(standing.state.told(), told);
            }
            told = standing.state.told();
        }
    }

    #[test]
    fn only_what_was_seen_to_be_right_is_done(story in any_story()) {
        let mut standing = Standing::new(IntentKind::Book);
        let mut right = Vec::new();
        for happening in story {
            match happening {
                Happening::Begin => standing = standing.begin().unwrap_or(standing),
                Happening::Heard(event) => {
                    if let Answered(Done { made, fit: Right }) | Looked(Sighting::Ours { made, fit: Right }) = &event {
                        right.push(made.clone());
                    }
                    standing = standing.on(&event).next;
                }
            }
            if standing.state == State::Done {
                prop_assert!(standing.made.as_ref().is_some_and(|made| right.contains(made)));
            }
        }
    }

    #[test]
    fn every_booking_of_ours_that_was_seen_is_wanted_or_called_off(story in any_story()) {
        let mut standing = Standing::new(IntentKind::Book);
        let (mut seen, mut called_off) = (Vec::new(), Vec::new());
        for happening in story {
            match happening {
                Happening::Begin => standing = standing.begin().unwrap_or(standing),
                Happening::Heard(event) => {
                    if let Answered(Done { made, fit: Right | Wrong })
                    | Looked(Sighting::Ours { made, fit: Right | Wrong }) = &event
                    {
                        seen.push(made.clone());
                    }
                    let step = standing.on(&event);
                    standing = step.next;
                    called_off.extend(step.call_off);
                }
            }
        }
        for made in seen {
            let wanted = standing.state == State::Done && standing.made.as_ref() == Some(&made);
            prop_assert!(wanted != called_off.contains(&made), "{made} {standing:?} {called_off:?}");
        }
    }

    #[test]
    fn hearing_something_twice_changes_nothing(story in any_story(), event in any_event()) {
        let mut standing = Standing::new(IntentKind::Book);
        for happening in story {
            match happening {
                Happening::Begin => standing = standing.begin().unwrap_or(standing),
                Happening::Heard(event) => standing = standing.on(&event).next,
            }
        }
        let once = standing.on(&event).next;
        prop_assert_eq!(&once.on(&event).next, &once);
    }
}
