//! Resources as the API and the webhooks show them.

use jiff::{SignedDuration, Timestamp};

use super::event_type::{Audience, EventType, Place, User};
use super::payload::tracking;
use super::{Calendly, CalendlyError, Canceler, Cancellation, Invitee, InviteeUri, ScheduledEvent};
use crate::json::{Json, known, object};
use crate::spelling::micros;

/// So long after booking a Zoom link is there.
const ZOOM_DELAY: SignedDuration = SignedDuration::from_secs(8);

impl Calendly {
    /// One person's booking.
    pub(crate) fn invitee_resource(&self, invitee: &Invitee) -> Json {
        let answers = invitee
            .answers
            .iter()
            .zip(0_u32..)
            .map(|((question, answer), position)| {
                object! { "question": question, "answer": answer, "position": position }
            });
        let page = |kind: &str| format!("https://calendly.com/{kind}/{}", invitee.uri.uuid());
        let no_show = invitee.no_show.as_ref().map(|mark| {
            object! { "uri": &mark.uri, "created_at": micros(mark.created_at) }
        });
        let booker = invitee.by_api.then(|| self.owner_uri());
        object! {
            "uri": invitee.uri.as_str(),
            "name": &invitee.name,
            "first_name": invitee.first_name.as_ref(),
            "last_name": invitee.last_name.as_ref(),
            "email": &invitee.email,
            "status": if invitee.is_active() { "active" } else { "canceled" },
            "timezone": &invitee.time_zone,
            "event": invitee.event.as_str(),
            "created_at": micros(invitee.created_at),
            "updated_at": micros(invitee.updated_at),
            "questions_and_answers": Json::list(answers),
            "tracking": tracking(&invitee.tracking),
            "text_reminder_number": invitee.phone.as_ref(),
            "rescheduled": invitee.rescheduled,
            "old_invitee": invitee.old_invitee.as_ref().map(InviteeUri::as_str),
            "new_invitee": invitee.new_invitee.as_ref().map(InviteeUri::as_str),
            "cancel_url": page("cancellations"),
            "reschedule_url": page("reschedulings"),
            "routing_form_submission": invitee.routing_form_submission.as_ref(),
            "payment": self.payment(invitee),
            "no_show": no_show,
            "reconfirmation": Json::Null,
            "scheduling_method": invitee.by_api.then_some("api"),
            "invitee_scheduled_by": booker,
            "cancellation": known(invitee.cancellation.as_ref().map(cancellation_resource)),
        }
    }

    /// One meeting in the calendar.
    pub(crate) fn event_resource(
        &self,
        event: &ScheduledEvent,
        now: Timestamp,
    ) -> Result<Json, CalendlyError> {
        let event_type = self.event_type(&event.event_type)?;
        let (mut total, mut active) = (0, 0);
        for invitee in self.invitees_of(&event.uri) {
            total += 1;
            active += i32::from(invitee.is_active());
        }
        let hosts = self.users.get(event_type.host).map(|host| {
            object! { "user": &host.uri, "user_email": &host.email, "user_name": &host.name }
        });
        let guests = event.guests.iter().map(|email| {
            let since = micros(event.created_at);
            object! { "email": email, "created_at": &since, "updated_at": &since }
        });
        let status = if event.cancellation.is_some() {
            "canceled"
        } else {
            "active"
        };
        Ok(object! {
            "uri": event.uri.as_str(),
            "name": &event_type.name,
            "meeting_notes_plain": Json::Null,
            "meeting_notes_html": Json::Null,
            "status": status,
            "start_time": micros(event.start),
            "end_time": micros(event.end),
            "event_type": &event_type.uri,
            "location": location(event_type, event, now),
            "invitees_counter": object! {
                "total": total,
                "active": active,
                "limit": event_type.limit(),
            },
            "created_at": micros(event.created_at),
            "updated_at": micros(event.updated_at),
            "event_memberships": Json::list(hosts),
            "event_guests": Json::list(guests),
            "cancellation": known(event.cancellation.as_ref().map(cancellation_resource)),
        })
    }

    /// What can be booked.
    pub(crate) fn event_type_resource(&self, event_type: &EventType, now: Timestamp) -> Json {
        let host = self.users.get(event_type.host);
        let (kind, description) = match event_type.audience {
            Audience::Solo => ("solo", "One-on-One"),
            Audience::Group { .. } => ("group", "Group"),
        };
        let profile = host.map(|host| {
            object! { "type": "User", "name": &host.name, "owner": &host.uri }
        });
        object! {
            "uri": &event_type.uri,
            "name": &event_type.name,
            "slug": &event_type.slug,
            "active": event_type.active,
            "scheduling_url": scheduling_url(host, event_type),
            "duration": event_type.minutes,
            "duration_options": Json::Null,
            "kind": kind,
            "pooling_type": Json::Null,
            "type": "StandardEventType",
            "kind_description": description,
            "booking_method": "instant",
            "color": "#0069ff",
            "created_at": micros(now),
            "updated_at": micros(now),
            "deleted_at": Json::Null,
            "internal_note": Json::Null,
            "description_plain": Json::Null,
            "description_html": Json::Null,
            "profile": profile,
            "secret": false,
            "admin_managed": false,
            "is_paid": event_type.price.is_some(),
            "position": 0,
            "locale": "en",
            "custom_questions": Json::List(Vec::new()),
            "locations": Json::list([match &event_type.place {
                Place::Physical { location, additional_info } => object! {
                    "kind": "physical", "location": location, "additional_info": additional_info,
                },
                Place::Zoom => object! { "kind": "zoom_conference" },
                Place::Custom(text) => object! { "kind": "custom", "location": text },
            }]),
        }
    }

    /// A member of the organization.
    pub(crate) fn user_resource(&self, user: &User) -> Json {
        object! {
            "uri": &user.uri,
            "name": &user.name,
            "slug": &user.slug,
            "email": &user.email,
            "scheduling_url": format!("https://calendly.com/{}", user.slug),
            "timezone": &user.time_zone,
            "avatar_url": Json::Null,
            "created_at": "2025-03-03T09:00:00.000000Z",
            "updated_at": "2025-03-03T09:00:00.000000Z",
            "current_organization": &self.organization,
            "resource_type": "User",
            "locale": "en",
        }
    }

    fn payment(&self, invitee: &Invitee) -> Option<Json> {
        let id = invitee.payment.as_ref()?;
        let event = self.find_event(&invitee.event)?;
        let price = self.event_type(&event.event_type).ok()?.price?;
        Some(object! {
            "external_id": id,
            "provider": "stripe",
            "amount": f64::from(price),
            "currency": "USD",
            "terms": "Refundable until 24 hours before the class.",
            "successful": true,
        })
    }
}

/// How a booking ended.
pub(crate) fn cancellation_resource(cancellation: &Cancellation) -> Json {
    object! {
        "canceled_by": &cancellation.canceled_by,
        "reason": cancellation.reason.as_ref(),
        "canceler_type": match cancellation.canceler {
            Canceler::Host => "host",
            Canceler::Invitee => "invitee",
        },
        "created_at": micros(cancellation.created_at),
    }
}

fn scheduling_url(host: Option<&User>, event_type: &EventType) -> String {
    let page = host.map_or("", |host| &host.slug);
    format!("https://calendly.com/{page}/{}", event_type.slug)
}

fn location(event_type: &EventType, event: &ScheduledEvent, now: Timestamp) -> Json {
    match &event_type.place {
        Place::Physical {
            location,
            additional_info,
        } => object! {
            "type": "physical",
            "location": location,
            "additional_info": additional_info,
        },
        Place::Custom(text) => object! { "type": "custom", "location": text },
        // Live value: `zoom`, although the documentation says `zoom_conference`.
        Place::Zoom if now.duration_since(event.created_at) < ZOOM_DELAY => object! {
            "type": "zoom",
            "status": "processing",
            "join_url": Json::Null,
            "data": Json::Null,
        },
        Place::Zoom => object! {
            "type": "zoom",
            "status": "pushed",
            "join_url": "https://zoom.example/j/95550100200",
            "data": object! { "id": 95_550_100_200_i64, "password": "not-a-real-one" },
        },
    }
}
