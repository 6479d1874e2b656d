//! What a sweep has read. Pages overlap, and bookings move from one to another meanwhile: each counts once, and is compared
//! again only if it changed.

use std::collections::BTreeMap;

use calbridge_core::{change::Change, fingerprint};

use super::reading::{Listed, Record, listed_as};

/// What was read, and how it stood then.
#[derive(Debug, Default)]
pub(super) struct Seen(BTreeMap<String, String>);

/// What of a page is to be compared.
pub(super) struct Fresh {
    pub records: Vec<Record>,
    /// How many of them were not read before.
    pub new: usize,
}

impl Seen {
    /// Whether a list had the booking with this id.
    pub fn has(&self, external_id: &str) -> bool {
        self.0.contains_key(listed_as(external_id))
    }

    /// What is new on a page, at most so much of it.
    pub fn take_fresh(&mut self, listed: Vec<Listed>, most: usize) -> Fresh {
        let mut fresh = Fresh {
            records: Vec::new(),
            new: 0,
        };
        for one in listed {
            let stands = standing(&one);
            let before = self.0.insert(one.id, stands.clone());
            if before.as_ref() == Some(&stands) {
                continue;
            }
            if before.is_none() {
                fresh.new += one.records.len();
            }
            fresh.records.extend(one.records);
        }
        fresh.records.truncate(most);
        fresh.new = fresh.new.min(most);
        fresh
    }
}

fn standing(one: &Listed) -> String {
    let facts = one.records.iter().flat_map(|record| &record.facts);
    fingerprint::of_parts(facts.map(Change::fingerprint))
}
