//! Operations that log a browser in and out. `session/` writes what is described here.

use http::{Method, StatusCode};
use serde_json::json;
use shared::access::Permission;

use super::operation::Operation;
use super::schema::{self, Field, input, integer, list, object, or_null, text, time, with, word};
use super::settings_keys::TAG;

/// The schema of a session.
pub(super) fn schemas() -> Vec<Field> {
    let permission = word(Permission::ALL.map(Permission::as_str), "A permission.");
    let session = object(
        "A browser that is logged in.",
        [
            ("name", text("The member whose key it is, or the key's name.")),
            (
                "permissions",
                list(permission, "What may be done, all that others contain included."),
            ),
            ("project_id", or_null(integer("The key's project; null: the whole installation."))),
            ("expires_at", time("When it ends, unless its key ends before.")),
        ],
    );
    vec![("Session", session)]
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![login(), logout()]
}

fn login() -> Operation {
    let key = with(
        text("An API key."),
        json!({"minLength": 1, "maxLength": 200, "pattern": schema::ONE_LINE}),
    );
    let body = input("The proof.", &["api_key"], [("api_key", key)]);
    let example = json!({
        "name": "Ann", "permissions": ["ingest", "read", "write"], "project_id": null,
        "expires_at": "2025-09-05T12:00:00.000Z",
    });
    Operation::new(TAG, (Method::POST, "/api/login"), "logIn", "Exchange a key for a session")
        .describe(
            "For pages of this installation. The answer sets the cookie `errata_session`, which counts \
             as the key where a request has no header `X-API-Key`; changes need the header \
             `X-Requested-With` besides, with any value. The key must have the permission `read`. A \
             session lasts a week, and ends with its key.",
        )
        .reads(true, &body, &json!({"api_key": "sk_live_abc123def456...7890"}))
        .answers(StatusCode::OK, "The session.", schema::named("Session"), &example)
        .fails([
            StatusCode::UNAUTHORIZED,
            StatusCode::FORBIDDEN,
            StatusCode::INTERNAL_SERVER_ERROR,
            StatusCode::SERVICE_UNAVAILABLE,
        ])
}

fn logout() -> Operation {
    Operation::new(TAG, (Method::POST, "/api/logout"), "logOut", "End a session")
        .describe(
            "Ends the session that the cookie names, if there is one, and takes the cookie away.",
        )
        .answers_nothing("There is no session any more.")
        .fails([StatusCode::FORBIDDEN, StatusCode::SERVICE_UNAVAILABLE])
}
