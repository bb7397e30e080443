use serde_json::json;

use super::*;
use crate::fingerprint::group;

fn rules(text: &str) -> ProjectRules {
    let grouping = ProjectRules::parse(List::Grouping, text).unwrap();
    ProjectRules { grouping, ..ProjectRules::default() }
}

fn event() -> Event {
    let frame = |function, module, path, in_app| json!({"function": function, "module": module, "abs_path": path, "in_app": in_app});
    serde_json::from_value(json!({
        "event_id": crate::ids::EventId::generate(), "project_id": 1,
        "timestamp": crate::time::now(), "received_at": crate::time::now(),
        "level": "warning", "message": "Connection timeout after 30 s", "source": "backend",
        "environment": "production", "release": "shop@1.2.3", "platform": "python",
        "tags": {"region": "eu-west"}, "exception_type": "DatabaseError",
        "exceptions": [{"type": "DatabaseError", "value": "lost in translation", "frames": [
            frame("send", "vendor.net", "/srv/vendor/net.py", false),
            frame("save", "shop.orders", "/srv/shop/orders.py", true),
        ]}],
    }))
    .unwrap()
}

/// Whether a rule with these matchers fits the event.
#[track_caller]
fn check(matchers: &str, expected: bool) {
    let rules = rules(&format!("{matchers} -> discard"));
    assert_eq!(rules.group(&event()).is_discarded(), expected, "{matchers}");
}

#[test]
fn matchers_ask_for_what_an_event_says() {
    check("type:DatabaseError", true);
    check("type:Database", false);
    check("type:databaseerror", true);
    check("message:*timeout*", true);
    check("message:\"connection * after ?? s\"", true);
    check("message:*translation", true);
    check("!message:*timeout*", false);
    check("level:warning level:w*", true);
    check("level:error", false);
    check("release:shop@1.* environment:production source:backend", true);
    check("platform:python !server_name:\"\"", false);
    check("server_name:\"\" url:\"\"", true);
    check("tags.region:eu-*", true);
    check("tags.other:\"\"", true);
    check("tags.other:*x*", false);
}

#[test]
fn a_type_is_the_one_given_or_read() {
    let rules = rules("type:LoadError -> discard");
    let fits = |given: Option<&str>, message: &str| {
        let mut event = event();
        event.exceptions.clear();
        (event.exception_type, event.message) = (given.map(str::to_owned), message.to_owned());
        rules.group(&event).is_discarded()
    };
    assert!(fits(Some("LoadError"), "no rack"));
    assert!(fits(None, "store.LoadError: no rack"));
    assert!(!fits(Some("Other"), "LoadError: no rack"));
    assert!(!fits(None, "no LoadError"));
}

#[test]
fn matchers_of_frames_look_for_one_frame() {
    check("module:vendor.*", true);
    check("module:vendor.* function:send path:*/net.py in_app:no", true);
    check("module:vendor.* function:save", false);
    check("module:vendor.* in_app:yes", false);
    check("!module:vendor.*", false);
    check("!module:other.*", true);
    check("function:save !module:other.*", true);
    check("function:save !module:vendor.*", false);
    check("type:DatabaseError function:gone", false);
}

#[test]
fn the_first_rule_that_fits_wins_and_discards_are_looked_at_before() {
    let mut all = rules(
        "# the rest is one\ntype:Other -> discard\n\ntype:DatabaseError -> fingerprint(\"db\")\nmessage:* -> discard",
    );
    let event = event();
    let ruled = all.group(&event);
    let matched = ruled.matched.unwrap();
    assert_eq!((matched.list, matched.line, ruled.is_discarded()), (List::Grouping, 4, false));
    all.discard = ProjectRules::parse(List::Discard, "level:warning -> discard").unwrap();
    let ruled = all.group(&event);
    assert_eq!((ruled.matched.unwrap().list, ruled.is_discarded()), (List::Discard, true));
    let lines: Vec<_> = all.all().map(|matched| (matched.list.field(), matched.line)).collect();
    let expected =
        [("discard_rules", 1), ("grouping_rules", 2), ("grouping_rules", 4), ("grouping_rules", 5)];
    assert_eq!(lines, expected);
}

#[test]
fn a_fingerprint_takes_the_place_of_the_clients() {
    let mut event = event();
    let named = |text: &str, event: &Event| rules(text).group(event).grouping.fingerprint;
    let computed = group(event.grouping_input()).fingerprint;
    assert_eq!(named("type:Other -> fingerprint(\"x\")", &event), computed);
    assert_eq!(named("type:* -> fingerprint(\"{{ default }}\")", &event), computed);
    let by_rule = named("type:* -> fingerprint(\"db\", \"{{ level }}\")", &event);
    event.client_fingerprint = Some(vec!["db".to_owned(), "warning".to_owned()]);
    assert_eq!(group(event.grouping_input()).fingerprint, by_rule);
    assert_eq!(named("type:* -> fingerprint(\"db\", \"{{level}}\")", &event), by_rule);
    assert_eq!(named("type:* -> fingerprint(\"{{ default }}\")", &event), computed);
}

#[test]
fn values_of_the_event_stand_in_a_fingerprint() {
    let text = "type:* -> fingerprint(\"{{ type }} in {{ module }}/{{ function }}\", \"{{ message }}\", \
                \"{{ tags.region }}{{ tags.none }} {{ release }} \\\"{{ source }}\\\"\")";
    let pieces = rules(text).group(&event()).pieces.unwrap();
    let expected = [
        "DatabaseError in orders.py/save",
        "Connection timeout after <n>",
        "eu-west shop@1.2.3 \"backend\"",
    ];
    assert_eq!(pieces, expected);
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (text, line, column, message) in [
        ("\n  what:x -> discard", 2, 3, "expected one of type"),
        ("type -> discard", 1, 5, "expected `:`"),
        ("type: -> discard", 1, 6, "expected a pattern"),
        ("ÄÖ", 1, 1, "expected one of"),
        ("type:\"Ä -> discard", 1, 6, "not closed"),
        ("type:Ä\"x\" -> discard", 1, 7, "a quote stands"),
        ("type:Ä", 1, 7, "expected another matcher"),
        ("-> discard", 1, 1, "expected a matcher"),
        ("level:loud -> discard", 1, 7, "no level"),
        ("in_app:true -> discard", 1, 8, "yes or no"),
        ("tags.:x -> discard", 1, 1, "name of a tag"),
        ("type:x -> drop", 1, 11, "expected `fingerprint"),
        ("type:x -> discard type:y", 1, 19, "end of the line"),
        ("type:x -> fingerprint", 1, 22, "expected `(`"),
        ("type:x -> fingerprint()", 1, 23, "in quotes"),
        ("type:x -> fingerprint(\"\")", 1, 23, "must not be empty"),
        ("type:x -> fingerprint(\"a\" \"b\")", 1, 27, "expected `,`"),
        ("type:x -> fingerprint(\"a{{ default }}\")", 1, 25, "part of its own"),
        ("type:x -> fingerprint(\"{{ path }}\")", 1, 27, "within a stack"),
        ("type:x -> fingerprint(\"{{ nothing }}\")", 1, 27, "expected one of"),
        ("type:x -> fingerprint(\"{{ type }\")", 1, 24, "not closed by"),
        ("type:x\u{1} -> discard", 1, 7, "control characters"),
    ] {
        let errors = ProjectRules::parse(List::Grouping, text).unwrap_err();
        let [error] = errors.as_slice() else { panic!("{text}: {errors:?}") };
        assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
    }
    let fingerprint = "type:x -> fingerprint(\"a\")";
    let errors = ProjectRules::parse(List::Discard, fingerprint).unwrap_err();
    assert_eq!(errors[0].to_string(), "line 1, column 11: expected `discard`");
    assert_eq!(ProjectRules::parse(List::Grouping, "a\nb\n#c\nd").unwrap_err().len(), 3);
}

#[test]
fn everything_has_a_bound() {
    let refused = |text: String| ProjectRules::parse(List::Grouping, &text).unwrap_err()[0].clone();
    let rule = "level:error -> discard\n";
    assert_eq!(rules(&rule.repeat(MAX_RULES)).grouping.iter().count(), MAX_RULES);
    assert_eq!(refused(rule.repeat(MAX_RULES + 1)).line, MAX_RULES + 1);
    assert!(refused("#".repeat(MAX_TEXT + 1)).message.contains("bytes"));
    assert!(refused(format!("type:{} -> discard", "x".repeat(128))).message.contains("127"));
    let matchers = "type:x ".repeat(MAX_MATCHERS + 1);
    assert!(refused(format!("{matchers} -> discard")).message.contains("matchers"));
    let rule = format!("{}-> discard\n", "type:x ".repeat(10));
    assert_eq!(refused(rule.repeat(MAX_ALL_MATCHERS / 10 + 1)).line, MAX_ALL_MATCHERS / 10 + 1);
    let parts = ["\"a\""; MAX_PIECES + 1].join(",");
    assert!(refused(format!("type:x -> fingerprint({parts})")).message.contains("8 parts"));
    assert!(!rules(&format!("type:x -> fingerprint(\"{}\")", "x".repeat(200))).is_empty());
    let long = "x".repeat(201);
    assert!(refused(format!("type:x -> fingerprint(\"{long}\")")).message.contains("200 bytes"));
    assert!(refused(format!("tags.{long}:x -> discard")).message.contains("200 bytes"));
}
