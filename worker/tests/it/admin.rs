//! Keys that an operator makes from the command line.

use shared::access::{KeyHash, Permission};
use shared::ids::ProjectId;
use worker::admin::{self, AdminError};
use worker::config::CommandConfig;

use crate::place::Place;

fn config(place: &Place) -> CommandConfig {
    let lookup = |name: &str| match name {
        "DATABASE_URL" => Some(place.sandbox.database_url()),
        "ENVIRONMENT" => Some("production".to_owned()),
        _ => None,
    };
    CommandConfig::from_lookup(&lookup).unwrap()
}

#[tokio::test]
async fn a_key_is_stored_as_a_hash_and_leaves_an_entry_in_the_audit_log() {
    let place = Place::new().await;
    let (config, permissions) = (config(&place), [Permission::Read, Permission::Admin]);
    let key = admin::create_key(&config, "first", &permissions, Some(ProjectId(1)));
    let key = key.await.unwrap();
    assert!(key.starts_with("sk_live_") && key.len() == "sk_live_".len() + 64, "{key}");
    let stored = "SELECT key_hash FROM api_keys WHERE name = 'first' AND project_id = 1
                  AND permissions = ARRAY['read', 'admin']";
    assert_eq!(place.value::<Vec<u8>>(stored).await, KeyHash::of(&key).0);
    let entry =
        "SELECT array_agg(concat_ws(' ', actor_name, action, target_name)) FROM audit_entries";
    assert_eq!(place.value::<Vec<String>>(entry).await, ["command line api_key.created first"]);
    // Neither the key nor a part of it that would help is anywhere.
    let text =
        "SELECT string_agg(e::text, ' ') || (SELECT string_agg(k::text, ' ') FROM api_keys k)
                FROM audit_entries e";
    let random = key.strip_prefix("sk_live_").unwrap();
    assert!(!place.value::<String>(text).await.contains(random));
    place.close().await;
}

#[tokio::test]
async fn a_key_of_no_project_or_without_a_name_is_not_made() {
    let place = Place::new().await;
    let config = config(&place);
    let of_none = admin::create_key(&config, "k", &[Permission::Read], Some(ProjectId(99))).await;
    assert!(matches!(of_none, Err(AdminError::NoProject(ProjectId(99)))), "{of_none:?}");
    for name in ["", "a\nb"] {
        let unnamed = admin::create_key(&config, name, &[Permission::Read], None).await;
        assert!(matches!(unnamed, Err(AdminError::BadName)), "{unnamed:?}");
    }
    assert_eq!(place.value::<i64>("SELECT count(*) FROM audit_entries").await, 0);
    place.close().await;
}
