//! Rows that other rows need.

use calbridge_core::{provider::Provider, scope::Scope};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    Store, StoreError,
    connections::{self, ApiAccess, Connection, NewConnection, SignaturePolicy},
    tenants,
};

/// A new tenant with a connection.
pub(crate) async fn connection_of_a_tenant(
    store: &Store,
    provider: Provider,
    now: Timestamp,
) -> Result<(Scope, Connection), StoreError> {
    let mut tx = store.write().await?;
    let token = Uuid::new_v4();
    let tenant = tenants::create(&mut tx, &token.to_string(), now).await?;
    let scope = Scope::system(tenant.id);
    let new = NewConnection {
        public_id: Uuid::new_v4(),
        provider,
        name: "first".to_owned(),
        hook_token: token.to_string(),
        signature_policy: SignaturePolicy::Required,
        wanted_events: None,
        creates_leads: true,
        calendly_user_uri: None,
        api: ApiAccess {
            api_url: Some("https://api.example.org/v2".to_owned()),
            requests_per_minute: Some(60),
            ..ApiAccess::default()
        },
    };
    let connection = connections::create(&mut tx, &scope, new, now).await?;
    tx.commit().await?;
    Ok((scope, connection))
}
