//! Operations on integrations. `settings/integrations/view.rs` writes what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::integrations::{Name, Status};

use super::operation::Operation;
use super::parameters;
use super::schema::{Field, input, list, named, object, or_null, text, time, with, word};
use crate::settings::integrations::{MAX_NUMBERS, MAX_PASSWORD, MAX_RECIPIENTS, MAX_TEXT, MAX_URL};

const TAG: &str = "settings";
const ALL: &str = "/api/settings/integrations";
const ONE: &str = "/api/settings/integrations/{name}";
const TEST: &str = "/api/settings/integrations/{name}/test";

/// The schemas of integrations.
pub(super) fn schemas() -> Vec<Field> {
    let integration = object(
        "A service outside that messages go out through.",
        [
            ("name", word(Name::ALL.map(Name::as_str), "Its name.")),
            (
                "status",
                word(
                    Status::ALL.map(Status::as_str),
                    "`configured`: saved and not used since. `connected`: the last message went out. \
                     `error`: it did not, or the stored secrets can't be read.",
                ),
            ),
            ("config", config()),
            ("last_test", or_null(time("When a message was last sent through it."))),
            ("last_error", or_null(text("Why the last message did not go out."))),
            ("updated_at", time("When its settings changed last.")),
        ],
    );
    let slack = object("Settings of `slack`.", slack());
    let email = object("Settings of `email`.", email());
    let webhook = object("Settings of `webhook`.", webhook());
    let sms = object("Settings of `sms`.", sms());
    vec![
        ("Integration", integration),
        ("SlackConfig", slack),
        ("EmailConfig", email),
        ("WebhookConfig", webhook),
        ("SmsConfig", sms),
    ]
}

fn config() -> Value {
    let kinds = ["SlackConfig", "EmailConfig", "WebhookConfig", "SmsConfig"].map(named);
    json!({
        "anyOf": kinds,
        "description": "Its settings; what is not set is null. Of a secret URL the host is shown, of \
                        other secrets nothing.",
    })
}

fn url(description: &str) -> Value {
    or_null(with(text(description), json!({"maxLength": MAX_URL})))
}

fn password(description: &str) -> Value {
    or_null(with(text(description), json!({"maxLength": MAX_PASSWORD})))
}

fn short(description: &str) -> Value {
    or_null(with(text(description), json!({"maxLength": MAX_TEXT})))
}

fn several(description: &str, max: usize) -> Value {
    or_null(with(list(json!({"type": "string"}), description), json!({"maxItems": max})))
}

fn slack() -> [Field; 2] {
    [
        ("webhook_url", url("Required. The URL of the incoming webhook; a secret.")),
        ("channel", short("Another channel than the webhook's own, where Slack allows it.")),
    ]
}

fn email() -> [Field; 5] {
    let server = "Required. `host`, `host:port`, `smtp://host:port` or `smtps://host:port`; without a \
                  port 587, and 465 for `smtps`.";
    let secret = "Its password. It is sent over encrypted connections only, and has to be entered again \
                  when `smtp_server` changes.";
    [
        ("smtp_server", short(server)),
        ("from_email", short("Required. The sender's address.")),
        (
            "recipients",
            several("Who gets messages; without any, all members but viewers.", MAX_RECIPIENTS),
        ),
        ("username", short("The account at the mail server; without one, the sender's address.")),
        ("password", password(secret)),
    ]
}

fn webhook() -> [Field; 2] {
    [
        ("url", url("Required. Where messages are posted to; a secret.")),
        ("secret", password("The key of the signature; without one nothing is signed.")),
    ]
}

fn sms() -> [Field; 5] {
    let provider = "Required. Where `From`, `To` and `Body` are posted to as a form. User and password \
                    in it are used unless others are given; a secret.";
    [
        ("provider_url", url(provider)),
        ("from", short("Required. The sender: a number or a name.")),
        ("to", several("Required. Whom to reach: numbers such as `+15550100`.", MAX_NUMBERS)),
        ("username", short("The account at the provider.")),
        ("password", password("Its password or token, entered again when `provider_url` changes.")),
    ]
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![list_all(), update(), delete(), test()]
}

fn slack_example() -> Value {
    json!({
        "name": "slack", "status": "connected",
        "config": {"webhook_url": "https://hooks.slack.com/...", "channel": "#alerts"},
        "last_test": "2025-08-29T10:30:00.000Z", "last_error": null,
        "updated_at": "2025-08-29T10:29:12.345Z",
    })
}

fn email_example() -> Value {
    json!({
        "name": "email", "status": "configured",
        "config": {
            "smtp_server": "smtp.example.com", "from_email": "alerts@example.com",
            "recipients": null, "username": null, "password": null,
        },
        "last_test": null, "last_error": null, "updated_at": "2025-08-29T10:29:12.345Z",
    })
}

fn list_all() -> Operation {
    let all = list(named("Integration"), "All four, set up or not.");
    let data = object("All integrations.", [("integrations", all)]);
    let example = json!({"integrations": [slack_example(), email_example()]});
    Operation::new(TAG, (Method::GET, ALL), "listIntegrations", "List the integrations").answers(
        StatusCode::OK,
        "All integrations.",
        data,
        &example,
    )
}

fn update() -> Operation {
    // Both have an account and a password, which mean the same.
    let shared = ["username", "password"];
    let sms = sms().into_iter().filter(|(name, _)| !shared.contains(name));
    let fields: Vec<Field> =
        slack().into_iter().chain(email()).chain(webhook()).chain(sms).collect();
    let body = input("Settings of the integration that the path names.", &[], fields);
    let example =
        json!({"webhook_url": "https://hooks.slack.com/services/T/B/x", "channel": "#alerts"});
    Operation::new(TAG, (Method::PUT, ONE), "updateIntegration", "Change an integration")
        .describe(
            "Changes the fields that are given; null removes one. A secret that is sent back as it was \
             shown stays, but a password has to be entered again when the server changes that it is \
             sent to. The status becomes `configured`, or `not_configured` when nothing is left.",
        )
        .takes([parameters::integration_in_path()])
        .reads(true, &body, &example)
        .answers(StatusCode::OK, "The changed integration.", named("Integration"), &slack_example())
        .fails([StatusCode::NOT_FOUND])
}

fn delete() -> Operation {
    Operation::new(
        TAG,
        (Method::DELETE, ONE),
        "deleteIntegration",
        "Remove an integration's settings",
    )
    .describe("It stays in the list as `not_configured`.")
    .takes([parameters::integration_in_path()])
    .answers_nothing("The settings are removed.")
    .fails([StatusCode::NOT_FOUND])
}

fn test() -> Operation {
    let to = several(
        "For `email` and `sms`: whom the message shall reach instead of those that are set.",
        MAX_RECIPIENTS,
    );
    let to = with(to, json!({"minItems": 1}));
    let body = input("What is different this time.", &[], [("to", to)]);
    Operation::new(TAG, (Method::POST, TEST), "testIntegration", "Send a test message")
        .describe(
            "Sends a message with the saved settings and waits up to 7 seconds for it to be accepted. \
             When it is not, the answer is 502, and `details.reason` says why; private addresses are \
             such a reason unless the installation allows them.",
        )
        .takes([parameters::integration_in_path()])
        .reads(false, &body, &json!({}))
        .answers(StatusCode::OK, "It was accepted.", named("Integration"), &slack_example())
        .fails([StatusCode::NOT_FOUND, StatusCode::CONFLICT, StatusCode::BAD_GATEWAY])
}
