//! What a provider lists, and whether that is everything.

use std::collections::BTreeMap;

use super::Facts;

/// An event type as the provider lists it.
#[derive(Clone, PartialEq, Debug)]
pub struct Offered {
    /// The provider's id.
    pub external_id: String,
    /// Everything else.
    pub facts: Facts,
}

impl Offered {
    /// What tells more comes first, whatever the order in which lists were read.
    fn rank(&self) -> (bool, usize, String) {
        let all = Facts::default();
        let told = super::Field::ALL
            .iter()
            .filter(|field| !self.facts.agree(&all, **field))
            .count();
        let text = super::Field::ALL
            .iter()
            .map(|field| self.facts.value(*field).to_string())
            .collect();
        (self.facts.team_id.is_some(), told, text)
    }
}

/// What was read of a provider's lists. Only [`Listing::gather`] says that it is everything, and only of lists that were all
/// read to their ends: what is not on it exists no more.
#[derive(Clone, PartialEq, Debug)]
pub struct Listing {
    offered: Vec<Offered>,
    is_whole: bool,
}

impl Listing {
    /// Put lists together, and take out the ones that could not be read.
    pub fn gather<E>(lists: impl IntoIterator<Item = Result<Vec<Offered>, E>>) -> (Self, Vec<E>) {
        let mut by_id: BTreeMap<String, Offered> = BTreeMap::new();
        let mut failures = Vec::new();
        for list in lists {
            match list {
                Ok(offered) => {
                    for one in offered {
                        keep(&mut by_id, one);
                    }
                }
                Err(failure) => failures.push(failure),
            }
        }
        let listing = Self {
            offered: by_id.into_values().collect(),
            is_whole: failures.is_empty(),
        };
        (listing, failures)
    }

    /// Each event type once, ordered by the provider's id.
    pub fn offered(&self) -> &[Offered] {
        &self.offered
    }

    /// Whether there is nothing else.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }
}

/// A type may stand on its owner's list and on a team's.
fn keep(by_id: &mut BTreeMap<String, Offered>, one: Offered) {
    match by_id.get(&one.external_id) {
        Some(known) if known.rank() >= one.rank() => {}
        _ => {
            by_id.insert(one.external_id.clone(), one);
        }
    }
}
