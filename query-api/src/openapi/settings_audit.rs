//! The operation on the audit log. `settings/audit` writes what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::audit::Action;

use super::operation::Operation;
use super::parameters::{self, query};
use super::schema::{
    Field, free_object, list, named, object, or_null, text, time, uuid, with, word,
};
use super::settings_keys::TAG;

/// The schema of an entry.
pub(super) fn schemas() -> Vec<Field> {
    let member = object(
        "The member whose own key it was.",
        [("id", uuid("Their id.")), ("name", text("Their name at that time."))],
    );
    let actor = object(
        "Who did it.",
        [
            (
                "key_id",
                or_null(uuid(
                    "The key; null for the command line and for who accepts an \
                                     invitation.",
                )),
            ),
            ("name", text("The key's name at that time, or what stands for one.")),
            ("member", or_null(member)),
        ],
    );
    let target = object(
        "What it was done to.",
        [
            ("kind", text("The kind of thing; the first word of the action.")),
            ("id", text("Its id, or its name where it has no other.")),
            ("name", text("Its name at that time.")),
        ],
    );
    let changes = free_object(
        "By field, what it was and is (`from`, `to`); of a secret only that it changed \
         (`hidden`).",
    );
    let entry = object(
        "A change of a setting.",
        [
            ("id", uuid("Its id.")),
            ("at", time("When it was made.")),
            ("actor", actor),
            ("action", action()),
            ("target", target),
            ("changes", changes),
            ("request_id", or_null(text("The request that brought it."))),
        ],
    );
    vec![("AuditEntry", entry)]
}

fn action() -> Value {
    word(Action::ALL.map(Action::as_str), "What was done.")
}

/// The operation.
pub(super) fn operations() -> Vec<Operation> {
    let data = object(
        "A page of the audit log.",
        [
            ("entries", list(named("AuditEntry"), "Newest first.")),
            ("next_cursor", or_null(uuid("The `cursor` of the next page; null on the last one."))),
        ],
    );
    let words = || json!({"maxLength": 100});
    // An empty one counts as not given, like every empty parameter.
    let uuid_or_empty = "^([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?$";
    let cursor = with(
        text("The `next_cursor` of an answer."),
        json!({"maxLength": 36, "pattern": uuid_or_empty}),
    );
    let listing = Operation::new(
        TAG,
        (Method::GET, "/api/settings/audit"),
        "listAuditEntries",
        "List who changed which setting",
    )
    .describe("Entries are kept for a year.")
    .takes([
        parameters::limit(),
        query("cursor", &cursor),
        query("action", &action()),
        query("target", &with(text("The kind of what it was done to, or its id."), words())),
        query("since", &time("Entries from then on.")),
        query("until", &time("Entries before then.")),
    ])
    .answers(StatusCode::OK, "Entries.", data, &example())
    .fails([StatusCode::BAD_REQUEST]);
    vec![listing]
}

fn example() -> Value {
    let entry = json!({
        "id": "0198f5d2-6f3a-7c31-9d0e-2b1f6c1f0a11", "at": "2025-08-29T12:00:00.000Z",
        "actor": {
            "key_id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "name": "John Doe",
            "member": {"id": "9b2f1c7e-5d3a-4a86-8f60-0f2f7c7f1d55", "name": "John Doe"},
        },
        "action": "api_key.updated",
        "target": {
            "kind": "api_key", "id": "6f9619ff-8b86-4d01-b42d-00cf4fc964ff", "name": "Web Shop",
        },
        "changes": {"permissions": {"from": ["read"], "to": ["read", "write"]}},
        "request_id": "req-789",
    });
    json!({"entries": [entry], "next_cursor": null})
}
