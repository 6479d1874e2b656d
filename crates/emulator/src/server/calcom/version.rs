//! `cal-api-version`: which body a request gets, if any. The table of 1.2.

use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::refusal::Refusal;
use crate::server::edition::Edition;
use crate::server::world::Shared;

/// The versions every server knows.
const CLASSIC: [&str; 5] = [
    "2024-04-15",
    "2024-06-11",
    "2024-06-14",
    "2024-08-13",
    "2024-09-04",
];

/// Those only the hosted service knows.
const HOSTED: [&str; 3] = ["2026-02-25", "2026-05-01", "2026-06-12"];

/// In which form an answer is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// That of 2024-04-15: what a missing or unknown version gets, without a word.
    Old,
    /// That of the family's version of 2024.
    V2024,
    /// That of the family's version of 2026.
    V2026,
}

/// Endpoints that share their versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Slots,
    OldSlots,
    Bookings,
    BookingList,
    EventTypes,
    Schedules,
    /// Any version, or none.
    Unversioned,
}

/// The versions of a family.
struct Versions {
    of_2024: &'static [&'static str],
    of_2026: &'static [&'static str],
    /// Those that count as none.
    old: &'static [&'static str],
}

impl Family {
    fn of(method: &Method, path: &str) -> Self {
        match path {
            "/slots" => Self::Slots,
            "/slots/available" | "/slots/reserve" | "/slots/selected-slot" => Self::OldSlots,
            "/bookings" if method == Method::GET => Self::BookingList,
            "/event-types" | "/event-types/{id}" => Self::EventTypes,
            _ if path.starts_with("/slots/") => Self::Slots,
            _ if path.starts_with("/bookings") => Self::Bookings,
            _ if path.starts_with("/schedules") => Self::Schedules,
            _ => Self::Unversioned,
        }
    }

    /// Everything else the server knows is another family's.
    fn versions(self) -> Versions {
        let (of_2024, of_2026, old): (&[_], &[_], &[_]) = match self {
            Self::Slots => (&["2024-09-04"], &[], &[]),
            Self::Bookings => (
                &["2024-08-13"],
                &["2026-02-25"],
                &["2024-04-15", "2024-06-11", "2024-06-14"],
            ),
            // The list has a newer version of its own; whether it also takes the family's of 2026 is not known.
            Self::BookingList => (
                &["2024-08-13"],
                &["2026-05-01"],
                &["2024-04-15", "2024-06-11", "2024-06-14"],
            ),
            Self::EventTypes => (
                &["2024-06-14"],
                &["2026-06-12"],
                &["2024-04-15", "2024-06-11"],
            ),
            Self::Schedules => (&["2024-06-11", "2024-06-14"], &[], &["2024-04-15"]),
            Self::OldSlots | Self::Unversioned => (&[], &[], &[]),
        };
        Versions {
            of_2024,
            of_2026,
            old,
        }
    }

    fn shape(self, edition: Edition, given: Option<&str>) -> Option<Shape> {
        let known = given.filter(|version| {
            CLASSIC.contains(version) || (edition == Edition::Hosted && HOSTED.contains(version))
        });
        match self {
            Self::Unversioned => return Some(Shape::V2024),
            Self::OldSlots => return (known != Some("2024-09-04")).then_some(Shape::Old),
            // There was no such path in the old days.
            Self::Slots => return (known == Some("2024-09-04")).then_some(Shape::V2024),
            _ => {}
        }
        let versions = self.versions();
        match known {
            None => Some(Shape::Old),
            Some(version) if versions.old.contains(&version) => Some(Shape::Old),
            Some(version) if versions.of_2024.contains(&version) => Some(Shape::V2024),
            Some(version) if versions.of_2026.contains(&version) => Some(Shape::V2026),
            Some(_) => None,
        }
    }
}

impl FromRequestParts<Shared> for Shape {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, Refusal> {
        // Always there behind `choose`.
        Ok(parts.extensions.get().copied().unwrap_or(Self::Old))
    }
}

/// Find out which shape is asked for, or that there is nothing here under this version.
pub(super) async fn choose(
    State(shared): State<Shared>,
    mut request: Request,
    next: Next,
) -> Response {
    let edition = shared.world().server.edition;
    let path = template(&request);
    let given = request.headers().get("cal-api-version");
    let given = given.and_then(|version| version.to_str().ok());
    let family = Family::of(request.method(), &path);
    let shape = family.shape(edition, given);
    match shape.filter(|shape| is_served(edition, &path, *shape, family)) {
        Some(shape) => {
            request.extensions_mut().insert(shape);
            next.run(request).await
        }
        None => cannot(request.method(), request.uri().path()).into_response(),
    }
}

/// What the server says where nothing is.
pub(super) fn cannot(method: &Method, path: &str) -> Refusal {
    Refusal::not_found(format!("Cannot {method} /v2{path}"))
}

/// The path with its placeholders, without `/v2`.
pub(super) fn template(request: &Request) -> String {
    request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", |path| path.as_str())
        .trim_start_matches("/v2")
        .to_owned()
}

/// Community servers have no teams and no organizations (section 0), and cannot ask for another time (1.7.4). Of the
/// old bookings only reading and the refusal of a new body are emulated.
fn is_served(edition: Edition, path: &str, shape: Shape, family: Family) -> bool {
    let is_commercial = path.starts_with("/teams")
        || path.starts_with("/organizations")
        || path == "/bookings/{uid}/request-reschedule";
    let is_too_old = family == Family::Bookings
        && shape == Shape::Old
        && !matches!(path, "/bookings" | "/bookings/{uid}");
    !(is_too_old || (edition == Edition::Classic && is_commercial))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(family: Family, edition: Edition, version: &str) -> Option<Shape> {
        family.shape(edition, Some(version))
    }

    #[test]
    fn a_community_server_downgrades_what_it_does_not_know() {
        for (family, version) in [
            (Family::Bookings, "2026-02-25"),
            (Family::BookingList, "2026-05-01"),
            (Family::EventTypes, "2026-06-12"),
            (Family::Schedules, "2099-01-01"),
        ] {
            assert_eq!(shape(family, Edition::Classic, version), Some(Shape::Old));
        }
        assert_eq!(shape(Family::Slots, Edition::Classic, "2026-06-12"), None);
        assert_eq!(
            Family::Bookings.shape(Edition::Hosted, None),
            Some(Shape::Old)
        );
    }

    #[test]
    fn the_version_of_another_family_finds_nothing() {
        for edition in [Edition::Hosted, Edition::Classic] {
            assert_eq!(shape(Family::Bookings, edition, "2024-09-04"), None);
            assert_eq!(shape(Family::EventTypes, edition, "2024-08-13"), None);
            assert_eq!(shape(Family::Schedules, edition, "2024-08-13"), None);
            assert_eq!(
                shape(Family::Bookings, edition, "2024-06-14"),
                Some(Shape::Old)
            );
            assert_eq!(
                shape(Family::Schedules, edition, "2024-06-14"),
                Some(Shape::V2024)
            );
        }
    }
}
