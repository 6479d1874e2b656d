//! Which triggers a webhook of ours should have.

use crate::calcom::api::Profile;

/// What we read, on every server.
const EVERYWHERE: &[&str] = &[
    "BOOKING_CREATED",
    "BOOKING_REQUESTED",
    "BOOKING_RESCHEDULED",
    "BOOKING_CANCELLED",
    "BOOKING_REJECTED",
    "BOOKING_PAYMENT_INITIATED",
    "BOOKING_PAID",
    "BOOKING_NO_SHOW_UPDATED",
    "MEETING_STARTED",
    "MEETING_ENDED",
];

/// What the hosted service tells since 2026. Servers that do not know a trigger refuse the whole webhook.
const HOSTED: &[&str] = &[
    "BOOKING_LOCATION_UPDATED",
    "BOOKING_REASSIGNED",
    "INSTANT_MEETING_ACCEPTED",
];

/// The triggers that say something about a booking, as far as such a server knows them.
pub fn wanted(profile: Profile) -> Vec<&'static str> {
    match profile {
        Profile::Hosted2026 => [EVERYWHERE, HOSTED].concat(),
        Profile::Classic => EVERYWHERE.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calcom::api::webhooks::TRIGGERS;

    #[test]
    fn only_triggers_that_exist_are_asked_for() {
        for trigger in wanted(Profile::Hosted2026) {
            assert!(
                TRIGGERS.iter().any(|(known, ())| *known == trigger),
                "{trigger}"
            );
        }
    }
}
