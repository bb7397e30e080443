//! Why events are one error, and what a project's rules do about it.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use shared::fingerprint::{PLACEHOLDERS, Reason};

use super::errors::{NO_SUCH, TAG};
use super::merging::fingerprint;
use super::operation::Operation;
use super::parameters;
use super::schema::{
    Field, flag, input, integer, list, named, object, or_null, text, time, uuid, with, word,
};

const ID: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const OTHER: &str = "0b1f2c3d-4e5f-8a6b-9c7d-8e9f0a1b2c3d";
const FINGERPRINT: &str = "9f86d081884c7d659a2feaa0c55ad015";
const RULE: &str = "type:\"DatabaseError\" message:\"*timeout*\" -> fingerprint(\"db-timeout\")";

/// The schemas that both share.
pub(super) fn schemas() -> Vec<Field> {
    let component = object(
        "Something that goes into a fingerprint.",
        [("kind", text("What it is: `type`, `function`, `message` …")), ("value", text("It."))],
    );
    vec![("Component", component), ("GroupingExplanation", explanation())]
}

/// The operations.
pub(super) fn operations() -> Vec<Operation> {
    vec![explain(), preview()]
}

fn components(description: &str) -> Value {
    list(named("Component"), description)
}

fn rule_fields() -> [Field; 3] {
    [
        ("list", word(["grouping_rules", "discard_rules"], "The field of the project it is in.")),
        ("line", integer("Its line there, from 1.")),
        ("rule", text("The rule in canonical form.")),
    ]
}

fn explanation() -> Value {
    let reasons = word(Reason::ALL.map(Reason::as_str), "Why.");
    let left_out = object(
        "Something that does not count.",
        [
            ("kind", word(["type", "frame", "line", "path", "message"], "What it is.")),
            ("value", text("It.")),
            ("reason", reasons),
        ],
    );
    let placeholders = word(PLACEHOLDERS.map(|(it, _)| it), "What stands in the fingerprint.");
    let replaced = object(
        "Values that differ from event to event.",
        [
            ("placeholder", placeholders),
            ("kind", text("What they are.")),
            ("times", integer("How many.")),
        ],
    );
    let mut rule: Vec<Field> = rule_fields().into();
    rule.push(("discards", flag("Whether it discards what it matches.")));
    object(
        "How the fingerprint of an event comes to be today.",
        [
            ("event_id", uuid("The event: the error's latest.")),
            ("fingerprint", fingerprint("What it would be given today.")),
            (
                "is_current",
                flag(
                    "Whether that is one of the error's. If not, rules or the function have changed.",
                ),
            ),
            ("decided_by", word(["rule", "client", "stack", "message"], "What decides.")),
            ("rule", or_null(object("The rule that matches.", rule))),
            (
                "client_fingerprint",
                or_null(list(text("A part."), "The grouping that the client gave.")),
            ),
            ("components", components("What goes in, in the order of the hash.")),
            ("default_fingerprint", fingerprint("The one without rules and the client's own.")),
            ("default_components", components("What goes into that one.")),
            ("left_out", list(left_out, "What of the event does not count; at most 100.")),
            ("more_left_out", flag("Whether there is more.")),
            ("replaced", list(replaced, "What placeholders stand for.")),
        ],
    )
}

fn explain() -> Operation {
    let part = object(
        "A fingerprint.",
        [
            ("fingerprint", fingerprint("It.")),
            ("version", integer("The version of the function that made it.")),
            ("id", uuid("The id of the error that it was, or would be, by itself.")),
            ("own", flag("Whether the error began with it.")),
            ("count", integer("Its events.")),
            ("users_affected", integer("Its users.")),
            ("first_seen", time("When its first event happened.")),
            ("last_seen", time("When its latest event happened.")),
        ],
    );
    let data = object(
        "The grouping of an error.",
        [
            ("id", uuid("The error's id.")),
            ("version", integer("The version of the function that names events today.")),
            ("explanation", or_null(named("GroupingExplanation"))),
            (
                "never_decide",
                list(
                    text("A field."),
                    "Fields of an event that count only where a rule asks for them.",
                ),
            ),
            ("fingerprints", list(part, "All that the error holds, its own first.")),
        ],
    );
    let example = json!({
        "id": ID, "version": 1,
        "explanation": {
            "event_id": OTHER, "fingerprint": FINGERPRINT, "is_current": true,
            "decided_by": "stack", "rule": null, "client_fingerprint": null,
            "components": [{"kind": "type", "value": "ValueError"}],
            "default_fingerprint": FINGERPRINT,
            "default_components": [{"kind": "type", "value": "ValueError"}],
            "left_out": [{"kind": "line", "value": "31", "reason": "line_number"}],
            "more_left_out": false,
            "replaced": [],
        },
        "never_decide": ["source", "environment", "level", "release", "url"],
        "fingerprints": [{
            "fingerprint": FINGERPRINT, "version": 1, "id": ID, "own": true, "count": 42,
            "users_affected": 7, "first_seen": "2025-08-29T12:00:00.000Z",
            "last_seen": "2025-08-29T12:00:00.000Z",
        }],
    });
    let path = "/api/errors/{id}/grouping";
    Operation::new(TAG, (Method::GET, path), "explainGrouping", "Explain why events are one error")
        .describe(
            "The latest event is read again under the rules of today; `explanation` is null where \
             its payload was not kept. Of an error that was merged, each fingerprint is counted by \
             itself.",
        )
        .takes([parameters::error_id()])
        .takes(parameters::project_scope())
        .answers(StatusCode::OK, "The grouping.", data, &example)
        .fails(NO_SUCH)
}

/// A text of rules in a request.
pub(super) fn rules(description: &str) -> Value {
    or_null(with(text(description), json!({"maxLength": 32 << 10})))
}

fn preview() -> Operation {
    let counted = || {
        object(
            "Events of an error as it is now.",
            [
                ("id", uuid("The error's id.")),
                ("title", text("Its title.")),
                ("events", integer("How many of its events.")),
            ],
        )
    };
    let group = object(
        "An error as it would be, with events that are elsewhere now.",
        [
            ("id", uuid("Its id.")),
            ("fingerprint", fingerprint("Its fingerprint.")),
            ("title", text("Its title, or that of its newest event.")),
            ("exists", flag("Whether there is an error under the id now.")),
            ("events", integer("How many of the events would be there.")),
            ("from", list(counted(), "Where they are now.")),
        ],
    );
    let mut rule: Vec<Field> = rule_fields().into();
    rule.push(("events", integer("How many events it matches, and none before it.")));
    let data = object(
        "What the rules would do.",
        [
            ("events", integer("How many events were looked at.")),
            ("unchanged", integer("How many would stay where they are.")),
            ("moved", integer("How many would go elsewhere.")),
            ("discarded", integer("How many would not be kept.")),
            ("rules", list(object("A rule.", rule), "Every rule, in the order of looking.")),
            ("groups", list(group, "Where events would go, the most first; at most 100.")),
            ("discarded_from", list(counted(), "Where discarded events are now; at most 100.")),
            ("more", flag("Whether a list holds less than there is.")),
        ],
    );
    let body = input(
        "The rules. What is not given is as the project has it.",
        &[],
        [
            ("grouping_rules", rules("In the language of the project's field.")),
            ("discard_rules", rules("In the language of the project's field.")),
            (
                "events",
                or_null(with(
                    integer("How many of the newest events are looked at."),
                    json!({"minimum": 1, "maximum": 1_000, "default": 500}),
                )),
            ),
        ],
    );
    let example = json!({
        "events": 500, "unchanged": 480, "moved": 20, "discarded": 0,
        "rules": [{"list": "grouping_rules", "line": 1, "rule": RULE, "events": 20}],
        "groups": [{
            "id": ID, "fingerprint": FINGERPRINT, "title": "DatabaseError: timeout",
            "exists": false, "events": 20,
            "from": [{"id": OTHER, "title": "DatabaseError: timeout", "events": 20}],
        }],
        "discarded_from": [], "more": false,
    });
    let path = "/api/projects/{id}/grouping/preview";
    Operation::new("projects", (Method::POST, path), "previewGrouping", "Try rules of grouping")
        .describe(
            "Names the newest stored events, at most 50 of each fingerprint, as the rules would, \
             and changes nothing.",
        )
        .takes([parameters::project_in_path()])
        .reads(false, &body, &json!({"grouping_rules": RULE}))
        .answers(StatusCode::OK, "What they would do.", data, &example)
        .fails([StatusCode::NOT_FOUND])
}
