//! What a change invalidates.

use std::{collections::BTreeMap, ops::Range};

use calbridge_core::{
    ids::{ConnectionId, TenantId},
    scope::Scope,
};
use jiff::Timestamp;

use super::InvalidationKind;

/// More separate times than this of one connection become one long one.
const MOST_RANGES: usize = 8;

/// What a change invalidates. Functions that write what others may remember ask for one, so that nobody forgets.
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use = "nothing is invalidated until a change takes it"]
pub struct Affected(Vec<Row>);

/// A row to be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Row {
    pub tenant_id: TenantId,
    pub connection_id: ConnectionId,
    pub kind: InvalidationKind,
    /// `None`: at whatever time.
    pub range: Option<Range<Timestamp>>,
}

impl Affected {
    /// The free slots of a connection within a time.
    pub fn slots(scope: &Scope, connection_id: ConnectionId, time: Range<Timestamp>) -> Self {
        Self::one(scope, connection_id, InvalidationKind::Slots, Some(time))
    }

    /// Everything of a kind.
    pub fn everything(scope: &Scope, connection_id: ConnectionId, kind: InvalidationKind) -> Self {
        Self::one(scope, connection_id, kind, None)
    }

    /// Nothing, for a reason.
    pub fn nothing(because: &'static str) -> Self {
        tracing::trace!("Nothing is invalidated: {because}");
        Self(Vec::new())
    }

    /// This and more.
    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// Whether there is nothing.
    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    fn one(
        scope: &Scope,
        connection_id: ConnectionId,
        kind: InvalidationKind,
        range: Option<Range<Timestamp>>,
    ) -> Self {
        if range.as_ref().is_some_and(Range::is_empty) {
            return Self(Vec::new());
        }
        Self(vec![Row {
            tenant_id: scope.tenant_id(),
            connection_id,
            kind,
            range,
        }])
    }

    /// How many there are; for going back to where one was.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        self.0.truncate(len);
    }

    /// As few rows as say the same, or a little more.
    pub(super) fn into_rows(self) -> impl Iterator<Item = Row> {
        let mut groups: BTreeMap<_, Vec<Option<Range<Timestamp>>>> = BTreeMap::new();
        for row in self.0 {
            let of = (row.tenant_id, row.connection_id, row.kind);
            groups.entry(of).or_default().push(row.range);
        }
        groups
            .into_iter()
            .flat_map(|((tenant_id, connection_id, kind), ranges)| {
                coalesced(ranges).into_iter().map(move |range| Row {
                    tenant_id,
                    connection_id,
                    kind,
                    range,
                })
            })
    }
}

/// Times that touch or overlap become one; all time swallows the others.
fn coalesced(ranges: Vec<Option<Range<Timestamp>>>) -> Vec<Option<Range<Timestamp>>> {
    let Some(mut ranges) = ranges.into_iter().collect::<Option<Vec<_>>>() else {
        return vec![None];
    };
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut few: Vec<Range<Timestamp>> = Vec::new();
    for range in ranges {
        match few.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => few.push(range),
        }
    }
    if few.len() > MOST_RANGES
        && let (Some(first), Some(last)) = (few.first(), few.last())
    {
        few = vec![first.start..last.end];
    }
    few.into_iter().map(Some).collect()
}
