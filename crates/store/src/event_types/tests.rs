//! Event types, their hosts and branches on both engines.

use calbridge_core::{
    event_type::{CustomField, Edited, Field},
    host::Why,
    ids::{EventTypeId, FIRST_EVENT_TYPE_ID, UserId},
    provider::Provider,
    scope::Scope,
};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::*;
use crate::{
    Store,
    branches::{self, Branch, BranchEventType},
    connections::{self, Connection, NewConnection, SignaturePolicy},
    each_engine,
    event_type_hosts::{self, EventTypeHost},
    host_matches::{self, HostMatch, MatchFilter, MatchState},
    ids, tenants, users,
};

type Ending = Result<(), StoreError>;

fn now() -> Timestamp {
    Timestamp::from_second(1_770_000_000).unwrap()
}

fn nothing() -> Affected {
    Affected::nothing("nobody has asked")
}

async fn place(tx: &mut Tx) -> Result<(Scope, Connection), StoreError> {
    let scope = Scope::system(tenants::create(tx, "T", now()).await?.id);
    let new = NewConnection {
        public_id: Uuid::now_v7(),
        provider: Provider::CalCom,
        name: "main".to_owned(),
        hook_token: Uuid::now_v7().to_string(),
        signature_policy: SignaturePolicy::Required,
        wanted_events: None,
        creates_leads: true,
        calendly_user_uri: None,
        api: connections::ApiAccess::default(),
    };
    let connection = connections::create(tx, &scope, new, now()).await?;
    Ok((scope, connection))
}

async fn event_type(
    tx: &mut Tx,
    connection: &Connection,
    external_id: &str,
) -> Result<EventType, StoreError> {
    let id = ids::reserve(tx, "event_types", 1).await?[0];
    let event_type = EventType {
        id: EventTypeId(id),
        public_id: Uuid::now_v7(),
        tenant_id: connection.tenant_id,
        connection_id: connection.id,
        external_id: external_id.to_owned(),
        created_at: now(),
        active: true,
        slug: Some("discovery".to_owned()),
        owner_slug: Some("zhengrowth".to_owned()),
        title: "Discovery".to_owned(),
        description: None,
        length: None,
        lengths: Json(vec![15, 30]),
        price: Some(0),
        currency: Some("EUR".to_owned()),
        is_offered: true,
        is_hidden: false,
        scheduling_type: None,
        team_id: None,
        team_slug: None,
        parent_external_id: None,
        seats: Some(70_000),
        needs_confirmation: false,
        minimum_notice: Some(86_400),
        before_buffer: None,
        after_buffer: Some(5),
        slot_interval: None,
        booking_window: Some(json!({ "type": "calendarDays", "value": 30 })),
        custom_fields: Json(vec![CustomField {
            slug: "company".to_owned(),
            label: Some("Company".to_owned()),
            kind: "text".to_owned(),
            required: true,
            options: vec![],
        }]),
        locations: None,
        time_zone: Some("Europe/Berlin".to_owned()),
        schedule_id: Some(3),
        booking_url: None,
        metadata: json!({ "id": 7, "price": 0 }),
        edited: Json(Edited::from([(Field::Title, json!("Intro"))])),
        deactivated_at: None,
        deactivated_because: None,
        last_synced_at: Some(now()),
        revision: 1,
        updated_at: now(),
    };
    let row = std::slice::from_ref(&event_type);
    insert(tx, row, nothing(), now()).await?;
    Ok(event_type)
}

each_engine! {
    async fn an_event_type_is_found_by_every_id_it_has_and_only_by_its_tenant(store: Store) -> Ending {
        let mut tx = store.write().await?;
        let (ours, connection) = place(&mut tx).await?;
        let (theirs, _) = place(&mut tx).await?;
        let one = event_type(&mut tx, &connection, "2026361").await?;
        assert!(one.id.0 >= FIRST_EVENT_TYPE_ID);
        for any_id in [
            one.id.to_string(),
            one.public_id.to_string(),
            "2026361".to_owned(),
            "discovery".to_owned(),
            "zhengrowth/discovery".to_owned(),
        ] {
            let found = find_by_any_id(&mut tx, &ours, &any_id).await?;
            assert_eq!(found.as_slice(), std::slice::from_ref(&one), "{any_id}");
            assert_eq!(find_by_any_id(&mut tx, &theirs, &any_id).await?, [], "{any_id}");
        }
        assert_eq!(find_by_any_id(&mut tx, &ours, "other/discovery").await?, []);
        assert_eq!(find_many(&mut tx, &theirs, &[one.id]).await?, []);
        assert_eq!(find_for_update(&mut tx, &theirs, one.id).await?, None);
        assert_eq!(list_of_connection_for_update(&mut tx, &theirs, connection.id).await?, []);
        tx.commit().await
    }

    async fn everything_about_an_event_type_can_change(store: Store) -> Ending {
        let mut tx = store.write().await?;
        let (scope, connection) = place(&mut tx).await?;
        let mut one = event_type(&mut tx, &connection, "7").await?;
        one.title = "Another".to_owned();
        one.length = Some(45);
        one.price = None;
        one.active = false;
        one.deactivated_at = Some(now());
        one.deactivated_because = Some(Inactive::Removed);
        one.edited = Json(Edited::new());
        one.booking_window = None;
        one.revision += 1;
        update(&mut tx, &[one.clone()], nothing(), now()).await?;
        assert_eq!(find_many(&mut tx, &scope, &[one.id]).await?, [one.clone()]);
        let later = Timestamp::from_second(1_770_000_060).unwrap();
        note_synced(&mut tx, &scope, &[one.id], later).await?;
        let synced = find_for_update(&mut tx, &scope, one.id).await?;
        assert_eq!(synced.and_then(|one| one.last_synced_at), Some(later));
        tx.commit().await
    }

    async fn a_list_is_narrowed_by_what_is_asked(store: Store) -> Ending {
        let mut tx = store.write().await?;
        let (scope, connection) = place(&mut tx).await?;
        let first = event_type(&mut tx, &connection, "1").await?;
        let mut second = event_type(&mut tx, &connection, "2").await?;
        second.active = false;
        second.is_hidden = true;
        update(&mut tx, &[second.clone()], nothing(), now()).await?;
        let branch = branch(&mut tx, &scope, "Center").await?;
        branches::map(&mut tx, &mapping(&branch, &second)).await?;
        let page = PageRequest::first(10);
        let mut ids = async |filter: EventTypeFilter| -> Result<Vec<EventTypeId>, StoreError> {
            let found = list(&mut tx, &scope, &filter, page).await?;
            Ok(found.data.into_iter().map(|one| one.id).collect())
        };
        let filter = EventTypeFilter::default;
        assert_eq!(ids(filter()).await?, [second.id, first.id]);
        assert_eq!(ids(EventTypeFilter { active: Some(true), ..filter() }).await?, [first.id]);
        assert_eq!(ids(EventTypeFilter { hidden: Some(true), ..filter() }).await?, [second.id]);
        assert_eq!(ids(EventTypeFilter { branch_id: Some(branch.id), ..filter() }).await?, [second.id]);
        assert_eq!(ids(EventTypeFilter { provider: Some(Provider::Calendly), ..filter() }).await?, []);
        assert_eq!(count_active(&mut tx, &scope).await?, 1);
        tx.commit().await
    }

    async fn sql_tools_see_the_documented_columns(store: Store) -> Ending {
        let mut tx = store.write().await?;
        let (_, connection) = place(&mut tx).await?;
        let one = event_type(&mut tx, &connection, "7").await?;
        let rows: Vec<(Uuid, String, String, Option<i64>, bool)> = tx
            .query("SELECT id, cal_event_type_id, slug, price, active FROM cal_event_types WHERE length IS NULL")
            .all()
            .await?;
        assert_eq!(rows, [(one.public_id, "7".to_owned(), "discovery".to_owned(), Some(0), true)]);
        let synced: (Option<Timestamp>, String) = tx
            .query("SELECT last_synced_at, currency FROM cal_event_types")
            .one()
            .await?;
        assert_eq!(synced, (Some(now()), "EUR".to_owned()));
        tx.commit().await
    }

    async fn hosts_are_ours_once_that_is_confirmed(store: Store) -> Ending {
        let mut tx = store.write().await?;
        let (scope, connection) = place(&mut tx).await?;
        let one = event_type(&mut tx, &connection, "7").await?;
        let kim = users::create(&mut tx, &scope, Uuid::now_v7(), "Kim", None, now()).await?;
        let host = EventTypeHost {
            tenant_id: scope.tenant_id(),
            event_type_id: one.id,
            provider_user_id: "17".to_owned(),
            name: None,
            username: None,
            mandatory: true,
            priority: None,
            user_id: None,
        };
        event_type_hosts::replace(&mut tx, &scope, &[one.id], &[host]).await?;
        let mut found = host_match(&connection, "17", Some(kim.id));
        for (state, user) in [
            (MatchState::Suggested, None),
            (MatchState::Confirmed, Some(kim.id)),
            (MatchState::Rejected, None),
        ] {
            found.state = state;
            host_matches::put(&mut tx, &[found.clone()]).await?;
            event_type_hosts::link(&mut tx, &scope, connection.id).await?;
            let hosts = event_type_hosts::list(&mut tx, &scope, &[one.id]).await?;
            assert_eq!(hosts[0].user_id, user, "{state:?}");
        }
        let all = host_matches::list_of_connection_for_update(&mut tx, &scope, connection.id).await?;
        assert_eq!(all.len(), 1);
        let filter = MatchFilter { state: Some(MatchState::Suggested), ..MatchFilter::default() };
        assert_eq!(host_matches::list(&mut tx, &scope, &filter, PageRequest::first(5)).await?.data, []);
        let (theirs, _) = place(&mut tx).await?;
        assert_eq!(host_matches::find_for_update(&mut tx, &theirs, all[0].id).await?, None);
        event_type_hosts::replace(&mut tx, &scope, &[one.id], &[]).await?;
        assert_eq!(event_type_hosts::list(&mut tx, &scope, &[one.id]).await?, []);
        tx.commit().await
    }

    async fn a_branch_offers_an_event_type_once_and_in_its_own_way(store: Store) -> Ending {
        let mut tx = store.write().await?;
        let (scope, connection) = place(&mut tx).await?;
        let (theirs, _) = place(&mut tx).await?;
        let one = event_type(&mut tx, &connection, "7").await?;
        let mut branch = branch(&mut tx, &scope, "Center").await?;
        let mut offers = branches::map(&mut tx, &mapping(&branch, &one)).await?;
        offers.price = Some(4_500);
        offers.is_active = false;
        branches::update_mapping(&mut tx, &scope, &offers).await?;
        assert_eq!(branches::find_mapping(&mut tx, &scope, branch.id, one.id).await?, Some(offers.clone()));
        assert_eq!(branches::list_mappings(&mut tx, &scope, branch.id).await?, [offers]);
        assert_eq!(branches::list_mappings(&mut tx, &theirs, branch.id).await?, []);
        branch.name = "North".to_owned();
        branches::update(&mut tx, &scope, &branch).await?;
        assert_eq!(branches::list(&mut tx, &scope).await?, [branch.clone()]);
        for any_id in [branch.id.to_string(), branch.public_id.to_string()] {
            assert_eq!(branches::find(&mut tx, &scope, &any_id).await?, Some(branch.clone()));
            assert_eq!(branches::find_for_update(&mut tx, &theirs, &any_id).await?, None);
        }
        assert!(!branches::unmap(&mut tx, &theirs, branch.id, one.id).await?);
        assert!(branches::unmap(&mut tx, &scope, branch.id, one.id).await?);
        branches::delete(&mut tx, &theirs, branch.id).await?;
        assert_eq!(branches::list(&mut tx, &scope).await?.len(), 1);
        branches::delete(&mut tx, &scope, branch.id).await?;
        assert_eq!(branches::list(&mut tx, &scope).await?, []);
        tx.commit().await
    }

    async fn two_people_cannot_be_the_same_host(store: Store) -> Ending {
        let mut tx = store.write().await?;
        let (scope, _) = place(&mut tx).await?;
        let mut kim = users::create(&mut tx, &scope, Uuid::now_v7(), "Kim", None, now()).await?;
        let mut bo = users::create(&mut tx, &scope, Uuid::now_v7(), "Bo", None, now()).await?;
        kim.calcom_user_id = Some(98_765);
        kim.calcom_username = Some("dr.kim".to_owned());
        kim.time_zone = Some("Europe/Berlin".to_owned());
        users::update(&mut tx, &scope, &kim).await?;
        assert_eq!(users::find(&mut tx, &scope, &kim.public_id.to_string()).await?, Some(kim.clone()));
        bo.calcom_user_id = Some(98_765);
        tx.savepoint().await?;
        assert!(matches!(users::update(&mut tx, &scope, &bo).await, Err(StoreError::Conflict)));
        Ok(())
    }
}

async fn branch(tx: &mut Tx, scope: &Scope, name: &str) -> Result<Branch, StoreError> {
    let branch = Branch {
        id: BranchId(0),
        public_id: Uuid::now_v7(),
        tenant_id: scope.tenant_id(),
        name: name.to_owned(),
        time_zone: None,
        address: None,
        phone: None,
        is_active: true,
        created_at: now(),
        updated_at: now(),
    };
    branches::create(tx, &branch).await
}

fn mapping(branch: &Branch, event_type: &EventType) -> BranchEventType {
    BranchEventType {
        id: 0,
        tenant_id: branch.tenant_id,
        branch_id: branch.id,
        event_type_id: event_type.id,
        title: None,
        slug: None,
        length: Some(30),
        price: Some(5_000),
        currency: Some("EUR".to_owned()),
        is_active: true,
        created_at: now(),
        updated_at: now(),
    }
}

fn host_match(connection: &Connection, provider_user_id: &str, user: Option<UserId>) -> HostMatch {
    HostMatch {
        id: calbridge_core::ids::HostMatchId(0),
        tenant_id: connection.tenant_id,
        connection_id: connection.id,
        provider_user_id: provider_user_id.to_owned(),
        created_at: now(),
        name: None,
        email: None,
        email_key: None,
        username: None,
        user_id: user,
        confidence: 40,
        state: MatchState::Suggested,
        why: Why::SameName,
        updated_at: now(),
    }
}
