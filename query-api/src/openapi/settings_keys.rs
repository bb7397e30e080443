//! Operations on API keys. `settings/api_keys` writes what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::access::Permission;

use super::operation::Operation;
use super::parameters;
use super::schema::{
    self, Field, extended, input, integer, list, named, object, or_null, text, time, uuid, with,
    word,
};

pub(super) const TAG: &str = "settings";
const ALL: &str = "/api/settings/api-keys";
const ONE: &str = "/api/settings/api-keys/{id}";

/// The schemas of keys.
pub(super) fn schemas() -> Vec<Field> {
    let key = object(
        "An API key, without the key itself.",
        [
            ("id", uuid("Its id.")),
            ("name", text("What it is for.")),
            ("key_preview", text("Its end, to tell it from others.")),
            ("permissions", list(permission(), "What it may do.")),
            ("expires_at", or_null(time("When it stops working; null for never."))),
            ("last_used", or_null(time("When it was used last, as of some seconds ago."))),
            ("created_at", time("When it was made.")),
            ("project_id", or_null(project("Its project; null for the whole installation."))),
            ("rate_limits", named("KeyLimits")),
            ("allowed_origins", list(origin(), "The pages that may use it; none for any.")),
        ],
    );
    let made = extended(
        "ApiKey",
        "A key that was just made.",
        [("api_key", text("The key itself. It is shown this once."))],
    );
    let limit = |meaning| or_null(integer(meaning));
    let limits = object(
        "Requests a minute; null for what the installation allows.",
        [
            ("errors_per_minute", limit("Submitted errors.")),
            ("analytics_per_minute", limit("Statistics, analytics and monitoring.")),
            ("general_per_minute", limit("Everything else.")),
        ],
    );
    vec![("ApiKey", key), ("NewApiKey", made), ("KeyLimits", limits)]
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![list_all(), create(), update(), delete()]
}

fn permission() -> Value {
    word(Permission::ALL.map(Permission::as_str), "A permission.")
}

fn project(meaning: &str) -> Value {
    with(integer(meaning), json!({"format": "int32"}))
}

fn origin() -> Value {
    text("An origin, such as `https://shop.example.com`.")
}

fn example() -> Value {
    json!({
        "id": "3fa85f64-5717-4562-b3fc-2c963f66afa6", "name": "Development Key",
        "key_preview": "sk_****7890", "permissions": ["read"],
        "expires_at": "2099-12-31T23:59:59.000Z", "last_used": null,
        "created_at": "2025-08-29T12:00:00.000Z", "project_id": null,
        "rate_limits": {
            "errors_per_minute": null, "analytics_per_minute": 100, "general_per_minute": null,
        },
        "allowed_origins": ["https://shop.example.com"],
    })
}

/// What may be said of a key when it is made and later.
fn fields() -> Vec<Field> {
    let limit =
        || with(or_null(integer("Null for none.")), json!({"minimum": 1, "maximum": 10_000_000}));
    let limits = input(
        "Requests a minute.",
        &[],
        [
            ("errors_per_minute", limit()),
            ("analytics_per_minute", limit()),
            ("general_per_minute", limit()),
        ],
    );
    vec![
        ("expires_at", or_null(time("When it stops working; in the future."))),
        ("rate_limits", or_null(limits)),
        (
            "allowed_origins",
            or_null(with(
                list(origin(), "The pages that may use it in a browser."),
                json!({"maxItems": 50}),
            )),
        ),
    ]
}

fn name() -> Value {
    with(
        text("What it is for; one line."),
        json!({"minLength": 1, "maxLength": 200, "pattern": schema::ONE_LINE}),
    )
}

fn permissions() -> Value {
    let bounds = json!({"minItems": 1, "uniqueItems": true});
    with(list(permission(), "What it may do."), bounds)
}

fn list_all() -> Operation {
    let data = object("Keys.", [("api_keys", list(named("ApiKey"), "Oldest first."))]);
    Operation::new(TAG, (Method::GET, ALL), "listApiKeys", "List API keys")
        .describe(
            "A key of one project sees the keys of that project alone. Members' own keys are shown \
             with their members.",
        )
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The keys.", data, &json!({"api_keys": [example()]}))
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND])
}

fn create() -> Operation {
    let mut known = vec![("name", name()), ("permissions", permissions())];
    known.extend(fields());
    known.push((
        "project_id",
        or_null(with(
            project(
                "The one project that it is for; without one, the one that the request names \
                     or the key that asks belongs to, else the whole installation.",
            ),
            json!({"minimum": 1}),
        )),
    ));
    let body = input("The key.", &["name", "permissions"], known);
    let sent = json!({
        "name": "Development Key", "permissions": ["read"],
        "expires_at": "2099-12-31T23:59:59.000Z",
    });
    let mut made = example();
    made["api_key"] = json!("sk_live_abc123def456...7890");
    Operation::new(TAG, (Method::POST, ALL), "createApiKey", "Make an API key")
        .describe("The key itself is in this answer and nowhere else: only its hash is stored.")
        .takes(parameters::project_scope())
        .reads(true, &body, &sent)
        .answers(StatusCode::CREATED, "The key.", named("NewApiKey"), &made)
        .fails([StatusCode::NOT_FOUND, StatusCode::CONFLICT])
}

fn update() -> Operation {
    let mut known = vec![("name", or_null(name())), ("permissions", or_null(permissions()))];
    known.extend(fields());
    let body = input(
        "The fields that change; null takes an expiry, a limit or all origins away.",
        &[],
        known,
    );
    Operation::new(TAG, (Method::PUT, ONE), "updateApiKey", "Change an API key")
        .describe(
            "Changes the fields that are given. A member's own key changes with the member, and the \
             development key not at all.",
        )
        .takes([parameters::id("The key's id.")])
        .takes(parameters::project_scope())
        .reads(true, &body, &json!({"permissions": ["read", "write"], "expires_at": null}))
        .answers(StatusCode::OK, "The changed key.", named("ApiKey"), &example())
        .fails([StatusCode::NOT_FOUND, StatusCode::CONFLICT])
}

fn delete() -> Operation {
    Operation::new(TAG, (Method::DELETE, ONE), "deleteApiKey", "Revoke an API key")
        .describe("It stops working everywhere within a second. A key may revoke itself.")
        .takes([parameters::id("The key's id.")])
        .takes(parameters::project_scope())
        .answers_nothing("The key is revoked.")
        .fails([StatusCode::BAD_REQUEST, StatusCode::NOT_FOUND, StatusCode::CONFLICT])
}
