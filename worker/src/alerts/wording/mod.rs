//! What a notification says, in words for people and as an object for programs.
//!
//! Every message says what happened, where, how much against which threshold, since when, and what to do
//! next. How a channel lays it out (markup, limits, escaping) is the business of [`shared::channels`];
//! here it is made sure that what users named stays in one line of a bounded length.

mod data;
mod digest;
mod firing;
mod numbers;
mod text;

use shared::channels::{Item, Listing, Message};
use uuid::Uuid;

use super::notice::{News, Notice, ToldError};

/// Words a notice. Links lead to the dashboard at the public URL.
pub fn message(notice: &Notice, public_url: &str) -> Message {
    let pages = Pages { public_url };
    let mut message = match &notice.news {
        News::Fired(told) => firing::fired(notice, told, pages),
        News::Recovered(told) => firing::recovered(notice, told, pages),
        News::Digest(told) => digest::message(notice, told, pages),
    };
    message.severity = Some(notice.rule.severity);
    message.data = Some(data::of(notice, pages));
    message
}

/// The dashboard's pages.
#[derive(Debug, Clone, Copy)]
struct Pages<'a> {
    public_url: &'a str,
}

impl Pages<'_> {
    fn error(self, id: Uuid) -> String {
        format!("{}/errors/{id}", self.public_url)
    }

    fn rule(self, id: Uuid) -> String {
        format!("{}/alerts/{id}", self.public_url)
    }

    fn incident(self, id: Uuid) -> String {
        format!("{}/incidents/{id}", self.public_url)
    }
}

/// What users named, as long as it may be in the middle of a sentence, as a title, and as a fact.
const MAX_NAME: usize = 80;
const MAX_TITLE: usize = 160;
const MAX_FACT: usize = 400;

/// How an error is listed.
fn listed(error: &ToldError, pages: Pages<'_>) -> Item {
    let mut detail = numbers::counted(error.events, "event", "events");
    if let Some(culprit) = &error.culprit {
        detail += &format!(", in {}", text::one_line(culprit, MAX_TITLE));
    }
    Item {
        title: text::one_line(&error.title, MAX_TITLE),
        detail: Some(detail),
        link: Some(pages.error(error.id)),
    }
}

/// Where else to look: the rule, and the incident if there is one.
fn see_also(notice: &Notice, incident: Option<Uuid>, pages: Pages<'_>) -> Listing {
    let item = |title: &str, link| Item { title: title.to_owned(), detail: None, link: Some(link) };
    let mut items = vec![item("The rule and its firings", pages.rule(notice.rule.id))];
    items.extend(incident.map(|id| item("The incident", pages.incident(id))));
    Listing { heading: "See also".to_owned(), items }
}

#[cfg(test)]
mod tests;
