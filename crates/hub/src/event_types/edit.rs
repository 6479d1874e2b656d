//! Change an event type here, whatever the provider says.

use calbridge_core::{
    event_type::{CustomField, Edited, Facts, Field},
    money::{self, Currency, NotAnAmount},
    scope::Scope,
};
use calbridge_store::{
    StoreError,
    audit::{self, Deed},
    event_type_hosts, event_types,
};
use serde_json::{Map, Value, json};

use super::{Hosted, find::by_any_id, rows};
use crate::{app::App, edit::Edit, event_types::FindEventTypeError};

/// A price, as people give it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Amount {
    /// In minor units.
    Minor(i64),
    /// As a decimal, such as `50.00`.
    Decimal(String),
}

impl Amount {
    /// In minor units of the currency.
    pub fn minor_units(&self, currency: Option<&str>) -> Result<i64, NotAnAmount> {
        let currency = currency.and_then(|code| Currency::parse(code).ok());
        match self {
            Self::Minor(minor) => money::minor_units(&money::decimal(*minor, currency), currency),
            Self::Decimal(text) => money::minor_units(text, currency),
        }
    }
}

/// What to change. What is cleared counts as the provider says it again.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct EventTypeEdit {
    /// Whether it can be booked.
    pub active: Edit<bool>,
    /// Title.
    pub title: Edit<String>,
    /// Slug.
    pub slug: Edit<String>,
    /// Description.
    pub description: Edit<String>,
    /// Minutes.
    pub length: Edit<u32>,
    /// Price, of the currency that the event type has afterwards.
    pub price: Edit<Amount>,
    /// Currency.
    pub currency: Edit<Currency>,
    /// How many may book the same slot.
    pub seats: Edit<u32>,
    /// Minutes between booking and start.
    pub minimum_notice: Edit<u32>,
    /// Minutes kept free before.
    pub before_buffer: Edit<u32>,
    /// Minutes kept free after.
    pub after_buffer: Edit<u32>,
    /// What the booking page asks.
    pub custom_fields: Edit<Vec<CustomField>>,
    /// IANA zone of its hours.
    pub time_zone: Edit<String>,
}

/// Why an event type could not be changed.
#[derive(Debug, thiserror::Error)]
pub enum EditEventTypeError {
    /// It was not found.
    #[error(transparent)]
    Find(#[from] FindEventTypeError),
    /// A value that the field cannot have.
    #[error("{why}")]
    Invalid {
        /// The field.
        field: Field,
        /// Why not.
        why: String,
    },
    /// It cannot be booked, whatever a person says.
    #[error("{0}")]
    NotOffered(&'static str),
    /// The database did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Change an event type. What is changed here is not overwritten by a sync.
pub async fn edit(
    app: &App,
    scope: &Scope,
    any_id: &str,
    told: EventTypeEdit,
) -> Result<Hosted, EditEventTypeError> {
    let now = app.clock.now();
    let mut tx = app.store.write().await?;
    let id = by_any_id(&mut tx, scope, any_id).await?.id;
    let mut row = event_types::find_for_update(&mut tx, scope, id)
        .await?
        .ok_or_else(|| FindEventTypeError::NotFound(any_id.to_owned()))?;
    let hosts = event_type_hosts::list(&mut tx, scope, &[id]).await?;
    let before = rows::known(&row, &hosts);
    let mut draft = Draft {
        facts: before.facts.clone(),
        edited: before.edited.clone(),
    };
    if told.active == Edit::Set(true) && (before.is_removed() || !before.facts.is_offered) {
        return Err(EditEventTypeError::NotOffered(if before.facts.is_offered {
            "the provider has this event type no more: restore it there, then sync"
        } else {
            "this event type only stands for the copies that its hosts have: book one of those"
        }));
    }
    draft.apply(told)?;
    let Draft { facts, edited } = draft;
    if facts != before.facts || edited != before.edited {
        let (was, is) = differences(&before.facts, &facts, &before.edited, &edited);
        rows::write(&mut row, facts, edited, now);
        event_types::update(&mut tx, std::slice::from_ref(&row)).await?;
        let deed = Deed::of(scope, "event_type.edit", "event_type", id)
            .before(was)
            .after(is);
        audit::append(&mut tx, vec![deed], now).await?;
    }
    tx.commit().await?;
    Ok(Hosted {
        event_type: row,
        hosts,
    })
}

/// An event type while it is changed.
struct Draft {
    facts: Facts,
    edited: Edited,
}

impl Draft {
    fn apply(&mut self, told: EventTypeEdit) -> Result<(), EditEventTypeError> {
        // What counts unless a person says otherwise: to say so is no change to be kept.
        let active = match told.active {
            Edit::Set(true) => Edit::Clear,
            other => other,
        };
        self.field(Field::Active, active)?;
        self.field(Field::Title, filled(Field::Title, told.title)?)?;
        self.field(Field::Slug, filled(Field::Slug, told.slug)?)?;
        self.field(Field::Description, told.description)?;
        self.field(Field::Length, at_least_one(Field::Length, told.length)?)?;
        let currency = told.currency.map(|code| code.as_str().to_owned());
        self.field(Field::Currency, currency)?;
        let code = self.facts.currency.clone();
        let price = told.price.try_map(|price| {
            price
                .minor_units(code.as_deref())
                .map_err(|error| invalid(Field::Price, error))
        })?;
        self.field(Field::Price, price)?;
        self.field(Field::Seats, at_least_one(Field::Seats, told.seats)?)?;
        self.field(Field::MinimumNotice, told.minimum_notice)?;
        self.field(Field::BeforeBuffer, told.before_buffer)?;
        self.field(Field::AfterBuffer, told.after_buffer)?;
        self.field(Field::CustomFields, told.custom_fields)?;
        self.field(Field::TimeZone, told.time_zone)
    }

    fn field<T: serde::Serialize>(
        &mut self,
        field: Field,
        told: Edit<T>,
    ) -> Result<(), EditEventTypeError> {
        let value = match told {
            Edit::Keep => return Ok(()),
            Edit::Clear => match self.edited.remove(&field) {
                Some(provider) => provider,
                None => return Ok(()),
            },
            Edit::Set(value) => {
                let provider = self.facts.value(field);
                self.edited.entry(field).or_insert(provider);
                json!(value)
            }
        };
        self.facts
            .set(field, value)
            .map_err(|error| invalid(field, error))
    }
}

fn invalid(field: Field, why: impl std::fmt::Display) -> EditEventTypeError {
    EditEventTypeError::Invalid {
        field,
        why: why.to_string(),
    }
}

fn filled(field: Field, text: Edit<String>) -> Result<Edit<String>, EditEventTypeError> {
    text.try_map(|text| match text.trim() {
        "" => Err(invalid(field, "a text with something in it")),
        text => Ok(text.to_owned()),
    })
}

fn at_least_one(field: Field, number: Edit<u32>) -> Result<Edit<u32>, EditEventTypeError> {
    number.try_map(|number| match number {
        0 => Err(invalid(field, "a number of 1 or more")),
        number => Ok(number),
    })
}

/// The fields that differ, before and after, with what the provider says where a person changed them.
fn differences(
    before: &Facts,
    after: &Facts,
    was_edited: &Edited,
    is_edited: &Edited,
) -> (Value, Value) {
    let (mut was, mut is) = (Map::new(), Map::new());
    for field in Field::EDITABLE.iter().copied() {
        let same_edit = was_edited.contains_key(&field) == is_edited.contains_key(&field);
        if before.agree(after, field) && same_edit {
            continue;
        }
        was.insert(field.as_str().to_owned(), before.value(field));
        is.insert(field.as_str().to_owned(), after.value(field));
    }
    (Value::Object(was), Value::Object(is))
}
