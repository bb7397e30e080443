//! Keys, team and integrations.

use serde_json::json;

use super::row::Kind::{List, Object, OneOf, OrNull, Text, Time, Uuid};
use super::row::Row;
use super::{Known, NOBODY};

pub(super) fn rows(known: &Known) -> Vec<Row> {
    let one_key = |id: &str| format!("/api/settings/api-keys/{id}");
    vec![
        Row::new("GET", "/api/settings/api-keys", 200).has(
            "/data/api_keys",
            &[
                ("id", Uuid),
                ("name", Text),
                ("key_preview", Text),
                ("permissions", List),
                ("expires_at", OrNull(&Time)),
                ("last_used", OrNull(&Time)),
                ("created_at", Time),
            ],
        ),
        Row::new("POST", "/api/settings/api-keys", 201)
            .body(json!({
                "name": "Development Key", "permissions": ["read"],
                "expires_at": "2039-12-31T23:59:59Z",
            }))
            .has(
                "/data",
                &[
                    ("id", Uuid),
                    ("name", Text),
                    ("api_key", Text),
                    ("permissions", List),
                    ("expires_at", Time),
                    ("created_at", Time),
                ],
            )
            .fails_with(json!({"permissions": ["read"]}), 400, "VALIDATION_ERROR")
            .fails_with(json!({"name": "x", "permissions": ["fly"]}), 400, "VALIDATION_ERROR"),
        Row::new("DELETE", "/api/settings/api-keys", 204)
            .at(one_key(&known.key))
            .fails_at(&one_key("not-a-uuid"), 400, "INVALID_ID")
            .fails_at(&one_key(NOBODY), 404, "NOT_FOUND"),
        Row::new("POST", "/api/settings/team/invite", 201)
            .body(json!({"email": "newuser@company.com", "role": "viewer"}))
            .has(
                "/data",
                &[
                    ("id", Uuid),
                    ("name", Text),
                    ("email", OneOf(&["newuser@company.com"])),
                    ("role", OneOf(&["viewer"])),
                    ("status", OneOf(&["invited"])),
                    ("last_active", OrNull(&Time)),
                    ("created_at", Time),
                ],
            )
            .fails_with(json!({"email": "nobody", "role": "viewer"}), 400, "VALIDATION_ERROR")
            .fails_with(json!({"email": "a@b.example", "role": "king"}), 400, "VALIDATION_ERROR"),
        Row::new("GET", "/api/settings/team", 200).has(
            "/data/members",
            &[
                ("id", Uuid),
                ("name", Text),
                ("email", Text),
                ("role", OneOf(&["owner", "admin", "developer", "viewer"])),
                ("status", OneOf(&["active", "invited"])),
                ("last_active", OrNull(&Time)),
                ("created_at", Time),
            ],
        ),
        Row::new("GET", "/api/settings/integrations", 200).has(
            "/data/integrations",
            &[
                ("name", OneOf(&["slack", "email", "webhook", "sms"])),
                ("status", OneOf(&["not_configured", "configured", "connected", "error"])),
                ("config", Object),
                ("last_test", OrNull(&Time)),
            ],
        ),
    ]
}
