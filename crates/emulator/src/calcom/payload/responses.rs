//! `responses` and `userFieldsResponses`: slug to `{label, value, isHidden}`, or plain slug to value.

use super::View;
use crate::calcom::{Attendee, Place, ResponseForm};
use crate::json::{Json, known, object};

impl View<'_> {
    /// As made while booking.
    pub(super) fn live_responses(&self, booker: &Attendee) -> Json {
        let phone = object! {
            "label": "phone_number",
            "value": known(booker.phone.as_ref()),
            "isHidden": true,
        };
        let place = match &self.event_type.place {
            Place::Address(_) | Place::Phone(_) => self.booking.location.as_str(),
            Place::Video => "integrations:daily",
        };
        let location = field("location", object! { "value": place, "optionValue": "" });
        self.responses(
            &booker.name,
            &booker.email,
            location,
            self.notes_given(),
            self.guests(booker),
        )
        .with("attendeePhoneNumber", phone)
    }

    /// As read from the database. A seated booking stores none of its own: its messages reconstruct them
    /// from the first attendee, with everybody else as guests, whoever the message is about.
    pub(super) fn stored_responses(&self) -> Json {
        let mut present = self.booking.present();
        let Some(booker) = present.next() else {
            return self.responses(
                "",
                "",
                field("location", Json::Absent),
                Json::Absent,
                Json::Absent,
            );
        };
        if self.event_type.is_seated() {
            let others = Json::list(present.map(|attendee| &attendee.email));
            let place = &self.booking.location;
            let location = field("location", object! { "value": place, "optionValue": place });
            return self.responses(&booker.name, &booker.email, location, "".into(), others);
        }
        let location = if self.booking.location_changed {
            object! { "value": "inPerson", "optionValue": "" }
        } else {
            Json::Absent
        };
        let guests = match self.guests(booker) {
            Json::List(guests) if guests.is_empty() => Json::Absent,
            guests => guests,
        };
        let location = field("location", location);
        self.responses(
            &booker.name,
            &booker.email,
            location,
            self.notes_given(),
            guests,
        )
    }

    /// Slug to value, without labels.
    pub(super) fn plain_responses(&self) -> Json {
        let Some(booker) = self.booking.present().next() else {
            return object! {};
        };
        let base = object! {
            "name": &booker.name,
            "email": &booker.email,
            "guests": self.guests(booker),
            "notes": self.notes_given(),
        };
        self.event_type.fields.iter().fold(base, |json, custom| {
            json.with(
                &custom.slug,
                known(self.booking.responses.get(&custom.slug)),
            )
        })
    }

    pub(super) fn clock_responses(&self, form: ResponseForm) -> Json {
        match form {
            ResponseForm::Labelled => self.stored_responses(),
            ResponseForm::Plain => self.plain_responses(),
        }
    }

    /// The custom questions alone. Answers to unknown slugs never show.
    pub(super) fn custom_responses(&self) -> Json {
        Json::entries(self.event_type.fields.iter().filter_map(|custom| {
            let answer = self.booking.responses.get(&custom.slug)?;
            Some((&custom.slug, field(&custom.label, answer.into())))
        }))
    }

    fn responses(
        &self,
        name: &str,
        email: &str,
        location: Json,
        notes: Json,
        guests: Json,
    ) -> Json {
        let built_in = object! {
            "attendeePhoneNumber": Json::Absent,
            "name": field("your_name", name.into()),
            "email": field("email_address", email.into()),
            "location": location,
        };
        built_in.and(self.custom_responses()).and(object! {
            "title": object! { "label": "what_is_this_meeting_about", "isHidden": true },
            "notes": field("additional_notes", notes),
            "guests": field("additional_guests", guests),
            "rescheduleReason": field("reason_for_reschedule", Json::Absent),
        })
    }

    fn notes_given(&self) -> Json {
        known(self.booking.notes.as_ref())
    }

    fn guests(&self, booker: &Attendee) -> Json {
        if booker.seat.is_some() {
            return Json::List(Vec::new());
        }
        Json::list(
            self.booking
                .present()
                .filter(|attendee| attendee.id != booker.id)
                .map(|attendee| &attendee.email),
        )
    }
}

fn field(label: &str, value: Json) -> Json {
    object! { "label": label, "value": value, "isHidden": false }
}
