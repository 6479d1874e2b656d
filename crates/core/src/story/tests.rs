use jiff::Timestamp;
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::{
    activity,
    change::{
        AttendanceMark, Attendee, BOOKER, Change, Dated, Details, Identity, MarkedBy, Reference,
        ReferenceKind, What,
    },
    state::Confirmation,
};

fn at(text: &str) -> Timestamp {
    format!("2026-03-{text}:00Z").parse().unwrap()
}

/// A fact about a booking of one person; `day_time` such as `02T10:00`.
fn fact(subject: &str, day_time: &str, what: What) -> Change {
    Change {
        identity: Identity {
            subject: Some(subject.to_owned()),
            references: vec![Reference::new(ReferenceKind::Uid, subject)],
            former: Vec::new(),
        },
        occurred_at: at(day_time),
        dated: Dated::ByProvider,
        cause: None,
        what,
        details: Box::new(Details {
            attendees: vec![Attendee {
                key: BOOKER.to_owned(),
                email: Some("ann@example.org".to_owned()),
                ..Attendee::default()
            }],
            ..Details::default()
        }),
    }
}

fn with_start(mut change: Change, start: &str) -> Change {
    change.details.start = Some(at(start));
    change.details.end = Some(at(start) + jiff::SignedDuration::from_mins(30));
    change
}

fn created(subject: &str, day_time: &str, start: &str) -> Change {
    let confirmation = Confirmation::Confirmed;
    with_start(
        fact(subject, day_time, What::Created { confirmation }),
        start,
    )
}

fn rescheduled(subject: &str, former: &str, day_time: &str, start: &str) -> Change {
    let confirmation = Confirmation::Confirmed;
    let mut change = with_start(
        fact(subject, day_time, What::Rescheduled { confirmation }),
        start,
    );
    change.identity.former = vec![former.to_owned()];
    change
}

fn cancelled(subject: &str, day_time: &str) -> Change {
    let reschedule_requested = false;
    fact(
        subject,
        day_time,
        What::Cancelled {
            reschedule_requested,
        },
    )
}

fn attendance(subject: &str, day_time: &str, absent: bool) -> Change {
    let mut change = fact(
        subject,
        day_time,
        What::Attendance {
            marks: vec![AttendanceMark {
                whom: MarkedBy::Email("ann@example.org".to_owned()),
                absent,
            }],
        },
    );
    change.details.attendees.clear();
    change
}

fn ended(subject: &str, start: &str) -> Change {
    let mut change = with_start(fact(subject, start, What::Completed), start);
    change.occurred_at = change.details.end.unwrap();
    change
}

fn story(changes: impl IntoIterator<Item = Change>) -> Story {
    let facts: Vec<Fact> = changes.into_iter().map(Fact::from).collect();
    tell(&facts).unwrap()
}

fn kinds(story: &Story) -> Vec<MoveKind> {
    story.moves().map(|(_, one)| one.kind).collect()
}

fn notes(story: &Story) -> Vec<Option<Note>> {
    story.steps.iter().map(|step| step.note).collect()
}

#[test]
fn no_facts_make_no_story() {
    assert_eq!(tell(&[]), None);
}

#[test]
fn a_cancel_that_arrives_first_ends_as_if_it_had_arrived_last() {
    let story = story([
        cancelled("u1", "02T09:00"),
        created("u1", "01T09:00", "05T10:00"),
    ]);
    assert_eq!(story.standing.state, BookingState::Cancelled);
    assert_eq!(kinds(&story), [MoveKind::Booked, MoveKind::Cancelled]);
}

#[test]
fn a_redelivered_creation_does_not_bring_a_cancelled_booking_back() {
    let story = story([
        created("u1", "01T09:00", "05T10:00"),
        cancelled("u1", "02T09:00"),
        created("u1", "03T09:00", "05T10:00"),
    ]);
    assert_eq!(story.standing.state, BookingState::Cancelled);
    assert_eq!(notes(&story), [None, None, Some(Note::AfterTheEnd)]);
}

#[test]
fn a_chain_of_reschedules_is_one_booking_at_its_last_time() {
    let story = story([
        rescheduled("u3", "u2", "03T09:00", "09T10:00"),
        created("u1", "01T09:00", "05T10:00"),
        rescheduled("u2", "u1", "02T09:00", "07T10:00"),
    ]);
    assert_eq!(story.standing.start, Some(at("09T10:00")));
    assert_eq!(story.standing.previous_start, Some(at("07T10:00")));
    assert_eq!(story.standing.rescheduled_count, 2);
    assert_eq!(story.standing.subject.as_deref(), Some("u3"));
}

#[test]
fn clock_events_of_a_generation_that_was_given_up_change_nothing() {
    // Cal.com keeps the old rows when a booker moves a confirm-first booking (webhook_005 family).
    let story = story([
        created("u1", "01T09:00", "05T10:00"),
        rescheduled("u2", "u1", "02T09:00", "07T10:00"),
        ended("u1", "05T10:00"),
    ]);
    assert_eq!(story.standing.state, BookingState::Scheduled);
    assert_eq!(notes(&story)[2], Some(Note::Superseded));
}

#[test]
fn a_meeting_that_was_cancelled_is_not_completed_by_its_end() {
    let story = story([
        created("u1", "01T09:00", "05T10:00"),
        ended("u1", "05T10:00"),
        cancelled("u1", "04T09:00"),
    ]);
    assert_eq!(story.standing.state, BookingState::Cancelled);
}

#[test]
fn rejected_confirmed_and_rejected_again_ends_rejected() {
    let story = story([
        with_start(
            fact(
                "u1",
                "01T09:00",
                What::Created {
                    confirmation: Confirmation::Pending,
                },
            ),
            "05T10:00",
        ),
        fact("u1", "02T09:00", What::Rejected),
        created("u1", "03T09:00", "05T10:00"),
        fact("u1", "04T09:00", What::Rejected),
    ]);
    assert_eq!(story.standing.state, BookingState::Rejected);
    assert_eq!(
        kinds(&story),
        [
            MoveKind::Requested,
            MoveKind::Declined,
            MoveKind::Confirmed,
            MoveKind::Declined
        ]
    );
}

#[test]
fn copies_of_one_event_with_times_of_their_own_make_one_change() {
    let story = story([
        created("u1", "01T09:00", "05T10:00"),
        created("u1", "01T09:01", "05T10:00"),
        cancelled("u1", "02T09:00"),
        cancelled("u1", "02T09:01"),
    ]);
    assert_eq!(kinds(&story), [MoveKind::Booked, MoveKind::Cancelled]);
    let activities = activity::of_story(&story, "level_check");
    assert_eq!(activities.len(), 2);
    assert_eq!(activities[0].subject, "Level Check Booked");
    assert_eq!(activities[0].body, "Scheduled for 2026-03-05 10:00");
}

#[rstest]
#[case(vec![true], BookingState::NoShow)]
#[case(vec![true, false], BookingState::Completed)]
#[case(vec![true, false, true], BookingState::NoShow)]
fn a_no_show_can_be_undone(#[case] marks: Vec<bool>, #[case] expected: BookingState) {
    let mut changes = vec![
        created("u1", "01T09:00", "05T10:00"),
        ended("u1", "05T10:00"),
    ];
    for (n, absent) in marks.into_iter().enumerate() {
        changes.push(attendance("u1", &format!("06T09:0{n}"), absent));
    }
    assert_eq!(story(changes).standing.state, expected);
}

#[test]
fn a_meeting_nobody_came_to_is_not_completed_by_its_end() {
    let told = story([
        created("u1", "01T09:00", "05T10:00"),
        attendance("u1", "05T10:10", true),
        ended("u1", "05T10:00"),
    ]);
    assert_eq!(told.standing.state, BookingState::NoShow);
    assert_eq!(kinds(&told), [MoveKind::Booked, MoveKind::NoShow]);
    // Unless the absence was a mistake.
    let told = story([
        created("u1", "01T09:00", "05T10:00"),
        attendance("u1", "05T10:10", true),
        ended("u1", "05T10:00"),
        attendance("u1", "06T10:10", false),
    ]);
    assert_eq!(told.standing.state, BookingState::Completed);
}

#[test]
fn a_creation_without_a_time_comes_before_what_is_known_of_its_subject() {
    let mut late = created("u1", "20T09:00", "05T10:00");
    late.dated = Dated::ByReceipt;
    let story = story([
        rescheduled("u2", "u1", "02T09:00", "07T10:00"),
        late,
        cancelled("u2", "03T09:00"),
    ]);
    assert_eq!(
        kinds(&story),
        [MoveKind::Booked, MoveKind::Rescheduled, MoveKind::Cancelled]
    );
}

#[test]
fn a_reschedule_nobody_told_us_of_is_seen_from_the_next_fact() {
    let mut change = with_start(cancelled("u2", "03T09:00"), "07T10:00");
    change.identity.former = vec!["u1".to_owned()];
    let story = story([created("u1", "01T09:00", "05T10:00"), change]);
    assert_eq!(
        kinds(&story),
        [MoveKind::Booked, MoveKind::Rescheduled, MoveKind::Cancelled]
    );
    assert_eq!(story.standing.start, Some(at("07T10:00")));
}

#[test]
fn one_of_several_places_can_be_given_up() {
    let place = |email: &str, day_time: &str, what: What| {
        let mut change = with_start(fact("g1", day_time, what), "05T10:00");
        change.details.group = Some(true);
        change.details.attendees[0].key = format!("email:{email}");
        change.details.attendees[0].email = Some(email.to_owned());
        change
    };
    let joined = || What::Joined {
        confirmation: Confirmation::Confirmed,
        moved: false,
    };
    let left = || What::Left { moved: false };
    let mut changes = vec![
        place("ann@example.org", "01T09:00", joined()),
        place("bob@example.org", "01T10:00", joined()),
        place("ann@example.org", "02T10:00", left()),
    ];
    let told = story(changes.clone());
    assert_eq!(told.standing.state, BookingState::Scheduled);
    assert_eq!(told.standing.attendees[0].place, Place::Left);
    assert_eq!(activity::of_story(&told, "trial_class").len(), 3);

    changes.push(place("bob@example.org", "03T10:00", left()));
    assert_eq!(story(changes).standing.state, BookingState::Cancelled);
}

#[test]
fn generations_that_name_each_other_in_a_circle_come_to_an_end() {
    let story = story([
        rescheduled("u1", "u2", "02T09:00", "05T10:00"),
        rescheduled("u2", "u1", "03T09:00", "06T10:00"),
        rescheduled("u1", "u2", "04T09:00", "07T10:00"),
    ]);
    assert_eq!(story.standing.subject.as_deref(), Some("u1"));
    assert_eq!(story.standing.rescheduled_count, 3);
}

/// One thing after another that can happen to a booking; the subject advances with each reschedule.
fn any_story() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec((0_u8..8, any::<bool>()), 1..9).prop_map(|happenings| {
        let mut generation = 1;
        let mut start = 10;
        let mut changes = vec![created("u1", "01T08:00", "10T10:00")];
        for (n, (kind, flag)) in happenings.into_iter().enumerate() {
            let when = format!("02T{:02}:{:02}", n / 4 + 8, (n % 4) * 15);
            let subject = format!("u{generation}");
            let starts = format!("{start}T10:00");
            changes.push(match kind {
                0 => {
                    generation += 1;
                    start += 1;
                    rescheduled(
                        &format!("u{generation}"),
                        &subject,
                        &when,
                        &format!("{start}T10:00"),
                    )
                }
                1 => cancelled(&subject, &when),
                2 => ended(&subject, &starts),
                3 => attendance(&subject, &when, flag),
                4 => fact(&subject, &when, What::Rejected),
                5 => fact(&subject, &when, What::Paid),
                6 => fact("u1", &when, What::Superseded),
                _ => created(&subject, &when, &starts),
            });
        }
        changes
    })
}

proptest! {
    #[test]
    fn order_and_repetition_do_not_matter(
        (changes, shuffled) in any_story().prop_flat_map(|changes| {
            let mut twice = changes.clone();
            twice.extend(changes.iter().take(3).cloned());
            (Just(changes), Just(twice).prop_shuffle())
        })
    ) {
        let told = story(changes);
        let again = story(shuffled);
        prop_assert_eq!(&told, &again);
        prop_assert_eq!(
            activity::of_story(&told, "level_check"),
            activity::of_story(&again, "level_check")
        );
    }

    #[test]
    fn hearing_a_prefix_first_does_not_change_where_it_ends(changes in any_story(), cut in 0_usize..9) {
        let cut = cut.min(changes.len());
        let mut reversed = changes.clone();
        reversed[cut..].reverse();
        prop_assert_eq!(story(changes).standing, story(reversed).standing);
    }
}
