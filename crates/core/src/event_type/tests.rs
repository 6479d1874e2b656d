//! What a sync must never do, whatever the provider lists.

use proptest::{collection::vec, option, prelude::*, sample::subsequence};
use serde_json::{Value, json};

use super::*;
use crate::ids::EventTypeId;

fn facts(title: &str, length: Option<u32>, price: Option<i64>) -> Facts {
    Facts {
        active: true,
        is_offered: true,
        title: title.to_owned(),
        length,
        price,
        ..Facts::default()
    }
}

fn offered(id: u32, facts: Facts) -> Offered {
    Offered {
        external_id: id.to_string(),
        facts,
    }
}

fn whole(offered: Vec<Offered>) -> Listing {
    Listing::gather([Ok::<_, ()>(offered)]).0
}

/// As the rows would be after the plan.
fn done(known: &[Known], plan: &Plan) -> Vec<Known> {
    let mut after = known.to_vec();
    for change in plan.change.iter().chain(&plan.deactivate) {
        let one = after.iter_mut().find(|one| one.id == change.id).unwrap();
        one.facts = change.facts.clone();
        one.edited = change.edited.clone();
    }
    for (one, number) in plan.add.iter().zip(1000..) {
        after.push(Known {
            id: EventTypeId(number),
            external_id: one.external_id.clone(),
            facts: one.facts.clone(),
            edited: Edited::new(),
        });
    }
    after
}

fn some_facts() -> impl Strategy<Value = Facts> {
    let small = || option::of(0_u32..4);
    (
        any::<bool>(),
        "[ab]{1,2}",
        small(),
        option::of(0_i64..3),
        small(),
        any::<bool>(),
    )
        .prop_map(
            |(is_offered, title, length, price, seats, is_hidden)| Facts {
                is_offered,
                active: is_offered,
                seats,
                is_hidden,
                ..facts(&title, length, price)
            },
        )
}

fn some_known() -> impl Strategy<Value = Vec<Known>> {
    let fields = subsequence(Field::EDITABLE.to_vec(), 0..4);
    vec((some_facts(), some_facts(), fields), 0..6).prop_map(|all| {
        (1_u32..)
            .zip(all)
            .map(|(id, (facts, said, fields))| Known {
                id: EventTypeId(i64::from(id)),
                external_id: id.to_string(),
                edited: fields
                    .into_iter()
                    .map(|field| (field, said.value(field)))
                    .collect(),
                facts,
            })
            .collect()
    })
}

fn some_offer() -> impl Strategy<Value = Vec<Offered>> {
    vec((1_u32..10, some_facts()), 0..8).prop_map(|all| {
        all.into_iter()
            .map(|(id, facts)| offered(id, facts))
            .collect()
    })
}

proptest! {
    #[test]
    fn a_second_sync_has_nothing_to_do(known in some_known(), offer in some_offer()) {
        let listing = whole(offer);
        let after = done(&known, &plan(&known, &listing));
        let again = plan(&after, &listing);
        prop_assert!(again.is_empty(), "{again:?}");
        prop_assert_eq!(again.unchanged.len(), after.len());
    }

    #[test]
    fn what_a_person_changed_stays(known in some_known(), offer in some_offer()) {
        let after = done(&known, &plan(&known, &whole(offer)));
        for before in &known {
            let now = after.iter().find(|one| one.id == before.id).unwrap();
            for field in before.edited.keys() {
                prop_assert!(now.facts.agree(&before.facts, *field));
            }
            prop_assert!(now.edited.keys().eq(before.edited.keys()));
        }
    }

    #[test]
    fn the_order_of_the_list_does_not_matter(
        known in some_known(),
        (offer, shuffled) in some_offer().prop_flat_map(|offer| (Just(offer.clone()), Just(offer).prop_shuffle())),
    ) {
        prop_assert_eq!(plan(&known, &whole(offer)), plan(&known, &whole(shuffled)));
    }

    #[test]
    fn a_list_that_broke_off_deactivates_nothing(known in some_known(), offer in some_offer()) {
        let (listing, failures) = Listing::gather([Ok(offer), Err("page 2 did not come")]);
        prop_assert_eq!(failures.len(), 1);
        let plan = plan(&known, &listing);
        prop_assert!(plan.deactivate.is_empty());
        for before in known.iter().filter(|one| !listing.offered().iter().any(|o| o.external_id == one.external_id)) {
            prop_assert!(plan.unchanged.contains(&before.id));
        }
    }

    #[test]
    fn each_event_type_is_accounted_for_once(known in some_known(), offer in some_offer()) {
        let plan = plan(&known, &whole(offer));
        let mut ids: Vec<_> = plan.change.iter().chain(&plan.deactivate).map(|change| change.id).collect();
        ids.extend(&plan.unchanged);
        ids.sort_unstable();
        prop_assert_eq!(ids, known.iter().map(|one| one.id).collect::<Vec<_>>());
    }
}

#[test]
fn what_is_not_listed_is_deactivated_and_comes_back() {
    let first = whole(vec![offered(7, facts("Intro", Some(30), Some(0)))]);
    let known = done(&[], &plan(&[], &first));
    let gone = plan(&known, &whole(vec![]));
    assert_eq!(gone.deactivate.len(), 1);
    assert_eq!(gone.deactivate[0].fields[0].field, Field::Active);
    let removed = done(&known, &gone);
    assert!(removed[0].is_removed());
    assert!(!removed[0].facts.active);
    let back = plan(&removed, &first);
    assert_eq!(
        back.change[0].fields,
        [FieldChange {
            field: Field::Active,
            before: json!(false),
            after: json!(true),
        }]
    );
}

#[test]
fn what_a_person_switched_off_stays_off_and_is_known_as_removed_all_the_same() {
    let first = whole(vec![offered(7, facts("Intro", Some(30), Some(0)))]);
    let mut known = done(&[], &plan(&[], &first));
    known[0].facts.active = false;
    known[0].edited.insert(Field::Active, json!(true));
    assert!(!known[0].is_removed());
    let same = plan(&known, &first);
    assert!(same.is_empty());
    assert_eq!(same.kept_edits.len(), 1);
    let gone = plan(&known, &whole(vec![]));
    assert!(
        gone.deactivate.is_empty(),
        "nothing that counts has changed"
    );
    assert!(done(&known, &gone)[0].is_removed());
}

#[test]
fn nothing_is_invented() {
    let plan = plan(
        &[],
        &whole(vec![offered(1, facts("Package", None, Some(0)))]),
    );
    assert_eq!(
        (plan.add[0].facts.length, plan.add[0].facts.price),
        (None, Some(0))
    );
}

#[test]
fn a_type_on_two_lists_is_one() {
    let own = facts("Intro", Some(30), None);
    let team = Facts {
        team_id: Some(5),
        ..own.clone()
    };
    for lists in [[own.clone(), team.clone()], [team.clone(), own]] {
        let lists = lists.map(|facts| Ok::<_, ()>(vec![offered(1, facts)]));
        let (listing, _) = Listing::gather(lists);
        assert_eq!(listing.offered(), [offered(1, team.clone())]);
    }
}

#[test]
fn people_see_the_owner_before_the_slug() {
    let mut facts = facts("Discovery", Some(30), Some(0));
    assert_eq!(facts.full_slug(), None);
    facts.slug = Some("discovery".to_owned());
    assert_eq!(facts.full_slug().as_deref(), Some("discovery"));
    facts.owner_slug = Some("zhengrowth".to_owned());
    assert_eq!(facts.full_slug().as_deref(), Some("zhengrowth/discovery"));
    facts.slug = Some("zhengrowth/discovery".to_owned());
    assert_eq!(facts.full_slug().as_deref(), Some("zhengrowth/discovery"));
}

#[test]
fn every_field_can_be_read_back_from_its_json() {
    let mut one = facts("Intro", Some(30), Some(5000));
    one.custom_fields = vec![CustomField {
        slug: "company".to_owned(),
        label: None,
        kind: "text".to_owned(),
        required: true,
        options: vec![],
    }];
    let mut copy = Facts::default();
    for field in Field::ALL {
        copy.set(*field, one.value(*field)).unwrap();
    }
    assert_eq!(copy, one);
    assert!(copy.set(Field::Length, Value::from("long")).is_err());
}
