use jiff::Timestamp;
use rstest::rstest;

use super::*;
use crate::{
    change::{BOOKER, Host, Identity, Reference, ReferenceKind},
    state::Confirmation,
};

const CONFIRMED: Confirmation = Confirmation::Confirmed;

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_780_000_000 + hour * 3600).unwrap()
}

fn change(dated: Dated, hour: i64, what: What, details: Details) -> Change {
    Change {
        identity: Identity {
            subject: Some("one".to_owned()),
            references: vec![Reference::new(ReferenceKind::Uid, "one")],
            former: Vec::new(),
        },
        occurred_at: at(hour),
        dated,
        cause: None,
        what,
        details: Box::new(details),
    }
}

fn details(start: i64) -> Details {
    Details {
        start: Some(at(start)),
        end: Some(at(start + 1)),
        event_type: Some("7".to_owned()),
        hosts: vec![Host {
            email: Some("host@example.org".to_owned()),
            ..Host::default()
        }],
        attendees: vec![Attendee {
            key: BOOKER.to_owned(),
            email: Some("ann@example.org".to_owned()),
            ..Attendee::default()
        }],
        ..Details::default()
    }
}

fn created(dated: Dated) -> Change {
    let confirmation = CONFIRMED;
    change(dated, 0, What::Created { confirmation }, details(100))
}

fn seat(dated: Dated, hour: i64, who: &str) -> Change {
    let details = Details {
        group: Some(true),
        attendees: vec![Attendee {
            key: format!("email:{who}"),
            ..Attendee::default()
        }],
        ..details(100)
    };
    let (confirmation, moved) = (CONFIRMED, false);
    change(
        dated,
        hour,
        What::Joined {
            confirmation,
            moved,
        },
        details,
    )
}

fn marked(hour: i64, absent: bool) -> Change {
    let whom = MarkedBy::Key(BOOKER.to_owned());
    let marks = vec![AttendanceMark { whom, absent }];
    change(
        Dated::ByProvider,
        hour,
        What::Attendance { marks },
        Details::default(),
    )
}

fn cancelled(dated: Dated) -> Change {
    let reschedule_requested = false;
    let what = What::Cancelled {
        reschedule_requested,
    };
    change(dated, 5, what, Details::default())
}

fn facts(changes: &[Change]) -> Vec<Fact> {
    changes.iter().cloned().map(Fact::from).collect()
}

/// After a repair there is nothing left to repair.
fn settled(known: &[Change], record: &[Change]) -> Finding {
    let finding = settle(&facts(known), record, at(200));
    let mut all = known.to_vec();
    all.extend(finding.repair.clone());
    let again = settle(&facts(&all), record, at(300));
    assert_eq!(again.differences, finding.conflicts);
    finding
}

#[test]
fn both_agree() {
    let finding = settled(&[created(Dated::ByProvider)], &[created(Dated::BySnapshot)]);
    assert!(finding.is_agreement());
    assert_eq!(finding.repair, []);
}

#[test]
fn what_only_the_provider_knows_is_taken_over() {
    let finding = settled(&[], &[created(Dated::BySnapshot)]);
    assert_eq!(finding.differences, [Difference::MissingHere]);
    assert_eq!(finding.repair, [created(Dated::BySnapshot)]);
}

#[rstest]
#[case::cancelled_unheard(vec![created(Dated::ByProvider)], vec![created(Dated::BySnapshot), cancelled(Dated::BySnapshot)], Difference::Status)]
#[case::absent_unheard(vec![created(Dated::ByProvider)], vec![created(Dated::BySnapshot), Change { dated: Dated::BySnapshot, ..marked(100, true) }], Difference::Attendance)]
#[case::mark_taken_back_unheard(vec![created(Dated::ByProvider), marked(102, true)], vec![created(Dated::BySnapshot)], Difference::Attendance)]
#[case::joined_unheard(vec![seat(Dated::ByProvider, 0, "a")], vec![seat(Dated::BySnapshot, 0, "a"), seat(Dated::BySnapshot, 0, "b")], Difference::Seats)]
#[case::left_unheard(vec![seat(Dated::ByProvider, 0, "a"), seat(Dated::ByProvider, 1, "b")], vec![seat(Dated::BySnapshot, 0, "a")], Difference::Seats)]
fn what_nobody_told_us_of_is_repaired(
    #[case] known: Vec<Change>,
    #[case] record: Vec<Change>,
    #[case] expected: Difference,
) {
    let finding = settled(&known, &record);
    assert_eq!(finding.differences, [expected]);
    assert_eq!(finding.conflicts, []);
}

#[test]
fn another_time_another_host_and_another_event_type_are_taken_over() {
    let mut record = created(Dated::BySnapshot);
    record.details.start = Some(at(120));
    record.details.end = Some(at(121));
    record.details.event_type = Some("8".to_owned());
    record.details.hosts = vec![Host {
        email: Some("other@example.org".to_owned()),
        ..Host::default()
    }];
    let finding = settled(&[created(Dated::ByProvider)], &[record]);
    let expected = [Difference::Time, Difference::Host, Difference::EventType];
    assert_eq!(finding.differences, expected);
    assert_eq!(finding.conflicts, []);
}

#[test]
fn a_meeting_called_off_here_that_takes_place_there_is_for_a_person() {
    let known = [created(Dated::ByProvider), cancelled(Dated::ByProvider)];
    let finding = settled(&known, &[created(Dated::BySnapshot)]);
    assert_eq!(finding.conflicts, [Difference::Status]);
}

#[test]
fn a_status_set_by_hand_stays_where_the_provider_cannot_know_better() {
    let status = "no_show".to_owned();
    let by_hand = change(
        Dated::ByProvider,
        101,
        What::StatusSet { status },
        Details::default(),
    );
    let known = [created(Dated::ByProvider), by_hand];
    assert!(settled(&known, &[created(Dated::BySnapshot)]).is_agreement());
}

#[test]
fn a_meeting_that_was_called_off_here_takes_place_once_the_provider_is_right() {
    let by_hand = change(
        Dated::ByReceipt,
        5,
        What::StatusSet {
            status: "cancelled".to_owned(),
        },
        Details::default(),
    );
    let known: Vec<Fact> = [created(Dated::ByProvider), by_hand].map(Fact::from).into();
    let record = [created(Dated::BySnapshot)];
    let found = settle(&known, &record, at(6));
    assert_eq!(found.conflicts, [Difference::Status]);
    let sides = (found.ours.unwrap(), found.theirs.unwrap());
    assert_eq!(
        (sides.0.status.as_str(), sides.1.status.as_str()),
        ("cancelled", "scheduled")
    );
    // Also when the clock stood still.
    for now in [at(5), at(6)] {
        let mut all = known.clone();
        all.extend(adopt(&known, &record, now).into_iter().map(Fact::from));
        assert_eq!(settle(&all, &record, at(7)).differences, []);
    }
    let gone = adopt(&[Fact::from(created(Dated::ByProvider))], &[], at(6));
    let mut all = vec![Fact::from(created(Dated::ByProvider))];
    all.extend(gone.into_iter().map(Fact::from));
    assert!(tell(&all).unwrap().standing.state.is_called_off());
}
