//! Finding out which versions a server speaks.

use super::{
    Family, Operation, Profile,
    call::{Call, get},
    event_types,
};

/// What can be booked with this key, asked in the version of `profile`, for [`Profile::detect`].
///
/// The family of event types has the newest version of all, so it tells the profiles apart.
pub fn probe(profile: Profile) -> Call<()> {
    get(
        Operation::ProfileProbe,
        &[&"event-types"],
        event_types::recognize,
    )
    .version(profile.version(Family::EventTypes))
}
