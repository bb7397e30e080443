//! Operations on the team. `settings/team` writes what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::operation::Operation;
use super::parameters;
use super::schema::{
    self, Field, extended, input, list, named, object, or_null, text, time, uuid, with, word,
};
use super::settings_keys::TAG;
use crate::settings::team::Role;

const ALL: &str = "/api/settings/team";
const INVITE: &str = "/api/settings/team/invite";
const ACCEPT: &str = "/api/settings/team/accept";
const ONE: &str = "/api/settings/team/{id}";

/// The schemas of members.
pub(super) fn schemas() -> Vec<Field> {
    let member = object(
        "A member of the team.",
        [
            ("id", uuid("Their id.")),
            ("name", text("Their name; until they accept, what stands before the `@`.")),
            ("email", text("Their address.")),
            ("role", role()),
            ("status", word(["active", "invited"], "Whether they have accepted.")),
            ("last_active", or_null(time("When their own key was used last."))),
            ("created_at", time("When they were invited first.")),
            ("key_preview", or_null(text("The end of their own key; null until they accept."))),
            ("invite_expires_at", or_null(time("Until when they can accept; null once they did."))),
        ],
    );
    let invited = extended(
        "Member",
        "Somebody who was just invited.",
        [("invite_url", text("The page where they accept. It is shown this once."))],
    );
    let joined = extended(
        "Member",
        "Somebody who just accepted.",
        [("api_key", text("Their own key. It is shown this once."))],
    );
    vec![("Member", member), ("InvitedMember", invited), ("JoinedMember", joined)]
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![list_all(), invite(), accept(), update(), remove()]
}

fn role() -> Value {
    let meaning = "Owners and admins may do everything, but only owners make, change or remove \
                   owners; developers read and write; viewers read.";
    word(Role::ALL.map(Role::as_str), meaning)
}

fn name() -> Value {
    with(
        text("Their name; one line."),
        json!({"minLength": 1, "maxLength": 200, "pattern": schema::ONE_LINE}),
    )
}

fn active() -> Value {
    json!({
        "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "name": "John Doe",
        "email": "john@company.com", "role": "developer", "status": "active",
        "last_active": "2025-08-29T10:30:00.000Z", "created_at": "2025-08-10T09:00:00.000Z",
        "key_preview": "sk_****7890", "invite_expires_at": null,
    })
}

fn invited() -> Value {
    json!({
        "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "name": "newuser",
        "email": "newuser@company.com", "role": "viewer", "status": "invited",
        "last_active": null, "created_at": "2025-08-29T12:00:00.000Z",
        "key_preview": null, "invite_expires_at": "2025-09-05T12:00:00.000Z",
    })
}

fn list_all() -> Operation {
    let data = object("The team.", [("members", list(named("Member"), "Oldest first."))]);
    Operation::new(TAG, (Method::GET, ALL), "listMembers", "List the members of the team").answers(
        StatusCode::OK,
        "The team.",
        data,
        &json!({"members": [active(), invited()]}),
    )
}

fn invite() -> Operation {
    let email =
        with(text("Their address."), json!({"minLength": 3, "maxLength": 254, "format": "email"}));
    let body = input("Whom, as what.", &["email", "role"], [("email", email), ("role", role())]);
    let mut answered = invited();
    answered["invite_url"] = json!("http://localhost:8080/invite#token=5f2c...");
    Operation::new(TAG, (Method::POST, INVITE), "inviteMember", "Invite a member")
        .describe(
            "The invitation can be accepted once, within seven days. An address that belongs to a \
             member, or to somebody with an invitation that still holds, is a conflict; an \
             invitation that has expired is renewed. Addresses are compared without case.",
        )
        .reads(true, &body, &json!({"email": "newuser@company.com", "role": "viewer"}))
        .answers(StatusCode::CREATED, "They are invited.", named("InvitedMember"), &answered)
        .fails([StatusCode::CONFLICT])
}

fn accept() -> Operation {
    let token = with(
        text("What follows `token=` in the invitation."),
        json!({"minLength": 1, "maxLength": 200, "pattern": schema::ONE_LINE}),
    );
    let body = input("The proof.", &["token", "name"], [("token", token), ("name", name())]);
    let mut answered = active();
    answered["last_active"] = Value::Null;
    answered["api_key"] = json!("sk_live_abc123def456...7890");
    Operation::new(TAG, (Method::POST, ACCEPT), "acceptInvitation", "Accept an invitation")
        .describe(
            "Answers the member's own key, which carries the role. Whether an invitation never was, \
             is used or has expired, the answer is the same.",
        )
        .reads(true, &body, &json!({"token": "5f2c...", "name": "New User"}))
        .answers(StatusCode::CREATED, "They are a member.", named("JoinedMember"), &answered)
        .fails([
            StatusCode::NOT_FOUND,
            StatusCode::CONFLICT,
            StatusCode::INTERNAL_SERVER_ERROR,
            StatusCode::SERVICE_UNAVAILABLE,
        ])
}

fn update() -> Operation {
    let fields = [("role", or_null(role())), ("name", or_null(name()))];
    let body = input("The fields that change.", &[], fields);
    Operation::new(TAG, (Method::PUT, ONE), "updateMember", "Change a member")
        .describe("The member's own key changes at once. The last owner stays one.")
        .takes([parameters::id("The member's id.")])
        .reads(true, &body, &json!({"role": "developer"}))
        .answers(StatusCode::OK, "The changed member.", named("Member"), &active())
        .fails([StatusCode::NOT_FOUND, StatusCode::CONFLICT])
}

fn remove() -> Operation {
    Operation::new(TAG, (Method::DELETE, ONE), "removeMember", "Remove a member")
        .describe("Their own key, or their invitation, ends with them. The last owner stays.")
        .takes([parameters::id("The member's id.")])
        .answers_nothing("The member is removed.")
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::CONFLICT])
}
