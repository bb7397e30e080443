//! What would have been too many messages, in one.

use shared::channels::{Item, Listing, Message};

use super::numbers::{amount, counted};
use super::text::{one_line, time};
use super::{MAX_NAME, MAX_TITLE, Pages, see_also};
use crate::alerts::notice::{Digested, Notice, ToldDigest};

/// Lines that people read; programs get all of them.
const MAX_LINES: usize = 20;

pub(super) fn message(notice: &Notice, told: &ToldDigest, pages: Pages<'_>) -> Message {
    let name = one_line(&notice.rule.name, MAX_NAME);
    let project = one_line(&notice.project.name, MAX_NAME);
    let fired = counted(told.fired, "firing", "firings");
    let recovered = counted(told.recovered, "recovery", "recoveries");
    let text = format!(
        "The rule \"{name}\" of project {project} had more to tell than is sent one by one within a \
         minute, so this sums up what was held back: {fired} and {recovered} from {} to {}.\n\n\
         Open the rule to see all of its firings. If they are not worth a message each, raise its \
         threshold, give it a longer cooldown, or mute it.",
        time(told.from),
        time(told.until),
    );
    let title = format!("{name}: {fired}, {recovered}");
    let mut message = Message::new("alert.digest", title, text);
    message.short = Some(format!("{project}: held back from {}.", time(told.from)));
    message.fields = [
        ("Project", one_line(&notice.project.name, MAX_TITLE)),
        ("Rule", one_line(&notice.rule.name, MAX_TITLE)),
        ("Firings", told.fired.to_string()),
        ("Recoveries", told.recovered.to_string()),
        ("From", time(told.from)),
        ("Until", time(told.until)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    message.link = Some(pages.rule(notice.rule.id));
    message.listings = vec![happenings(notice, told, pages), see_also(notice, None, pages)];
    message
}

fn happenings(notice: &Notice, told: &ToldDigest, pages: Pages<'_>) -> Listing {
    let shown = told.firings.iter().take(MAX_LINES);
    let mut items: Vec<_> = shown.map(|digested| line(notice, digested, pages)).collect();
    let shown = u64::try_from(items.len()).unwrap_or(u64::MAX);
    let more = told.fired.saturating_add(told.recovered).saturating_sub(shown);
    if more > 0 {
        items.push(Item { title: counted(more, "more", "more"), detail: None, link: None });
    }
    Listing { heading: "What happened".to_owned(), items }
}

fn line(notice: &Notice, digested: &Digested, pages: Pages<'_>) -> Item {
    let what = if digested.recovered { "recovered" } else { "fired" };
    let rule = &notice.rule;
    let title = match &digested.error {
        Some((_, title)) => one_line(title, MAX_TITLE),
        None => one_line(&rule.name, MAX_TITLE),
    };
    Item {
        title,
        detail: Some(format!("{what} at {}: {}", time(digested.at), amount(rule, digested.value))),
        link: digested.error.as_ref().map(|(id, _)| pages.error(*id)),
    }
}
