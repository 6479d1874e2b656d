//! What people are asked when they book.

use crate::calcom::api::reader::{Misread, Object, Part, Shape};

/// A question to the person who books.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BookingField {
    /// The name under which the answer is sent.
    pub slug: String,
    /// What kind of answer.
    pub kind: FieldKind,
    /// Whose question it is.
    pub origin: FieldOrigin,
    /// The question; Cal.com's own often have none, or a key of its translations such as `your_name`.
    pub label: Option<String>,
    /// An example of an answer.
    pub placeholder: Option<String>,
    /// There is no booking without an answer.
    pub required: bool,
    /// It is not asked.
    pub hidden: bool,
    /// The possible answers, where they are given.
    pub options: Vec<String>,
}

/// Whose question it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FieldOrigin {
    /// Cal.com's: name, address, place, notes, guests and the like.
    Default,
    /// The owner's.
    Custom,
}

/// What kind of answer is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[expect(missing_docs, reason = "the words say it")]
pub enum FieldKind {
    Name,
    Email,
    MultiEmail,
    Phone,
    Address,
    Location,
    ShortText,
    LongText,
    Number,
    Url,
    Select,
    MultiSelect,
    RadioGroup,
    CheckboxGroup,
    Checkbox,
    /// Nobody told us of it.
    Unknown,
}

/// Both versions: 2024-06-14 tells the kind by `type` and the origin by `isDefault`; 2026-06-12 by `field`, and
/// the kind of custom ones by `type`.
const FIELD: Shape = Shape {
    expected: &["slug"],
    possible: &[
        "type",
        "isDefault",
        "field",
        "variant",
        "label",
        "placeholder",
        "required",
        "hidden",
        "disableOnPrefill",
        "options",
        "minLength",
        "maxLength",
        "excludeEmails",
        "requireEmails",
        "firstNameLabel",
        "firstNamePlaceholder",
        "lastNameLabel",
        "lastNamePlaceholder",
        "lastNameRequired",
        "bookingField",
        "price",
    ],
};

const CLASSIC: &[(&str, FieldKind)] = &[
    ("name", FieldKind::Name),
    ("email", FieldKind::Email),
    ("multiemail", FieldKind::MultiEmail),
    ("phone", FieldKind::Phone),
    ("address", FieldKind::Address),
    ("radioInput", FieldKind::Location),
    ("text", FieldKind::ShortText),
    ("textarea", FieldKind::LongText),
    ("number", FieldKind::Number),
    ("url", FieldKind::Url),
    ("select", FieldKind::Select),
    ("multiselect", FieldKind::MultiSelect),
    ("radio", FieldKind::RadioGroup),
    ("checkbox", FieldKind::CheckboxGroup),
    ("boolean", FieldKind::Checkbox),
];

/// `None`: the owner's, and `type` tells the kind.
const HOSTED: &[(&str, Option<FieldKind>)] = &[
    ("name", Some(FieldKind::Name)),
    ("email", Some(FieldKind::Email)),
    ("location", Some(FieldKind::Location)),
    ("title", Some(FieldKind::ShortText)),
    ("notes", Some(FieldKind::LongText)),
    ("guests", Some(FieldKind::MultiEmail)),
    ("rescheduleReason", Some(FieldKind::LongText)),
    ("attendeePhoneNumber", Some(FieldKind::Phone)),
    ("smsReminderNumber", Some(FieldKind::Phone)),
    ("aiAgentCallPhoneNumber", Some(FieldKind::Phone)),
    ("unknown", Some(FieldKind::Unknown)),
    ("custom", None),
];

const HOSTED_CUSTOM: &[(&str, FieldKind)] = &[
    ("email", FieldKind::Email),
    ("multiEmail", FieldKind::MultiEmail),
    ("phone", FieldKind::Phone),
    ("address", FieldKind::Address),
    ("shortText", FieldKind::ShortText),
    ("longText", FieldKind::LongText),
    ("number", FieldKind::Number),
    ("url", FieldKind::Url),
    ("select", FieldKind::Select),
    ("multiSelect", FieldKind::MultiSelect),
    ("radioGroup", FieldKind::RadioGroup),
    ("checkboxGroup", FieldKind::CheckboxGroup),
    ("checkbox", FieldKind::Checkbox),
];

pub(super) fn field(part: &Part<'_>) -> Result<BookingField, Misread> {
    let field = part.object(&FIELD)?;
    let (kind, origin) = match field.part("field") {
        Some(tag) => hosted(&tag, &field)?,
        None => classic(&field)?,
    };
    Ok(BookingField {
        slug: field.need("slug")?.string()?,
        kind,
        origin,
        label: field.string("label")?,
        placeholder: field.string("placeholder")?,
        // 2026-06-12 does not say so of the name, which is never optional.
        required: field.flag("required")?.unwrap_or(kind == FieldKind::Name),
        hidden: field.flag("hidden")?.unwrap_or_default(),
        options: field.each("options", option)?,
    })
}

fn classic(field: &Object<'_>) -> Result<(FieldKind, FieldOrigin), Misread> {
    let kind = field.need("type")?.word(CLASSIC)?;
    let origin = match field.flag("isDefault")? {
        Some(true) => FieldOrigin::Default,
        Some(false) | None => FieldOrigin::Custom,
    };
    Ok((kind.unwrap_or(FieldKind::Unknown), origin))
}

fn hosted(tag: &Part<'_>, field: &Object<'_>) -> Result<(FieldKind, FieldOrigin), Misread> {
    Ok(match tag.word(HOSTED)? {
        Some(Some(kind)) => (kind, FieldOrigin::Default),
        Some(None) => {
            let kind = field.need("type")?.word(HOSTED_CUSTOM)?;
            (kind.unwrap_or(FieldKind::Unknown), FieldOrigin::Custom)
        }
        None => (FieldKind::Unknown, FieldOrigin::Default),
    })
}

/// A text; some servers give a value and its label.
fn option(part: &Part<'_>) -> Result<String, Misread> {
    if part.raw().is_object() {
        part.unknown_object()?.need("value")?.string()
    } else {
        part.string()
    }
}
