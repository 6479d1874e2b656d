//! What the doors say when nothing was booked, moved or called off.

use calbridge_core::availability::Slot;
use jiff::Timestamp;

use crate::{
    booking::{BookError, ChangeError, HoldError, NotDone, Said, SettleError},
    http::{
        api::slots,
        problem::{AlternativeBody, Code, Problem},
    },
    leads::CreateLeadError,
};

/// Why nothing was booked.
pub(super) fn of_booking(now: Timestamp, error: BookError) -> Problem {
    let detail = error.to_string();
    match error {
        BookError::Lead(error) => error.into(),
        BookError::NewLead(CreateLeadError::Nobody) => {
            Problem::new(Code::MissingField, "a lead, or an e-mail address").at("lead_id")
        }
        BookError::NewLead(error) => error.into(),
        BookError::Missing { field, .. } => Problem::new(Code::MissingField, detail).at(field),
        BookError::Metadata(_) => Problem::invalid("metadata", detail),
        BookError::InThePast => Problem::invalid("start_time", detail),
        BookError::LeadHasOne => Problem::new(Code::Conflict, detail),
        BookError::Booking(error) => error.into(),
        BookError::NotStored => Problem::new(Code::NotStored, detail),
        BookError::IsOff => Problem::new(Code::NotAhead, detail),
        BookError::NothingFree => Problem::new(Code::NotBookable, detail),
        BookError::Slots(error) => slots::problem(now, &error),
        BookError::ByHand { link } => Problem::new(Code::ByHand, detail).elsewhere(link),
        BookError::Target(error) => slots::of_target(now, &error),
        BookError::NotDone(error) => of_not_done(error),
        BookError::Settle(error) => of_settling(now, &error),
        BookError::Hold(HoldError::NotFound(_)) => Problem::not_found(detail).at("hold_id"),
        BookError::Hold(error) => of_hold(error),
        BookError::Store(error) => error.into(),
    }
}

/// Why a hold cannot be made, used or given back.
pub(super) fn of_hold(error: HoldError) -> Problem {
    let detail = error.to_string();
    match error {
        HoldError::NotFound(_) => Problem::not_found(detail),
        HoldError::NotYours => Problem::new(Code::HoldNotYours, detail),
        HoldError::OfAnother => Problem::invalid("hold_id", detail),
        HoldError::Displaced { alternatives } => {
            let alternatives = alternatives.into_iter().map(alternative).collect();
            Problem::new(Code::SlotTaken, detail).instead(alternatives)
        }
        HoldError::NotSoLong => Problem::invalid("seconds", detail),
        HoldError::Store(error) => error.into(),
    }
}

/// Why a booking was not changed.
pub(super) fn of_change(now: Timestamp, error: ChangeError) -> Problem {
    let detail = error.to_string();
    match error {
        ChangeError::Find(error) => error.into(),
        ChangeError::ByHand { link, .. } => Problem::new(Code::ByHand, detail).elsewhere(link),
        ChangeError::NotAhead(_) => Problem::new(Code::NotAhead, detail),
        ChangeError::AlreadyConfirmed => Problem::new(Code::AlreadyConfirmed, detail),
        ChangeError::NotBegun => Problem::new(Code::NotBegun, detail),
        ChangeError::IsPushed => Problem::try_again(),
        ChangeError::UnknownAttendee(_) => Problem::invalid("attendees", detail),
        ChangeError::UnknownHost(_) => Problem::invalid("user_id", detail),
        ChangeError::InThePast => Problem::invalid("new_start_time", detail),
        ChangeError::Slots(error) => slots::problem(now, &error),
        ChangeError::Target(error) => slots::of_target(now, &error),
        ChangeError::NotDone(error) => of_not_done(error),
        ChangeError::Settle(error) => of_settling(now, &error),
        ChangeError::Store(error) => error.into(),
    }
}

fn of_not_done(error: NotDone) -> Problem {
    let detail = error.to_string();
    match error {
        NotDone::Taken { alternatives } => {
            let alternatives = alternatives.into_iter().map(alternative).collect();
            Problem::new(Code::SlotTaken, detail).instead(alternatives)
        }
        NotDone::Refused(said) => Problem::new(code(&said), detail),
        NotDone::DidNotHappen => Problem::new(Code::ProviderUnavailable, detail),
    }
}

fn alternative(slot: Slot) -> AlternativeBody {
    AlternativeBody {
        start_time: slot.start,
        end_time: slot.end,
    }
}

/// What the provider said, as a code.
fn code(said: &Said) -> Code {
    match said.word.as_str() {
        "unauthorized" => Code::ProviderKeyRefused,
        "forbidden" => Code::ProviderForbids,
        "not_found" => Code::ProviderHasNone,
        "gone" | "misread" => Code::ProviderUnexpected,
        _ => Code::ProviderRefused,
    }
}

fn of_settling(now: Timestamp, error: &SettleError) -> Problem {
    match error {
        SettleError::Target(error) => slots::of_target(now, error),
        SettleError::Ask(error) => slots::of_asking(now, error),
        SettleError::Unknown(_)
        | SettleError::Unreadable(_)
        | SettleError::UnderWay { .. }
        | SettleError::Store(_) => {
            tracing::warn!(%error, "What is wanted of a provider could not be seen through");
            Problem::try_again()
        }
    }
}
