//! Owners: who makes and removes them, and that one stays.

use serde_json::json;

use super::{
    accept, change_member, id_of, invite, join, make_key, remove_member, text_of, token_of,
};
use crate::support::{ADMIN, Server};

#[tokio::test]
async fn only_owners_and_keys_of_nobody_touch_owners() {
    let server = Server::start().await;
    let (owner, owner_key) = join(&server, "owner@example.com", "owner").await;
    let (second, _) = join(&server, "second@example.com", "owner").await;
    let (admin, admin_key) = join(&server, "admin@example.com", "admin").await;
    let pending = id_of(&invite(&server, ADMIN, "later@example.com", "owner").await.data());

    let refused = [
        invite(&server, &admin_key, "x@example.com", "owner").await,
        change_member(&server, &admin_key, &admin, json!({"role": "owner"})).await,
        change_member(&server, &admin_key, &owner, json!({"role": "viewer"})).await,
        remove_member(&server, &admin_key, &owner).await,
        remove_member(&server, &admin_key, &pending).await,
    ];
    for answer in refused {
        answer.fails(403, "AUTHORIZATION_ERROR");
    }
    // An expired invitation to be an owner is one of an owner, too.
    server
        .db
        .execute(
            "UPDATE team_members SET invite_expires_at = now()
                       WHERE invite_expires_at IS NOT NULL",
            &[],
        )
        .await
        .unwrap();
    let renewing = invite(&server, &admin_key, "later@example.com", "viewer").await;
    renewing.fails(403, "AUTHORIZATION_ERROR");

    // What touches no owner is an admin's to do; a name is no role.
    assert_eq!(invite(&server, &admin_key, "x@example.com", "developer").await.status, 201);
    let renamed = change_member(&server, &admin_key, &owner, json!({"name": "O"})).await;
    assert_eq!(renamed.status, 200);

    let promoted = change_member(&server, &owner_key, &admin, json!({"role": "owner"})).await;
    assert_eq!(promoted.data()["role"], "owner");
    let demoted = change_member(&server, &owner_key, &second, json!({"role": "viewer"})).await;
    assert_eq!(demoted.data()["role"], "viewer");
    let nobodys = make_key(&server, ADMIN, &json!({"name": "k", "permissions": ["admin"]})).await;
    let nobodys = text_of(&nobodys);
    assert_eq!(remove_member(&server, &nobodys, &owner).await.status, 204);
    server.stop().await;
}

#[tokio::test]
async fn no_key_that_an_administrator_has_made_or_changed_touches_owners() {
    let server = Server::start().await;
    let (owner, _) = join(&server, "owner@example.com", "owner").await;
    let (_, admin_key) = join(&server, "admin@example.com", "admin").await;
    let all = json!({"name": "k", "permissions": ["admin"]});
    let made = text_of(&make_key(&server, &admin_key, &all).await);
    // By way of one more key, too.
    let again = text_of(&make_key(&server, &made, &all).await);
    let reading = json!({"name": "reading", "permissions": ["read"]});
    let raised = make_key(&server, ADMIN, &reading).await;
    let path = format!("/api/settings/api-keys/{}", id_of(&raised));
    let raising = server.put(&path).key(&admin_key).json(&all).send().await;
    assert_eq!(raising.status, 200, "{}", raising.json());
    for key in [made, again, text_of(&raised)] {
        for answer in [
            invite(&server, &key, "x@example.com", "owner").await,
            remove_member(&server, &key, &owner).await,
        ] {
            answer.fails(403, "AUTHORIZATION_ERROR");
        }
        // Everything else is theirs to do.
        assert_eq!(server.get("/api/settings/team").key(&key).send().await.status, 200);
    }
    server.stop().await;
}

#[tokio::test]
async fn the_last_owner_stays() {
    let server = Server::start().await;
    let (owner, key) = join(&server, "owner@example.com", "owner").await;
    let invited = invite(&server, ADMIN, "later@example.com", "owner").await;
    for by in [ADMIN, key.as_str()] {
        // Who has not accepted is no owner yet.
        remove_member(&server, by, &owner).await.fails(409, "CONFLICT_ERROR");
        let demoted = change_member(&server, by, &owner, json!({"role": "admin"})).await;
        demoted.fails(409, "CONFLICT_ERROR");
    }
    let still = change_member(&server, &key, &owner, json!({"role": "owner", "name": "O"})).await;
    assert_eq!(still.data()["name"], "O");

    assert_eq!(accept(&server, &token_of(&invited), "Later").await.status, 201);
    assert_eq!(remove_member(&server, &key, &owner).await.status, 204);
    server.stop().await;
}

#[tokio::test]
async fn of_two_last_owners_who_leave_at_once_one_stays() {
    let server = Server::start().await;
    let (mut one, _) = join(&server, "one@example.com", "owner").await;
    for round in 0..10 {
        let (other, _) = join(&server, &format!("other{round}@example.com"), "owner").await;
        let demotion = json!({"role": "viewer"});
        let (removed, demoted) = tokio::join!(
            remove_member(&server, ADMIN, &one),
            change_member(&server, ADMIN, &other, demotion),
        );
        let owners = "SELECT count(*) FROM team_members WHERE role = 'owner'";
        assert_eq!(server.number(owners).await, 1);
        match (removed.status, demoted.status) {
            (204, 409) => one = other,
            (409, 200) => {}
            unexpected => panic!("{unexpected:?}"),
        }
    }
    server.stop().await;
}
