//! What people call an event, and what the provider calls it.

use calbridge_core::provider::Provider;
use calbridge_emulator::{calcom::TRIGGERS, calendly::EVENTS};

use crate::cli::parse::plain;

/// An event that the emulator can make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wanted {
    /// A Cal.com trigger, as Cal.com spells it.
    CalCom(&'static str),
    /// A Calendly event, as Calendly spells it.
    Calendly(&'static str),
    /// Calendly has no name for it: an `invitee.canceled` and an `invitee.created` that belong together.
    CalendlyReschedule,
}

/// Our words and those of the documents, where Cal.com has another one.
const AT_CALCOM: [(&str, &str); 16] = [
    ("created", "BOOKING_CREATED"),
    ("requested", "BOOKING_REQUESTED"),
    ("confirmed", "BOOKING_CREATED"),
    ("rejected", "BOOKING_REJECTED"),
    ("rescheduled", "BOOKING_RESCHEDULED"),
    ("cancelled", "BOOKING_CANCELLED"),
    ("canceled", "BOOKING_CANCELLED"),
    ("started", "MEETING_STARTED"),
    ("completed", "MEETING_ENDED"),
    ("no_show", "BOOKING_NO_SHOW_UPDATED"),
    ("no_show_updated", "BOOKING_NO_SHOW_UPDATED"),
    ("paid", "BOOKING_PAID"),
    ("payment_initiated", "BOOKING_PAYMENT_INITIATED"),
    ("updated", "BOOKING_LOCATION_UPDATED"),
    ("location_updated", "BOOKING_LOCATION_UPDATED"),
    ("reassigned", "BOOKING_REASSIGNED"),
];

/// Likewise, where Calendly has another one.
const AT_CALENDLY: [(&str, &str); 8] = [
    ("created", "invitee.created"),
    ("confirmed", "invitee.created"),
    ("cancelled", "invitee.canceled"),
    ("canceled", "invitee.canceled"),
    ("invitee.cancelled", "invitee.canceled"),
    ("no_show", "invitee_no_show.created"),
    ("no_show_undone", "invitee_no_show.deleted"),
    ("routing_form_submission", "routing_form_submission.created"),
];

impl Wanted {
    /// The event that a name means, in whatever spelling; a refusal lists those that there are.
    pub(super) fn named(provider: Provider, name: &str) -> Result<Self, String> {
        let word = plain(name);
        // `booking.created` of the documents is `created` at either provider.
        let word = match word.strip_prefix("booking") {
            Some(rest) if !rest.is_empty() => rest,
            _ => word.as_str(),
        };
        let is_it = |known: &str| {
            let known = plain(known);
            known == word || known.strip_prefix("booking") == Some(word)
        };
        let found = match provider {
            Provider::CalCom => {
                let own = TRIGGERS.into_iter().find(|known| is_it(known));
                let other = || {
                    AT_CALCOM
                        .into_iter()
                        .find(|(known, _)| is_it(known))
                        .map(|(_, own)| own)
                };
                own.or_else(other).map(Self::CalCom)
            }
            Provider::Calendly if matches!(word, "rescheduled" | "inviteerescheduled") => {
                Some(Self::CalendlyReschedule)
            }
            Provider::Calendly => {
                let own = EVENTS.into_iter().find(|known| is_it(known));
                let other = || {
                    AT_CALENDLY
                        .into_iter()
                        .find(|(known, _)| is_it(known))
                        .map(|(_, own)| own)
                };
                own.or_else(other).map(Self::Calendly)
            }
        };
        found.ok_or_else(|| {
            let known = match provider {
                Provider::CalCom => TRIGGERS.join(", "),
                Provider::Calendly => EVENTS.join(", "),
            };
            format!(
                "{provider} has no event `{name}`; there are {known}, \
                 and our words created, rescheduled, cancelled, no_show ..."
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("BOOKING_RESCHEDULED", "BOOKING_RESCHEDULED")]
    #[case("booking.rescheduled", "BOOKING_RESCHEDULED")]
    #[case("rescheduled", "BOOKING_RESCHEDULED")]
    #[case("Booking Cancelled", "BOOKING_CANCELLED")]
    #[case("booking.canceled", "BOOKING_CANCELLED")]
    #[case("BOOKING_COMPLETED", "MEETING_ENDED")]
    #[case("booking.no-show", "BOOKING_NO_SHOW_UPDATED")]
    #[case("ping", "PING")]
    #[case("meeting_started", "MEETING_STARTED")]
    fn every_spelling_names_a_trigger(#[case] name: &str, #[case] trigger: &'static str) {
        assert_eq!(
            Wanted::named(Provider::CalCom, name),
            Ok(Wanted::CalCom(trigger))
        );
    }

    #[rstest]
    #[case("invitee.created", Wanted::Calendly("invitee.created"))]
    #[case("INVITEE_CANCELLED", Wanted::Calendly("invitee.canceled"))]
    #[case("booking.created", Wanted::Calendly("invitee.created"))]
    #[case("booking.rescheduled", Wanted::CalendlyReschedule)]
    #[case("no_show_undone", Wanted::Calendly("invitee_no_show.deleted"))]
    fn calendly_is_asked_in_our_words_too(#[case] name: &str, #[case] wanted: Wanted) {
        assert_eq!(Wanted::named(Provider::Calendly, name), Ok(wanted));
    }

    #[rstest]
    #[case(Provider::CalCom, "booking")]
    #[case(Provider::CalCom, "")]
    #[case(Provider::CalCom, "invitee.created")]
    #[case(Provider::Calendly, "PING")]
    fn what_nobody_sends_is_refused_with_a_list(#[case] provider: Provider, #[case] name: &str) {
        let error = Wanted::named(provider, name).unwrap_err();
        assert!(error.contains("there are"), "{error}");
    }
}
