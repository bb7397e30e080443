//! A project's own rules of grouping: which events belong together although they look different, and which
//! are not kept at all.
//!
//! A rule a line, the first that matches wins; what is behind a `#` is for people:
//!
//! ```text
//! type:DatabaseError message:"*timeout*" -> fingerprint("db-timeout", "{{ function }}")
//! module:"vendor.*" !in_app:yes level:warning -> discard
//! ```
//!
//! A rule matches when all its matchers do. Those of frames (`module`, `function`, `path`, `in_app`) look
//! for one frame of which all of them hold; with a `!` none may. In a pattern `*` is any text, `?` any
//! character and `\` takes either as it is; letters of ASCII match in both cases.
//!
//! Pure, as everything about fingerprints: ingest applies the rules where it names an event, so that the id
//! that it answers is the right one. How texts are read is in `parse`, how they are matched in `glob` and
//! `facts`.

mod facts;
mod glob;
mod parse;
mod print;
#[cfg(test)]
mod properties;
mod template;

use super::{Grouping, Input, chain_of, grouped};
use crate::event::Event;
use facts::Facts;
use glob::Glob;
pub use parse::{MAX_TEXT, RuleError};
use template::Template;

/// Rules of one text.
pub const MAX_RULES: usize = 200;

/// Matchers of one rule.
pub const MAX_MATCHERS: usize = 16;

/// Matchers of one text. Every event of the project pays for them, those of frames once for each frame.
pub const MAX_ALL_MATCHERS: usize = 500;

/// Parts of one fingerprint.
pub const MAX_PIECES: usize = 8;

/// What can be asked of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Type,
    Message,
    Level,
    Environment,
    Release,
    Source,
    Platform,
    ServerName,
    Url,
    Tag(String),
    /// Of a frame, as the others that follow.
    Module,
    Function,
    Path,
    InApp,
}

impl Key {
    /// All keys but tags, by name.
    const NAMED: [(&'static str, Self); 13] = [
        ("type", Self::Type),
        ("message", Self::Message),
        ("level", Self::Level),
        ("environment", Self::Environment),
        ("release", Self::Release),
        ("source", Self::Source),
        ("platform", Self::Platform),
        ("server_name", Self::ServerName),
        ("url", Self::Url),
        ("module", Self::Module),
        ("function", Self::Function),
        ("path", Self::Path),
        ("in_app", Self::InApp),
    ];

    fn is_of_frame(&self) -> bool {
        matches!(self, Self::Module | Self::Function | Self::Path | Self::InApp)
    }
}

/// Whether a matcher asks for what it says, or for its absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sense {
    Is,
    IsNot,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Matcher {
    sense: Sense,
    key: Key,
    pattern: Glob,
}

/// What a rule does with an event.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    /// The parts decide which error it belongs to, instead of the client's grouping or ours.
    Fingerprint(Vec<Template>),
    /// It is not kept.
    Discard,
}

/// One rule. [`Display`](std::fmt::Display) writes it in canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    matchers: Vec<Matcher>,
    action: Action,
}

impl Rule {
    /// Whether it discards what it matches.
    pub fn discards(&self) -> bool {
        self.action == Action::Discard
    }
}

/// The rules of one text, in its order.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    rules: Vec<Rule>,
    /// The line of each, from 1.
    lines: Vec<usize>,
}

/// Lines and comments do not make rules different.
impl PartialEq for Rules {
    fn eq(&self, other: &Self) -> bool {
        self.rules == other.rules
    }
}

impl Eq for Rules {}

impl Rules {
    /// The rules, each with its line.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &Rule)> {
        self.lines.iter().copied().zip(&self.rules)
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }
}

/// The texts that rules stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum List {
    /// Rules that discard, and are looked at first.
    Discard,
    /// All others.
    Grouping,
}

impl List {
    /// The field of the project.
    pub fn field(self) -> &'static str {
        match self {
            Self::Discard => "discard_rules",
            Self::Grouping => "grouping_rules",
        }
    }
}

/// All rules of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProjectRules {
    /// Looked at first.
    pub discard: Rules,
    /// Looked at next.
    pub grouping: Rules,
}

/// A rule that matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matched<'a> {
    /// The text that it stands in.
    pub list: List,
    /// Its line there, from 1.
    pub line: usize,
    /// The rule.
    pub rule: &'a Rule,
}

/// What an event is named, by which rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruled<'a> {
    /// The name; also of an event that is discarded.
    pub grouping: Grouping,
    /// The rule that matched, if one did.
    pub matched: Option<Matched<'a>>,
    /// The grouping that the rule gives in place of the client's own.
    pub pieces: Option<Vec<String>>,
}

impl Ruled<'_> {
    /// Whether the event is not to be kept.
    pub fn is_discarded(&self) -> bool {
        self.matched.is_some_and(|matched| matched.rule.discards())
    }
}

impl ProjectRules {
    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.discard.is_empty() && self.grouping.is_empty()
    }

    /// All rules, in the order in which they are looked at.
    pub fn all(&self) -> impl Iterator<Item = Matched<'_>> {
        listed(List::Discard, &self.discard).chain(listed(List::Grouping, &self.grouping))
    }

    /// Names an event.
    pub fn group(&self, event: &Event) -> Ruled<'_> {
        let input = event.grouping_input();
        let chain = chain_of(&input);
        let facts = Facts { event, input, chain: &chain };
        let Some(matched) = self.first(&facts) else {
            return Ruled { grouping: grouped(&input, &chain), matched: None, pieces: None };
        };
        let pieces = match &matched.rule.action {
            Action::Discard => None,
            Action::Fingerprint(templates) => {
                Some(templates.iter().map(|template| template.fill(&facts)).collect::<Vec<_>>())
            }
        };
        let client_fingerprint = pieces.as_deref().or(input.client_fingerprint);
        let input = Input { client_fingerprint, ..input };
        Ruled { grouping: grouped(&input, &chain), matched: Some(matched), pieces }
    }

    fn first(&self, facts: &Facts<'_>) -> Option<Matched<'_>> {
        self.all().find(|matched| facts.fit(matched.rule))
    }
}

/// The rules of one text.
fn listed(list: List, rules: &Rules) -> impl Iterator<Item = Matched<'_>> {
    rules.iter().map(move |(line, rule)| Matched { list, line, rule })
}

#[cfg(test)]
mod tests;
