//! The operation that plays a condition over the past. `alerts/preview` writes what is described here.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::alert_rules::{CONDITION, TAG, condition, window};
use super::operation::Operation;
use super::parameters;
use super::schema::{
    Field, flag, input, integer, list, named, number, object, or_null, text, time, uuid, with,
};
use crate::alerts::rules::MAX_COOLDOWN;

/// The schemas of previews.
pub(super) fn schemas() -> Vec<Field> {
    let point = object(
        "What was measured.",
        [
            ("timestamp", time("When.")),
            ("value", or_null(number("The value; null where there is none."))),
        ],
    );
    let crossing = object(
        "A time in which the rule would have fired.",
        [
            ("started_at", time("When it would have fired.")),
            ("ended_at", or_null(time("When it would have recovered; null: not yet."))),
            ("value", number("What it measured when it began.")),
        ],
    );
    let mut of_error = vec![("id", uuid("The error's id.")), ("title", text("The error's title."))];
    of_error.extend(played());
    let of_error = object("What the rule would have done about one error.", of_error);
    vec![
        ("RulePreviewPoint", point),
        ("RulePreviewCrossing", crossing),
        ("RulePreviewError", of_error),
    ]
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![test()]
}

fn played() -> Vec<Field> {
    let series =
        "At most 300 points, oldest first; of neighbours the one that is nearest to firing.";
    vec![
        ("fired", integer("How often the rule would have fired.")),
        ("firing", flag("Whether it would be firing now.")),
        ("series", list(named("RulePreviewPoint"), series)),
        ("crossings", list(named("RulePreviewCrossing"), "Oldest first.")),
    ]
}

fn preview() -> Value {
    let mut fields = vec![
        ("condition", text("The condition in canonical form.")),
        ("threshold", number("What is measured is compared with this.")),
        ("time_window", text("Over how long it is measured, such as `5m`.")),
        ("from", time("The start of the past that was looked at.")),
        ("until", time("Its end: now.")),
    ];
    fields.extend(played());
    let errors = "Of a rule that looks at each error: the 20 with the most events.";
    fields.push(("errors", list(named("RulePreviewError"), errors)));
    let since = "Of `users_affected`: since when users are counted, which begins with the first rule \
                 that asks for them; null: nothing was counted yet.";
    fields.push(("users_since", or_null(time(since))));
    object("What the rule would have done.", fields)
}

fn test() -> Operation {
    let cooldown = with(
        integer("Seconds after a firing in which it does not fire again."),
        json!({"minimum": 0, "maximum": MAX_COOLDOWN}),
    );
    let period = "How much of the past is looked at, such as `6h`; a day, or the window if that is \
                  longer. The past is kept in minutes for two days and in hours for thirty, so windows \
                  below an hour see at most 47 hours, and rules `per error` a day.";
    let known = vec![
        ("condition", condition()),
        ("threshold", or_null(number("What `threshold` stands for in the condition."))),
        ("time_window", or_null(text(window()))),
        ("cooldown", or_null(cooldown)),
        ("period", or_null(text(period))),
    ];
    let body = input("The condition.", &["condition"], known);
    let at = |minute: u32| format!("2025-08-29T12:{minute:02}:00.000Z");
    let example = json!({
        "condition": CONDITION, "threshold": 50, "time_window": "5m",
        "from": "2025-08-28T12:30:00.000Z", "until": at(30), "fired": 1, "firing": false,
        "series": [{"timestamp": at(0), "value": 12}, {"timestamp": at(10), "value": 71}],
        "crossings": [{"started_at": at(10), "ended_at": at(14), "value": 71}],
        "errors": [], "users_since": null,
    });
    Operation::new(TAG, (Method::POST, "/api/alerts/rules/test"), "testRule", "Try a condition")
        .describe(
            "Says what a rule would have done over the past: what it would have measured, and when it \
             would have fired. Nothing is changed and nobody is told.",
        )
        .takes(parameters::project_scope())
        .reads(true, &body, &json!({"condition": CONDITION, "period": "24h"}))
        .answers(StatusCode::OK, "What it would have done.", preview(), &example)
        .fails([StatusCode::NOT_FOUND])
}
