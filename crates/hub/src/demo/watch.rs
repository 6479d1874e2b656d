//! Watching what becomes of webhook events, and telling it.

use calbridge_core::{ids::LeadId, scope::Scope};
use calbridge_store::{
    StoreError, attendees,
    bookings::{self, Booking},
    leads,
    sql::Tx,
};
use tokio::sync::broadcast::{
    self,
    error::{RecvError, TryRecvError},
};

use super::{
    line::{About, Style, line, odd_line},
    odd::Answered,
};
use crate::{app::App, inbox::News};

/// Whoever watches.
pub(super) struct Watch<'a> {
    app: &'a App,
    news: broadcast::Receiver<News>,
    style: Style,
}

/// What was heard.
pub(super) enum Heard {
    News(News),
    /// More came than could be told.
    Missed(u64),
}

impl<'a> Watch<'a> {
    /// From now on.
    pub(super) fn new(app: &'a App, style: Style) -> Self {
        Self {
            app,
            news: app.news.subscribe(),
            style,
        }
    }

    /// The next that comes. What is not waited for any longer is not lost.
    pub(super) async fn next(&mut self) -> Heard {
        match self.news.recv().await {
            Ok(news) => Heard::News(news),
            Err(RecvError::Lagged(missed)) => Heard::Missed(missed),
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }

    /// Tell everything that has come.
    pub(super) async fn catch_up(
        &mut self,
        tell: &mut impl FnMut(String) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        loop {
            let heard = match self.news.try_recv() {
                Ok(news) => Heard::News(news),
                Err(TryRecvError::Lagged(missed)) => Heard::Missed(missed),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return Ok(()),
            };
            tell(self.line(&heard).await)?;
        }
    }

    /// What somebody sent who should not have, and how it was answered.
    pub(super) fn odd(&self, answered: &Answered) -> String {
        odd_line(
            self.app.clock.now(),
            answered.what,
            answered.status,
            self.style,
        )
    }

    /// How to tell it.
    pub(super) async fn line(&self, heard: &Heard) -> String {
        let news = match heard {
            Heard::News(news) => news,
            Heard::Missed(missed) => return format!("          ... and {missed} more"),
        };
        let about = match self.about(news).await {
            Ok(about) => about,
            Err(error) => {
                tracing::debug!(%error, "A booking could not be looked up");
                None
            }
        };
        line(self.app.clock.now(), news, about.as_ref(), self.style)
    }

    /// The booking that an event is about, and whose it is.
    async fn about(&self, news: &News) -> Result<Option<About>, StoreError> {
        let Some(id) = news.receipt.bookings.first() else {
            return Ok(None);
        };
        let scope = Scope::system(news.tenant_id);
        let mut tx = self.app.store.read().await?;
        let Some(booking) = bookings::find(&mut tx, &scope, *id).await? else {
            return Ok(None);
        };
        let lead = match self.concerned(&mut tx, &scope, &booking).await? {
            Some(lead) => leads::find(&mut tx, &scope, lead).await?,
            None => None,
        };
        tx.rollback().await?;
        Ok(Some(About {
            booking: booking.id,
            title: booking.title,
            starts: booking.scheduled_at,
            status: booking.status,
            lead: lead.map(|lead| (lead.id, lead.name, lead.status)),
        }))
    }
    /// Whom it is about: in a group, the one for whom something changed last.
    async fn concerned(
        &self,
        tx: &mut Tx,
        scope: &Scope,
        booking: &Booking,
    ) -> Result<Option<LeadId>, StoreError> {
        if !booking.is_group {
            return Ok(booking.lead_id);
        }
        let attendees = attendees::list(tx, scope, &[booking.id]).await?;
        let last = attendees
            .iter()
            .filter(|attendee| attendee.lead_id.is_some())
            .max_by_key(|attendee| (attendee.changed_at, attendee.id));
        Ok(last.and_then(|attendee| attendee.lead_id))
    }
}
