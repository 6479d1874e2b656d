//! What is known about an event type, field by field.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

/// A question that the booking page asks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct CustomField {
    /// Names the answer.
    pub slug: String,
    /// What people read.
    #[serde(default)]
    pub label: Option<String>,
    /// `text`, `select`, `phone` and so on, as the provider calls it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether there is no booking without an answer.
    #[serde(default)]
    pub required: bool,
    /// The answers to choose from.
    #[serde(default)]
    pub options: Vec<String>,
}

/// Somebody who may host.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct OfferedHost {
    /// The provider's id of the person.
    pub provider_user_id: String,
    /// Name.
    pub name: Option<String>,
    /// The provider's name of the account.
    pub username: Option<String>,
    /// Whether every booking has this host.
    pub mandatory: bool,
    /// Who is taken first, in the provider's words.
    pub priority: Option<String>,
}

/// A value that the field cannot have.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{}` cannot have this value", field.as_str())]
pub struct NotEditable {
    /// The field.
    pub field: Field,
}

/// The facts, and an enum that names each of them.
macro_rules! fields {
    ($($(#[$doc:meta])* $field:ident: $type:ty = $name:ident $word:literal;)+) => {
        /// What is known about an event type, as it counts for us: the provider's word, or what a person made of it.
        #[derive(Clone, PartialEq, Debug, Default)]
        pub struct Facts {
            $($(#[$doc])* pub $field: $type,)+
        }

        /// A fact about an event type.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        pub enum Field {
            $($(#[$doc])* #[serde(rename = $word)] $name,)+
        }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The name of the column and in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }
        }

        impl Facts {
            /// The value of a field, as JSON.
            pub fn value(&self, field: Field) -> Value {
                match field { $(Field::$name => json(&self.$field),)+ }
            }

            /// Give a field a value from JSON.
            pub fn set(&mut self, field: Field, value: Value) -> Result<(), NotEditable> {
                match field {
                    $(Field::$name => self.$field = read(value).ok_or(NotEditable { field })?,)+
                }
                Ok(())
            }

            /// Whether a field has the same value in both.
            pub fn agree(&self, other: &Self, field: Field) -> bool {
                match field { $(Field::$name => self.$field == other.$field,)+ }
            }

            /// Take the value of a field from another.
            pub fn take(&mut self, other: &Self, field: Field) {
                match field { $(Field::$name => self.$field.clone_from(&other.$field),)+ }
            }
        }
    };
}

fields! {
    /// Whether it can be booked: offered by the provider, and not switched off by a person.
    active: bool = Active "active";
    /// The provider's slug, as it is.
    slug: Option<String> = Slug "slug";
    /// The part before it that people see: whose it is.
    owner_slug: Option<String> = OwnerSlug "owner_slug";
    /// Title.
    title: String = Title "title";
    /// Description.
    description: Option<String> = Description "description";
    /// Minutes; `None` for types without one length.
    length: Option<u32> = Length "length";
    /// The lengths to choose from, in minutes; empty where there is no choice.
    lengths: Vec<u32> = Lengths "lengths";
    /// Price in minor units; 0 is free, `None` unknown.
    price: Option<i64> = Price "price";
    /// ISO 4217 code.
    currency: Option<String> = Currency "currency";
    /// Whether it can be booked at all: what only stands for others cannot.
    is_offered: bool = IsOffered "is_offered";
    /// Whether booking pages leave it out.
    is_hidden: bool = IsHidden "is_hidden";
    /// How hosts are chosen, in the provider's words.
    scheduling_type: Option<String> = SchedulingType "scheduling_type";
    /// The provider's id of the team.
    team_id: Option<i64> = TeamId "team_id";
    /// The team's slug.
    team_slug: Option<String> = TeamSlug "team_slug";
    /// The provider's id of the event type that this one is a copy of.
    parent_external_id: Option<String> = ParentExternalId "parent_external_id";
    /// How many may book the same slot.
    seats: Option<u32> = Seats "seats";
    /// Whether the host must agree.
    needs_confirmation: bool = NeedsConfirmation "needs_confirmation";
    /// Minutes that must lie between booking and start.
    minimum_notice: Option<u32> = MinimumNotice "minimum_notice";
    /// Minutes kept free before.
    before_buffer: Option<u32> = BeforeBuffer "before_buffer";
    /// Minutes kept free after.
    after_buffer: Option<u32> = AfterBuffer "after_buffer";
    /// Minutes from one start to the next.
    slot_interval: Option<u32> = SlotInterval "slot_interval";
    /// How far ahead it can be booked, as the provider says it.
    booking_window: Value = BookingWindow "booking_window";
    /// What the booking page asks.
    custom_fields: Vec<CustomField> = CustomFields "custom_fields";
    /// Where it takes place, as the provider says it.
    locations: Value = Locations "locations";
    /// IANA zone of its hours.
    time_zone: Option<String> = TimeZone "time_zone";
    /// The provider's id of its hours.
    schedule_id: Option<i64> = ScheduleId "schedule_id";
    /// The provider's page for it.
    booking_url: Option<String> = BookingUrl "booking_url";
    /// Who may host, by the provider's id.
    hosts: Vec<OfferedHost> = Hosts "hosts";
    /// Everything the provider says.
    metadata: Value = Metadata "metadata";
}

impl Field {
    /// What people may change here; everything else is the provider's alone.
    pub const EDITABLE: &'static [Self] = &[
        Self::Active,
        Self::Slug,
        Self::Title,
        Self::Description,
        Self::Length,
        Self::Price,
        Self::Currency,
        Self::Seats,
        Self::MinimumNotice,
        Self::BeforeBuffer,
        Self::AfterBuffer,
        Self::CustomFields,
        Self::TimeZone,
    ];

    /// Whether people may change it.
    pub fn is_editable(self) -> bool {
        Self::EDITABLE.contains(&self)
    }
}

impl Facts {
    /// `owner/slug`, as people see it; a slug that has an owner already is left as it is.
    pub fn full_slug(&self) -> Option<String> {
        let slug = self.slug.as_deref()?;
        Some(match self.owner_slug.as_deref() {
            Some(owner) if !slug.contains('/') => format!("{owner}/{slug}"),
            _ => slug.to_owned(),
        })
    }
}

fn json<T: Serialize>(value: &T) -> Value {
    // Texts, numbers and lists of them always serialize.
    serde_json::to_value(value).unwrap_or_default()
}

fn read<T: DeserializeOwned>(value: Value) -> Option<T> {
    serde_json::from_value(value).ok()
}
