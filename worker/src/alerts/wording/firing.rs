//! A rule that fired, and one that recovered.

use shared::alerts::condition::Comparison;
use shared::channels::{Listing, Message};

use super::numbers::{amount, limit, measured};
use super::text::{duration, one_line, time};
use super::{MAX_FACT, MAX_NAME, MAX_TITLE, Pages, listed, see_also};
use crate::alerts::notice::{Notice, ToldFiring, ToldRule};

pub(super) fn fired(notice: &Notice, told: &ToldFiring, pages: Pages<'_>) -> Message {
    let rule = &notice.rule;
    let (name, project) = names(notice);
    let measured = format!("{} in {}", amount(rule, told.value), rule.window);
    let title = match &told.error {
        Some(error) => format!("{name}: {}", one_line(&error.title, MAX_TITLE)),
        None => format!("{name}: {measured}"),
    };
    let text = format!(
        "The rule \"{name}\" of project {project} fired at {}: {measured}, which is {}.\n\n{}",
        time(told.started_at),
        limit(rule),
        what_to_do(notice, told),
    );
    let short = format!("{project}: {measured} ({}).", limit(rule));
    assembled(notice, told, pages, Words { kind: "alert.fired", title, text, short })
}

pub(super) fn recovered(notice: &Notice, told: &ToldFiring, pages: Pages<'_>) -> Message {
    let rule = &notice.rule;
    let (name, project) = names(notice);
    let measured = format!("{} in {}", amount(rule, told.value), rule.window);
    let (now, short) = if still_holds(rule, told.value) {
        let now = "there is nothing to measure any more".to_owned();
        (now.clone(), format!("{project}: {now}."))
    } else {
        let limit = limit(rule);
        let now = format!("{measured}, which is not {limit}");
        (now, format!("{project}: {measured} (not {limit})."))
    };
    let title = match &told.error {
        Some(error) => format!("Recovered: {name}: {}", one_line(&error.title, MAX_TITLE)),
        None => format!("Recovered: {name}"),
    };
    let lasted = told.ended_at.map_or_else(String::new, |ended_at| {
        format!(
            " It had fired at {} for {}.",
            time(told.started_at),
            duration(ended_at - told.started_at)
        )
    });
    let text = format!(
        "The rule \"{name}\" of project {project} is true no longer: {now}.{lasted}\n\nNothing has to be done at once. If nobody knows the cause yet, open the error and \
         look at its newest event before it comes back.",
    );
    assembled(notice, told, pages, Words { kind: "alert.recovered", title, text, short })
}

/// Whether a value would fire: what recovered all the same has no value any more.
fn still_holds(rule: &ToldRule, value: f64) -> bool {
    let known = Comparison::ALL.into_iter().find(|known| known.as_str() == rule.comparison);
    known.is_some_and(|comparison| comparison.holds(value, rule.threshold))
}

/// The rule's and the project's names, as they stand in sentences.
fn names(notice: &Notice) -> (String, String) {
    (one_line(&notice.rule.name, MAX_NAME), one_line(&notice.project.name, MAX_NAME))
}

/// What somebody who reads this should do next.
fn what_to_do(notice: &Notice, told: &ToldFiring) -> &'static str {
    let is_too_few = notice.rule.comparison.starts_with('<');
    match (&told.error, told.top_errors.is_empty()) {
        (Some(_), _) => {
            "Open the error, look at the stack of its newest event, then resolve, assign or mute it."
        }
        (None, _) if is_too_few => {
            "Less happens than expected: make sure that the application runs and still reports."
        }
        (None, false) => {
            "Open the first of the errors below, look at the stack of its newest event, then resolve, \
             assign or mute it. Then do the same with the next one."
        }
        (None, true) => "Open the rule to see what it watches, and the errors that match it.",
    }
}

/// What the two kinds of message say differently.
struct Words {
    kind: &'static str,
    title: String,
    text: String,
    short: String,
}

fn assembled(notice: &Notice, told: &ToldFiring, pages: Pages<'_>, words: Words) -> Message {
    let mut message = Message::new(words.kind, words.title, words.text);
    message.short = Some(words.short);
    message.fields = facts(notice, told);
    message.link = Some(match (&told.error, told.incident_id) {
        (Some(error), _) => pages.error(error.id),
        (None, Some(incident)) => pages.incident(incident),
        (None, None) => pages.rule(notice.rule.id),
    });
    let about = told.error.as_ref().map(|error| error.id);
    let others = told.top_errors.iter().filter(|error| Some(error.id) != about);
    let items: Vec<_> = others.map(|error| listed(error, pages)).collect();
    if !items.is_empty() {
        message.listings.push(Listing { heading: "Top errors".to_owned(), items });
    }
    message.listings.push(see_also(notice, told.incident_id, pages));
    message
}

fn facts(notice: &Notice, told: &ToldFiring) -> Vec<(String, String)> {
    let rule = &notice.rule;
    let mut facts = vec![
        ("Project", one_line(&notice.project.name, MAX_TITLE)),
        ("Rule", one_line(&rule.name, MAX_TITLE)),
        ("Measured", format!("{} in {}", measured(rule, told.value), rule.window)),
        ("Threshold", limit(rule)),
    ];
    if let Some(error) = &told.error {
        facts.push(("Error", one_line(&error.title, MAX_FACT)));
        if let Some(culprit) = &error.culprit {
            facts.push(("Where", one_line(culprit, MAX_FACT)));
        }
        let origin =
            format!("{}, {}", one_line(&error.source, MAX_NAME), one_line(&error.level, MAX_NAME));
        facts.push(("Source and level", origin));
    }
    facts.push(("Since", time(told.started_at)));
    facts.extend(told.ended_at.map(|ended_at| ("Until", time(ended_at))));
    facts.push(("Condition", one_line(&rule.condition, MAX_FACT)));
    facts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
