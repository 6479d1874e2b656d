//! What is there before the first booking: a tenant, its connections, a teacher, and the lead of the documents.

use std::time::Duration;

use calbridge_core::{
    ids::{LeadId, TenantId},
    provider::Provider,
    scope::Scope,
};
use calbridge_emulator::Emulator;
use calbridge_store::{
    connections::{ApiAccess, Connection, SignaturePolicy},
    leads::{self, Lead},
    sync_runs::SyncCause,
    tenants, users,
};
use jiff::Timestamp;
use secrecy::SecretString;
use uuid::Uuid;

use crate::{
    app::App,
    clock::Clock,
    config::Config,
    connections::{self, NewConnectionRequest},
    event_types::sync,
    secret,
    startup::{self, Migrate},
};

/// The lead that the documents' examples name.
pub const LEAD: i64 = 123;

/// What is booked by those who do not say what: the emulator's `intro`.
const DEFAULT_EVENT_TYPE: &str = "1";

/// The name of both connections.
const NAME: &str = "emulated";

/// The emulator is in this process; it answers at once.
const PATIENCE: Duration = Duration::from_secs(10);

/// The documents' manual webhook.
pub(super) const DOCUMENTED_WEBHOOK: &str = r#"{"triggerEvent":"BOOKING_CREATED","payload":{"id":456,"uid":"test123","startTime":"2024-01-20T15:00:00Z","endTime":"2024-01-20T15:30:00Z","meetingUrl":"https://cal.com/meet/test123","metadata":{"lead_id":123}}}"#;

/// The documents' lead.
pub(super) const DOCUMENTED_LEAD: &str = r#"{"name":"Тест Букинг","email":"test@example.com","phone":"+79991234567","channel":"web","consent":{"gdpr":true,"marketing":true}}"#;

/// Who is there, and how the providers reach them.
pub(super) struct Scene {
    pub scope: Scope,
    pub calcom: Connection,
    pub calcom_secret: SecretString,
    pub calendly: Connection,
    pub calendly_secret: SecretString,
}

/// A new database with one tenant.
pub(super) async fn open(config: Config, clock: Clock) -> anyhow::Result<App> {
    let store = startup::open(&config).await?;
    startup::migrate(&store, Migrate::OwnDatabaseOnly).await?;
    let mut tx = store.write().await?;
    tenants::create(&mut tx, "Demo", clock.now()).await?;
    tx.commit().await?;
    Ok(App::start(store, clock, config).await?)
}

impl Scene {
    pub(super) async fn set(app: &App, emulator: &Emulator) -> anyhow::Result<Self> {
        let now = app.clock.now();
        let scope = Scope::cli(TenantId(1));
        let mut tx = app.store.write().await?;
        users::create(
            &mut tx,
            &scope,
            Uuid::now_v7(),
            "Demo Teacher",
            Some("teacher@school.example"),
            now,
        )
        .await?;
        leads::insert(&mut tx, &[documented_lead(&scope, now)]).await?;
        tx.commit().await?;

        // At the shared URLs, deliveries pass that nobody signed, as the documents' do.
        let documents = NewConnectionRequest {
            signature_policy: SignaturePolicy::Off,
            ..NewConnectionRequest::new(Provider::CalCom, "documents")
        };
        connections::add(app, &scope, documents).await?;
        let asked = NewConnectionRequest {
            api_key: Some(emulator.calcom_api_key().to_owned().into()),
            api: ApiAccess {
                api_url: Some(emulator.calcom_base_url()),
                default_event_type_id: Some(DEFAULT_EVENT_TYPE.to_owned()),
                ..ApiAccess::default()
            },
            ..NewConnectionRequest::new(Provider::CalCom, NAME)
        };
        let (calcom, calcom_secret) = connect(app, &scope, asked).await?;
        let told = NewConnectionRequest::new(Provider::Calendly, NAME);
        let (calendly, calendly_secret) = connect(app, &scope, told).await?;
        let nobody = |_| ();
        sync::now(
            app,
            &scope,
            Some(calcom.id),
            SyncCause::Cli,
            PATIENCE,
            &nobody,
        )
        .await?;
        Ok(Self {
            scope,
            calcom,
            calcom_secret,
            calendly,
            calendly_secret,
        })
    }
}

async fn connect(
    app: &App,
    scope: &Scope,
    request: NewConnectionRequest,
) -> anyhow::Result<(Connection, SecretString)> {
    let secret = SecretString::from(secret::token());
    let request = NewConnectionRequest {
        webhook_secret: Some(secret.clone()),
        ..request
    };
    Ok((connections::add(app, scope, request).await?, secret))
}

fn documented_lead(scope: &Scope, now: Timestamp) -> Lead {
    let email = Some("ivan@example.com".to_owned());
    Lead {
        name: "Иван Петров".to_owned(),
        first_name: "Иван".to_owned(),
        last_name: "Петров".to_owned(),
        email: email.clone(),
        email_key: email,
        channel: Some("web".to_owned()),
        ..Lead::new(scope.tenant_id(), LeadId(LEAD), now)
    }
}
