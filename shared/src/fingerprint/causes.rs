//! Finds in a message what names the cause rather than the case: the class of an HTTP status, the
//! number of a system or database error, the port of a peer that refused, the table of a statement.
//!
//! One pass over the words, with what the words before said as the only memory.

mod database;
mod keywords;
mod peer;
mod sql;
mod status;
#[cfg(test)]
mod tests;
mod words;

use super::parts::{Part, Parts};
use keywords::{Keyword, keyword};
use peer::Peer;
use sql::TableName;
use status::Reason;
use words::Words;

/// Causes named further behind than this belong to a dump, not to a sentence.
const MAX_BYTES: usize = 4096;

/// The first of each sort that was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Causes<'a> {
    status_class: Option<u8>,
    error_number: Option<&'a str>,
    /// The number that a driver gives to all failures, which counts where nothing better is known.
    driver_number: Option<&'a str>,
    /// What the database itself told the driver.
    database_number: Option<&'a str>,
    port: Option<u32>,
    table: Option<TableName<'a>>,
}

impl<'a> Causes<'a> {
    /// Reads one text; what was found in an earlier one stays.
    pub(super) fn read(&mut self, text: &'a str) {
        let text = text.trim();
        let text = text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or_default();
        let mut found = Causes::default();
        let mut context = Context::default();
        for word in Words::of(text) {
            context.read(&word, &mut found);
        }
        found.port = context.peer.port();
        self.status_class = self.status_class.or(found.status_class);
        self.error_number = self.error_number.or(found.error_number);
        self.driver_number = self.driver_number.or(found.driver_number);
        self.database_number = self.database_number.or(found.database_number);
        self.port = self.port.or(found.port);
        self.table = self.table.or(found.table);
    }

    /// Takes a number that stands outside of the texts.
    pub(super) fn note_error_number(&mut self, number: &'a str) {
        match number {
            // Numbers from the range of .NET itself say no more than the type that has them.
            _ if number.starts_with("0x8013") => {}
            _ if database::is_of_driver(number) => {
                self.driver_number.get_or_insert(number);
            }
            _ => {
                self.error_number.get_or_insert(number);
            }
        }
    }

    fn number(&self) -> Option<&'a str> {
        let of_database = || self.driver_number.and(self.database_number);
        self.error_number.or_else(of_database).or(self.driver_number)
    }

    pub(super) fn add_to(&self, parts: &mut Parts) {
        if let Some(class) = self.status_class {
            parts.add(Part::Status, &[class, b'x', b'x']);
        }
        if let Some(number) = self.number() {
            parts.add(Part::ErrorNumber, number.as_bytes());
        }
        if let Some(port) = self.port {
            parts.add(Part::Port, port.to_string().as_bytes());
        }
        if let Some(table) = self.table {
            parts.add_with(Part::Table, |bytes| {
                bytes.extend(table.bytes().map(|byte| byte.to_ascii_lowercase()));
            });
        }
    }
}

/// What the words so far make of the next one.
#[derive(Default)]
struct Context {
    previous: Option<Keyword>,
    before_previous: Option<Keyword>,
    peer: Peer,
    /// A number that can be no status was expected, so that what came instead is none.
    counts: bool,
    /// The text speaks of HTTP, so that a number which nothing else explains is a status.
    in_http: bool,
    /// The text speaks of a request, which need not be one of HTTP.
    in_request: bool,
    /// The status that was named last is that of something else, such as an order.
    of_noun: bool,
    /// A process may have ended, so that a signal is the one that ended it.
    has_exited: bool,
    /// Nothing but words that announce a code stood since a process ended.
    announces_exit: bool,
    /// The signal that was named last ended a process.
    by_signal: bool,
    /// `select` was read, so that `from` and `join` name tables.
    in_selection: bool,
    /// `duplicate` was read, so that `key` names an index and not any key.
    in_duplicate: bool,
    /// The word before named a table, which a dot turns into its schema.
    named_table: bool,
}

impl Context {
    #[inline]
    fn read<'a>(&mut self, word: &words::Word<'a>, found: &mut Causes<'a>) {
        if word.text.is_empty() {
            if word.is_before_quote() {
                self.join(found);
            }
            return;
        }
        let keyword = keyword(word.text);
        if self.is_plain(word, keyword) {
            self.pass(keyword);
        } else {
            self.read_telling(word, keyword, found);
        }
    }

    /// Reads a word that may name a cause or say what those behind it are. A function of its own, so that
    /// plain words, which are most, do not pay for what it needs.
    #[inline(never)]
    fn read_telling<'a>(
        &mut self,
        word: &words::Word<'a>,
        keyword: Option<Keyword>,
        found: &mut Causes<'a>,
    ) {
        if word.begins_with_digit() {
            self.counts |= self.previous == Some(Keyword::Expected) && word.text.len() != 3;
        }
        // What is the status of an answer is no number of a failure besides.
        if !(word.begins_with_digit() && self.read_status(word, found)) {
            self.read_error_number(word, found);
        }
        self.read_table(word, keyword, found);
        self.learn(word, keyword);
        self.peer.read(word, keyword, self.previous);
        self.before_previous = self.previous;
        self.previous = keyword;
    }

    /// Whether the word is one of the many that name no cause and say nothing of one: in the middle of a
    /// clause, neither a number nor a name of capitals, and neither it nor the word before announces anything.
    fn is_plain(&self, word: &words::Word<'_>, keyword: Option<Keyword>) -> bool {
        let is_mute = |keyword: Option<Keyword>| matches!(keyword, None | Some(Keyword::Filler));
        is_mute(keyword) && is_mute(self.previous) && word.begins_small() && word.is_amid_clause()
    }

    /// Goes on behind a plain word.
    fn pass(&mut self, keyword: Option<Keyword>) {
        self.announces_exit = false;
        self.named_table = false;
        self.peer.pass();
        self.before_previous = self.previous;
        self.previous = keyword;
    }

    /// What the word says about those that come.
    fn learn(&mut self, word: &words::Word<'_>, keyword: Option<Keyword>) {
        self.announces_exit = match keyword {
            Some(Keyword::Exited | Keyword::Ended) => true,
            Some(Keyword::With | Keyword::Exit | Keyword::Code | Keyword::Status) => {
                self.announces_exit
            }
            _ => false,
        };
        match keyword {
            None | Some(Keyword::Statement) => self.in_http |= word.is_method(),
            Some(Keyword::Http | Keyword::Web | Keyword::Response) => self.in_http = true,
            Some(Keyword::Request) => self.in_request = true,
            Some(Keyword::Exit | Keyword::Exited | Keyword::Ended) => self.has_exited = true,
            Some(Keyword::Signal) => {
                let is_own = self.previous.is_some() || !word.follows_word();
                self.by_signal = self.has_exited && is_own;
            }
            Some(Keyword::Duplicate) => self.in_duplicate = true,
            // People select all sorts of things.
            Some(Keyword::Select) => {
                let is_statement = || !word.follows_word() && sql::is_before_columns(word);
                self.in_selection |= word.text == "SELECT" || is_statement();
            }
            Some(Keyword::Status) => {
                self.of_noun = self.previous.is_none() && word.follows_word();
                self.in_http |= !self.of_noun;
            }
            _ => {}
        }
    }

    /// Three digits are a status behind words that announce one, before words that explain one, and
    /// where a request is told whatever points at them. Answers whether they are one.
    fn read_status(&self, word: &words::Word<'_>, found: &mut Causes<'_>) -> bool {
        let Some(class) = status::class(word.text) else {
            return false;
        };
        let is_explained = || match status::reason(word.text, word.explanation()) {
            Some(Reason::Certain) => true,
            // `Order 409 Conflict with order 77`
            Some(Reason::Word) => self.in_http || self.previous.is_some() || !word.follows_word(),
            None => false,
        };
        let is_status = self.announces_status(word)
            || self.points_at_status(word)
            || is_explained()
            || status::is_of_client(word)
            || status::begins_text(word)
            || status::ends_fetch(word);
        if is_status {
            found.status_class.get_or_insert(class);
        }
        is_status
    }

    fn announces_status(&self, word: &words::Word<'_>) -> bool {
        match (self.before_previous, self.previous) {
            (_, Some(Keyword::Status)) => !self.of_noun || self.in_http || word.follows("="),
            (_, Some(Keyword::Http)) => true,
            (Some(Keyword::Status | Keyword::Response), Some(Keyword::Code)) => true,
            (Some(Keyword::Http), Some(Keyword::Code | Keyword::ErrorKind)) => true,
            (Some(Keyword::ErrorKind), Some(Keyword::Code)) => {
                self.in_http && status::is_known(word.text)
            }
            (Some(Keyword::Answered), Some(Keyword::With)) => true,
            _ if !word.ends_clause() || !self.may_be_status(word) => false,
            (_, Some(Keyword::Answered)) => true,
            (Some(Keyword::Server), Some(Keyword::Returned)) => true,
            (_, Some(Keyword::Returned | Keyword::Got)) => self.in_http,
            (_, Some(Keyword::With | Keyword::Failed)) => self.in_http || self.in_request,
            (_, Some(Keyword::Response)) => true,
            _ => false,
        }
    }

    /// Whether a number of which little says what it is can be a status at all.
    fn may_be_status(&self, word: &words::Word<'_>) -> bool {
        status::is_known(word.text) && !self.counts && !status::expects_count(word.rest())
    }

    /// `GET /users -> 404`, `request failed (404)`.
    fn points_at_status(&self, word: &words::Word<'_>) -> bool {
        let is_enclosed = || {
            let behind = word.rest().strip_prefix(')');
            word.follows("(") && behind.is_some_and(ends_clause)
        };
        let follows_arrow = || {
            let arrows = ["-> ", "=> ", "\u{2192} "];
            word.ends_clause() && arrows.iter().any(|arrow| word.follows(arrow))
        };
        let is_pointed_at =
            (self.in_http || self.in_request) && is_enclosed() || self.in_http && follows_arrow();
        is_pointed_at && self.may_be_status(word)
    }

    fn read_error_number<'a>(&self, word: &words::Word<'a>, found: &mut Causes<'a>) {
        if found.error_number.is_some() {
            return;
        }
        if found.database_number.is_none() && database::is_number(word, found.driver_number) {
            found.database_number = Some(word.text);
        }
        let has_digit = || word.text.bytes().any(|byte| byte.is_ascii_digit());
        let is_announced = || self.announces_error_number(word) && has_digit();
        if is_announced()
            || words::is_error_name(word.text)
            || words::is_code_of_service(word)
            || database::begins_pair(word)
            || database::begins_pair_of_state(word)
        {
            found.note_error_number(word.text);
        }
    }

    fn announces_error_number(&self, word: &words::Word<'_>) -> bool {
        match (self.before_previous, self.previous) {
            (_, Some(Keyword::Errno)) => true,
            (Some(Keyword::ErrorKind), Some(Keyword::Code | Keyword::Status)) => true,
            (Some(Keyword::Os | Keyword::Database), Some(Keyword::ErrorKind)) => true,
            (Some(Keyword::Exit), Some(Keyword::Code | Keyword::Status)) => is_exit_code(word.text),
            (_, Some(Keyword::Code | Keyword::Status)) => {
                self.announces_exit && is_exit_code(word.text)
            }
            (Some(Keyword::Exited), Some(Keyword::With)) => {
                word.ends_clause() && is_exit_code(word.text)
            }
            (_, Some(Keyword::Signal)) => self.by_signal && is_signal(word.text),
            // `Error 1045 (28000): text`
            (_, Some(Keyword::ErrorKind)) => database::is_before_state(word),
            (_, None) => word.is_number_of_type() || database::begins_state(word),
            _ => false,
        }
    }

    fn read_table<'a>(
        &mut self,
        word: &words::Word<'a>,
        keyword: Option<Keyword>,
        found: &mut Causes<'a>,
    ) {
        self.named_table = false;
        if found.table.is_some() || keyword.is_some() {
            return;
        }
        let name = match (self.before_previous, self.previous) {
            (_, Some(Keyword::Table)) if sql::announces_table(word) => sql::last_part(word.text),
            (_, Some(Keyword::Relation))
                if sql::is_quoted(word) || word.follows("denied for relation ") =>
            {
                sql::last_part(word.text)
            }
            (_, Some(Keyword::Constraint)) => word.text,
            (Some(Keyword::Constraint), Some(Keyword::Failed)) => sql::without_column(word.text),
            (Some(Keyword::For), Some(Keyword::Key)) if self.in_duplicate => word.text,
            (_, Some(Keyword::Object)) if self.in_duplicate => sql::last_part(word.text),
            (Some(Keyword::Object), Some(Keyword::Name)) if word.follows("object name '") => {
                sql::last_part(word.text)
            }
            (Some(Keyword::Statement), Some(Keyword::From)) => sql::last_part(word.text),
            (_, Some(Keyword::From)) if self.in_selection => sql::last_part(word.text),
            (_, Some(Keyword::Update)) if sql::is_before_set(word) => sql::last_part(word.text),
            _ => return,
        };
        if sql::is_name(name) && can_be_identifier(word) {
            found.table = Some(TableName::read(name));
            self.named_table = true;
        }
    }

    /// A dot between quotes: what was taken for a table is its schema.
    fn join(&mut self, found: &mut Causes<'_>) {
        if std::mem::take(&mut self.named_table) {
            found.table = None;
            self.previous = Some(Keyword::Table);
        }
    }
}

/// Whether the name can be that of a table: one with a dash has to be quoted.
fn can_be_identifier(word: &words::Word<'_>) -> bool {
    !word.text.as_bytes().contains(&b'-') || sql::is_quoted(word)
}

/// Whether a text goes on without another word of the same clause.
fn ends_clause(rest: &str) -> bool {
    !rest.trim_start_matches(' ').starts_with(char::is_alphanumeric)
}

/// Systems keep eight bits of what a process ends with, and Windows the number of what ended it.
fn is_exit_code(text: &str) -> bool {
    const FAILURES_OF_WINDOWS: u32 = 0xC000_0000;
    match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).is_ok(),
        None => text.parse().is_ok_and(|code: u32| code <= 255 || code >= FAILURES_OF_WINDOWS),
    }
}

/// Signals of a system have numbers up to 64.
fn is_signal(text: &str) -> bool {
    text.parse().is_ok_and(|number: u8| (1..=64).contains(&number))
}
