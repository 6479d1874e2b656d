//! A hub, a provider and those who ask both, while a story goes on.

use std::sync::{Arc, Mutex};

use axum::{Router, extract::Request};
use calbridge_emulator::{
    ApiFault, ApiPlan, DeliveryPlan,
    calcom::{By, CancelledBy, NewBooking},
};
use calbridge_store::Store;
use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tower::ServiceExt;

use super::{
    call::{Call, Told, What},
    steps::{Asked, Deed, EVENT_TYPES, Name, PEOPLE, Step, Trouble, Wish},
    truth::Upstream,
};
use crate::{
    booking::{BOOKINGS, Desk},
    hub::at,
    provider::{send, sync},
};

/// To this time, and half an hour later each time, bookings move at the provider.
const ELSEWHERE: &str = "2026-01-14T09:00:00Z";

/// Everything there is in a story.
pub struct World {
    pub desk: Desk,
    /// What the provider's webhooks reach: the process that lives.
    alive: Arc<Mutex<Router>>,
    leads: Vec<i64>,
    event_types: Vec<i64>,
    pub calls: Vec<Call>,
    /// Uids of bookings that somebody was told of.
    known: Vec<String>,
    moved_elsewhere: i64,
}

impl World {
    pub async fn open(store: Store, travel: DeliveryPlan) -> Self {
        let mut desk = Desk::open(store).await;
        sync(&desk.with).await;
        // Time stands still between the steps.
        let plenty =
            "UPDATE connections SET requests_per_minute = 100000, requests_at_once = 100000";
        desk.with.hub.execute(plenty, vec![]).await;
        desk.with.hub.restart().await;
        let mut event_types = Vec::new();
        for slug in EVENT_TYPES {
            let sql = "SELECT id FROM event_types WHERE slug = $1";
            let (id,): (i64,) = desk.with.hub.one(sql, vec![slug.into()]).await;
            event_types.push(id);
        }
        let mut leads = vec![desk.lead];
        for email in &PEOPLE[1..] {
            leads.push(desk.new_lead(email).await);
        }
        let alive = Arc::new(Mutex::new(desk.with.hub.router()));
        desk.subscribe_with(leading_to(Arc::clone(&alive))).await;
        desk.with.provider.set_faults(travel);
        Self {
            desk,
            alive,
            leads,
            event_types,
            calls: Vec::new(),
            known: Vec::new(),
            moved_elsewhere: 0,
        }
    }

    /// Let a step happen.
    pub async fn live(&mut self, step: &Step) {
        // No provider does two things to a booking at the very same time.
        self.pass(SignedDuration::from_secs(1));
        match step {
            Step::Book(wish, trouble) => {
                let call = self.book(wish);
                self.ask(call, trouble).await;
            }
            Step::Again(trouble) => {
                if let Some(last) = self.calls.iter().rposition(|call| call.name.is_some()) {
                    let told = self.send(&[last], trouble).await;
                    self.hear(last, told);
                }
            }
            Step::Move(which, to, trouble) => {
                if let Some(uid) = self.pick(*which) {
                    let to = to.time();
                    self.ask(Call::new(What::Move { uid, to }), trouble).await;
                }
            }
            Step::Cancel(which, trouble) => {
                if let Some(uid) = self.pick(*which) {
                    self.ask(Call::new(What::Cancel { uid }), trouble).await;
                }
            }
            Step::Rush(wish, callers, trouble) => {
                let wish = Wish {
                    name: Name::None,
                    ..*wish
                };
                let mut numbers = Vec::new();
                for _ in 0..*callers {
                    let call = self.book(&wish);
                    numbers.push(self.calls.len());
                    self.calls.push(call);
                }
                let told = self.send(&numbers, trouble).await;
                for (number, told) in numbers.into_iter().zip(told) {
                    self.hear(number, vec![told]);
                }
            }
            Step::There(deed) => self.there(*deed),
            Step::Later(minutes, trouble) => {
                self.desk.with.provider.settle().await;
                self.pass(SignedDuration::from_mins(*minutes));
                let working = async |desk: &Desk| desk.with.hub.run_jobs().await;
                self.unless_it_ends(trouble, working).await;
            }
            Step::Sweep(trouble) => {
                self.desk.with.provider.settle().await;
                let sweeping = async |desk: &Desk| {
                    let hub = &desk.with.hub;
                    send(hub, "POST", &format!("{BOOKINGS}/sync"), json!({})).await;
                    hub.run_jobs().await;
                };
                self.unless_it_ends(trouble, sweeping).await;
            }
            Step::Restart => self.restart().await,
        }
    }

    /// Nothing goes wrong any more; time passes, what is due is done, and both sides are compared.
    pub async fn settle(&mut self) {
        self.desk.with.provider.set_faults(DeliveryPlan::default());
        self.restart().await;
        for minutes in [1, 1, 1, 1, 2, 5, 5, 10, 30, 60, 120] {
            self.pass(SignedDuration::from_mins(minutes));
            self.desk.with.hub.run_jobs().await;
        }
        self.desk.with.provider.settle().await;
        self.desk.with.hub.run_jobs().await;
        let run = self.sweep().await;
        assert_eq!(run["state"], "done", "{run}");
    }

    /// What the provider has.
    pub fn upstream(&self) -> Upstream {
        Upstream(self.desk.theirs())
    }

    async fn sweep(&self) -> serde_json::Value {
        let hub = &self.desk.with.hub;
        let accepted = send(hub, "POST", &format!("{BOOKINGS}/sync"), json!({})).await;
        assert_eq!(accepted.status, 202);
        hub.run_jobs().await;
        let location = crate::booking::location(&accepted);
        hub.get(&location).await.json()
    }

    fn book(&self, wish: &Wish) -> Call {
        let mark = format!("call {}", self.calls.len());
        let mut body = json!({
            "lead_id": self.leads[wish.who],
            "event_type": self.event_types[wish.event_type],
            "metadata": {"mark": mark},
        });
        if let Some(start) = wish.start {
            body["start_time"] = json!(start.time());
        }
        let name = (wish.name == Name::Given).then(|| format!("wish-{}", self.calls.len()));
        Call {
            name,
            ..Call::new(What::Book { mark, body })
        }
    }

    fn pick(&self, which: usize) -> Option<String> {
        let known = self.known.len();
        (known > 0).then(|| self.known[which % known].clone())
    }

    async fn ask(&mut self, call: Call, trouble: &Trouble) {
        let number = self.calls.len();
        let before = self.upstream();
        self.calls.push(call);
        let told = self.send(&[number], trouble).await;
        self.upstream()
            .bears_out(&self.calls[number].what, &told[0], &before);
        self.hear(number, told);
    }

    /// Send calls at the same time; what is told to each of them.
    async fn send(&mut self, numbers: &[usize], trouble: &Trouble) -> Vec<Told> {
        let calls: Vec<Call> = numbers
            .iter()
            .map(|number| self.calls[*number].clone())
            .collect();
        let sending = async |desk: &Desk| join_all(calls.iter().map(|call| call.send(desk))).await;
        let told = self.unless_it_ends(trouble, sending).await;
        told.unwrap_or_else(|| vec![Told::Nothing; calls.len()])
    }

    fn hear(&mut self, number: usize, told: Vec<Told>) {
        for told in &told {
            if let (What::Book { .. }, Told::Done(body)) = (&self.calls[number].what, told) {
                let uid = body["booking_uid"].as_str().unwrap().to_owned();
                if !self.known.contains(&uid) {
                    self.known.push(uid);
                }
            }
        }
        self.calls[number].told.extend(told);
    }

    fn there(&mut self, deed: Deed) {
        let provider = &self.desk.with.provider;
        let uids: Vec<_> = self
            .desk
            .standing()
            .into_iter()
            .map(|one| one.uid)
            .collect();
        let pick = |which: usize| uids.get(which % uids.len().max(1)).cloned();
        match deed {
            Deed::Book(start) => {
                let new = NewBooking::new("intro", start.time(), "Zoe", "zoe@example.org");
                // Somebody may have the time.
                let _ = provider.at_calcom(|calcom, now| calcom.book(new, now));
            }
            Deed::Move(which) => {
                let Some(uid) = pick(which) else { return };
                let later = SignedDuration::from_mins(30 * self.moved_elsewhere);
                let start = at(ELSEWHERE) + later;
                self.moved_elsewhere += 1;
                let _ = provider
                    .at_calcom(|calcom, now| calcom.reschedule(&uid, start, By::Booker, now));
            }
            Deed::Cancel(which) => {
                let Some(uid) = pick(which) else { return };
                let _ = provider.at_calcom(|calcom, now| {
                    let sent = calcom.cancel(&uid, CancelledBy::Booker, Some("ill"), now)?;
                    Ok::<_, calbridge_emulator::calcom::CalComError>(((), sent))
                });
            }
        }
    }

    fn pass(&self, time: SignedDuration) {
        let clock = &self.desk.with.hub.app.clock;
        let now: Timestamp = clock.now();
        clock.set(now + time);
    }

    /// Let something happen while things go wrong; `None` when this process ended meanwhile. Whoever comes after is
    /// another one.
    async fn unless_it_ends<T>(
        &mut self,
        trouble: &Trouble,
        work: impl AsyncFnOnce(&Desk) -> T,
    ) -> Option<T> {
        let provider = &self.desk.with.provider;
        provider.set_api_faults(plan(trouble));
        let app = self.desk.with.hub.app.clone();
        if let Some((point, passes)) = trouble.crash {
            app.crash_points.plan(point, passes);
        }
        let done = tokio::select! {
            done = work(&self.desk) => Some(done),
            () = app.crash_points.ended() => None,
        };
        provider.set_api_faults(ApiPlan::default());
        if trouble.crash.is_some() {
            self.restart().await;
        }
        done
    }

    async fn restart(&mut self) {
        self.desk.with.hub.restart().await;
        *self.alive.lock().unwrap() = self.desk.with.hub.router();
    }
}

fn plan(trouble: &Trouble) -> ApiPlan {
    ApiPlan::of(trouble.provider.iter().map(|(asked, failure)| match asked {
        Asked::ToChange => ApiFault::once("POST /bookings/**", *failure),
        Asked::ToLook => ApiFault::new("GET /bookings/**", *failure),
    }))
}

/// Leads every request to whoever lives at that moment.
fn leading_to(alive: Arc<Mutex<Router>>) -> Router {
    Router::new().fallback(move |request: Request| {
        let router = alive.lock().unwrap().clone();
        async move { router.oneshot(request).await }
    })
}
