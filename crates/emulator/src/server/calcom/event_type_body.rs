//! An event type as API v2 shows it. After `api_006` and `api_012` of the captures.

use crate::calcom::{BookingWindow, CalCom, CustomField, EventType, FieldForm, Kind, Owner, Place};
use crate::json::{Json, known, object};

/// An event type of one's own, or of another user.
pub(super) fn own_body(calcom: &CalCom, event_type: &EventType) -> Json {
    let user = event_type.user();
    let host = calcom.hosts().iter().find(|host| Some(host.id) == user);
    let users = host.map(|host| {
        object! {
            "id": host.id,
            "name": &host.name,
            "username": &host.username,
            "avatarUrl": Json::Null,
            "brandColor": Json::Null,
            "darkBrandColor": Json::Null,
            "weekStart": "Monday",
            "metadata": object! {},
        }
    });
    let page = host.map_or("", |host| &host.username);
    object! { "id": event_type.id, "ownerId": user }
        .and(settings(event_type))
        .and(object! {
            "users": Json::list(users),
            "bookingUrl": format!("https://cal.com/{page}/{}", event_type.slug),
            // Not in the document for one's own types, but a copy of a managed type says whose copy it is.
            "parentEventTypeId": known(event_type.parent()),
        })
}

/// An event type of a team.
pub(super) fn team_body(calcom: &CalCom, event_type: &EventType) -> Json {
    let scheduling = match event_type.kind {
        Kind::Collective => "collective",
        Kind::Managed => "managed",
        _ => "roundRobin",
    };
    let everybody = matches!(&event_type.owner, Owner::Team { hosts, .. } if hosts.is_empty());
    let hosts = calcom.hosts_of(event_type);
    let hosts = calcom
        .hosts()
        .iter()
        .filter(|host| hosts.contains(&host.id))
        .map(|host| {
            object! {
                "userId": host.id,
                "mandatory": event_type.kind == Kind::Collective,
                "priority": "medium",
                "name": &host.name,
                "username": &host.username,
                "avatarUrl": Json::Null,
            }
        });
    let team = event_type.team().and_then(|id| calcom.find_team(id));
    object! {
        "id": event_type.id,
        "teamId": event_type.team(),
        "ownerId": Json::Null,
        "parentEventTypeId": Json::Null,
    }
    .and(settings(event_type))
    .and(object! {
        "hosts": Json::list(hosts),
        "assignAllTeamMembers": everybody,
        "schedulingType": scheduling,
        "rescheduleWithSameRoundRobinHost": false,
        "team": team.map(|team| object! {
            "id": team.id,
            "slug": &team.slug,
            "bannerUrl": Json::Null,
            "name": &team.name,
            "logoUrl": Json::Null,
            "weekStart": "Sunday",
            "brandColor": Json::Null,
            "darkBrandColor": Json::Null,
            "theme": Json::Null,
        }),
    })
}

fn settings(event_type: &EventType) -> Json {
    let set = &event_type.settings;
    let lengths = || Json::list(set.lengths.iter().copied());
    let has_lengths = !set.lengths.is_empty();
    object! {
        "lengthInMinutes": event_type.minutes,
        "lengthInMinutesOptions": if has_lengths { lengths() } else { Json::Absent },
        "title": &event_type.title,
        "slug": &event_type.slug,
        "description": event_type.description.clone().unwrap_or_default(),
        "locations": locations(&event_type.place),
        "bookingFields": fields(event_type),
        "recurrence": recurrence(event_type),
        "disableGuests": set.disable_guests,
        "slotInterval": set.slot_interval,
        "minimumBookingNotice": set.minimum_notice,
        "beforeEventBuffer": set.buffer_before,
        "afterEventBuffer": set.buffer_after,
        "metadata": if has_lengths { object! { "multipleDuration": lengths() } } else { object! {} },
        "price": event_type.price(),
        "currency": event_type.currency(),
        "lockTimeZoneToggleOnBookingPage": false,
        "forwardParamsSuccessRedirect": true,
        "successRedirectUrl": Json::Null,
        "isInstantEvent": false,
        "scheduleId": set.schedule,
        "onlyShowFirstAvailableSlot": false,
        "offsetStart": set.offset_start,
        "bookingWindow": set.window.as_ref().map_or_else(off, window),
        "bookingLimitsCount": set.most_per_day.map_or(Json::Absent, |most| object! { "day": most }),
        "confirmationPolicy": if event_type.kind == Kind::ConfirmFirst {
            // Requests do not block here, as nobody has asked for it.
            object! { "type": "always", "blockUnconfirmedBookingsInBooker": false }
        } else {
            off()
        },
        "requiresBookerEmailVerification": false,
        "hideCalendarNotes": false,
        "seats": event_type.places().map_or_else(off, |places| object! {
            "disabled": false,
            "seatsPerTimeSlot": places,
            "showAttendeeInfo": set.show_attendees,
            "showAvailabilityCount": true,
        }),
        "useDestinationCalendarEmail": false,
        "hideCalendarEventDetails": false,
        "hideOrganizerEmail": false,
        "calVideoSettings": object! { "sendTranscriptionEmails": true },
        "hidden": set.hidden,
        "bookingRequiresAuthentication": set.requires_authentication,
        "bookerActiveBookingsLimit": off(),
        "disableCancelling": object! { "disabled": set.disable_cancelling },
        "disableRescheduling": object! { "disabled": set.disable_rescheduling },
        "interfaceLanguage": Json::Null,
        "allowReschedulingPastBookings": false,
        "allowReschedulingCancelledBookings": false,
        "showOptimizedSlots": false,
    }
}

/// How every object setting says that it is switched off.
fn off() -> Json {
    object! { "disabled": true }
}

fn window(window: &BookingWindow) -> Json {
    match window {
        BookingWindow::BusinessDays(days) => {
            object! { "type": "businessDays", "value": *days, "rolling": false }
        }
        BookingWindow::CalendarDays(days) => {
            object! { "type": "calendarDays", "value": *days, "rolling": false }
        }
        BookingWindow::Range(from, to) => {
            object! { "type": "range", "value": Json::list([from.to_string(), to.to_string()]) }
        }
    }
}

fn recurrence(event_type: &EventType) -> Json {
    match event_type.kind {
        Kind::Recurring { count } => object! {
            "disabled": false,
            "interval": 1,
            "occurrences": count,
            "frequency": "weekly",
        },
        _ => Json::Null,
    }
}

/// Captured: the video of the server's own shows as no location at all.
fn locations(place: &Place) -> Json {
    Json::list(match place {
        Place::Address(text) => {
            Some(object! { "type": "address", "address": text, "public": true })
        }
        Place::Phone(number) => Some(object! { "type": "phone", "phone": number, "public": true }),
        Place::Video => None,
    })
}

/// Captured: `location` comes out as `radioInput`, and most built-in fields without a label.
fn fields(event_type: &EventType) -> Json {
    let built_in = |form: &str, slug: &str| {
        object! {
            "isDefault": true,
            "type": form,
            "slug": slug,
            "required": false,
            "disableOnPrefill": false,
            "hidden": false,
        }
    };
    let mut fields = vec![
        object! {
            "isDefault": true,
            "type": "name",
            "slug": "name",
            "required": true,
            "label": "your_name",
            "disableOnPrefill": false,
        },
        built_in("email", "email").with("required", true),
        object! {
            "isDefault": true,
            "type": "radioInput",
            "slug": "location",
            "required": false,
            "hidden": false,
        },
    ];
    fields.extend(event_type.fields.iter().map(custom));
    fields.extend([
        built_in("textarea", "notes"),
        built_in("multiemail", "guests"),
        built_in("textarea", "rescheduleReason"),
    ]);
    Json::List(fields)
}

fn custom(field: &CustomField) -> Json {
    let (form, options) = match &field.form {
        FieldForm::Text => ("text", None),
        FieldForm::Textarea => ("textarea", None),
        FieldForm::Number => ("number", None),
        FieldForm::Boolean => ("boolean", None),
        FieldForm::Phone => ("phone", None),
        FieldForm::Url => ("url", None),
        FieldForm::Select(options) => ("select", Some(options)),
        FieldForm::Multiselect(options) => ("multiselect", Some(options)),
        FieldForm::Radio(options) => ("radio", Some(options)),
        FieldForm::Checkbox(options) => ("checkbox", Some(options)),
    };
    object! {
        "isDefault": false,
        "type": form,
        "slug": &field.slug,
        "label": &field.label,
        "required": field.required,
        "placeholder": "",
        "options": known(options.map(Json::list)),
        "disableOnPrefill": false,
        "hidden": false,
    }
}
