//! Connections on both engines.

use calbridge_core::provider::Provider;

use super::*;
use crate::{Store, each_engine, sql::BoxError, testing::connection_of_a_tenant};

fn second(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_secs(1_800_000_000 + seconds)
}

each_engine! {
    async fn how_the_api_is_reached_is_kept(store: Store) -> Result<(), BoxError> {
        let (scope, made) = connection_of_a_tenant(&store, Provider::CalCom, second(0)).await?;
        assert_eq!(made.api_url.as_deref(), Some("https://api.example.org/v2"));
        assert_eq!((made.requests_per_minute, made.requests_at_once), (Some(60), None));
        let changed = Connection {
            api_url: None,
            api_profile: Some("classic".to_owned()),
            default_event_type_id: Some("7".to_owned()),
            organization_id: Some(1),
            team_id: Some(2),
            team_slug: Some("sales".to_owned()),
            requests_per_minute: None,
            requests_at_once: Some(20),
            account_id: Some("3".to_owned()),
            account_name: Some("Ann".to_owned()),
            account_time_zone: Some("Europe/Berlin".to_owned()),
            updated_at: second(1),
            ..made
        };
        let mut tx = store.write().await?;
        assert_eq!(update(&mut tx, &scope, &changed, second(1)).await?, Some(changed.clone()));
        assert_eq!(find(&mut tx, &scope, changed.id).await?, Some(changed));
        Ok(())
    }
}
