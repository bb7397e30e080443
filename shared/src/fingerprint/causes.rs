//! Finds in a message what names the cause rather than the case: the class of an HTTP status, the
//! number of a system or database error, the port of a peer that refused, the table of a statement.
//!
//! One pass over the words, with what the words before said as the only memory.

mod keywords;
mod words;

use super::parts::{Part, Parts};
use keywords::{Keyword, keyword};
use words::Words;

/// Causes named further behind than this belong to a dump, not to a sentence.
const MAX_BYTES: usize = 4096;
/// Systems hand out ports from here on to clients; they say nothing about the peer.
const EPHEMERAL_PORTS: u32 = 32_768;

/// The first of each sort that was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Causes<'a> {
    status_class: Option<u8>,
    error_number: Option<&'a str>,
    port: Option<u32>,
    table: Option<&'a str>,
}

impl<'a> Causes<'a> {
    /// Reads one text; what was found in an earlier one stays.
    pub(super) fn read(&mut self, text: &'a str) {
        let mut end = text.len().min(MAX_BYTES);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut found = Causes::default();
        let mut context = Context::default();
        for word in Words::of(text.get(..end).unwrap_or_default()) {
            context.read(&word, &mut found);
        }
        if !context.is_network_failure {
            found.port = None;
        }
        self.status_class = self.status_class.or(found.status_class);
        self.error_number = self.error_number.or(found.error_number);
        self.port = self.port.or(found.port);
        self.table = self.table.or(found.table);
    }

    /// Takes a number that stands outside of the texts.
    pub(super) fn note_error_number(&mut self, number: &'a str) {
        // Numbers from the range of .NET itself say no more than the type that has them.
        if !number.starts_with("0x8013") {
            self.error_number.get_or_insert(number);
        }
    }

    pub(super) fn add_to(&self, parts: &mut Parts) {
        if let Some(class) = self.status_class {
            parts.add(Part::Status, &[class, b'x', b'x']);
        }
        if let Some(number) = self.error_number {
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
    is_network_failure: bool,
    /// The text speaks of HTTP, so that a number which nothing else explains is a status.
    in_http: bool,
    /// The text speaks of a request, which need not be one of HTTP.
    in_request: bool,
    /// The status that was named last is that of something else, such as an order.
    of_noun: bool,
    /// A process ended, so that a code is the one it ended with.
    has_exited: bool,
    /// `select` was read, so that `from` and `join` name tables.
    in_selection: bool,
    /// `duplicate` was read, so that `key` names an index and not any key.
    in_duplicate: bool,
    /// The word before named a table, which a dot turns into its schema.
    named_table: bool,
}

impl Context {
    fn read<'a>(&mut self, word: &words::Word<'a>, found: &mut Causes<'a>) {
        if word.text.is_empty() {
            if word.is_before_quote() {
                self.join(found);
            }
            return;
        }
        let keyword = keyword(word.text);
        if word.text.starts_with(|first: char| first.is_ascii_digit()) {
            self.read_status(word, found);
            self.read_port(word, found);
        }
        self.read_error_number(word, found);
        self.read_table(word, keyword, found);
        self.learn(word, keyword);
        self.before_previous = self.previous;
        self.previous = keyword;
    }

    /// What the word says about those that come.
    fn learn(&mut self, word: &words::Word<'_>, keyword: Option<Keyword>) {
        match keyword {
            None | Some(Keyword::Statement) => self.in_http |= word.is_method(),
            Some(Keyword::Refused | Keyword::Connect) => self.is_network_failure = true,
            Some(Keyword::Http | Keyword::Web | Keyword::Response) => {
                (self.in_http, self.has_exited) = (true, false);
            }
            Some(Keyword::Request) => (self.in_request, self.has_exited) = (true, false),
            Some(Keyword::Exited) => self.has_exited = true,
            Some(Keyword::Duplicate) => self.in_duplicate = true,
            // People select all sorts of things.
            Some(Keyword::Select) => {
                self.in_selection |= word.text == "SELECT" || !word.follows_word();
            }
            Some(Keyword::Status) => {
                self.of_noun = self.previous.is_none() && word.follows_word();
                self.in_http |= !self.of_noun;
            }
            _ => {}
        }
    }

    /// Three digits are a status behind words that announce one, before words that explain one, and
    /// where a request is told whatever points at them.
    fn read_status(&self, word: &words::Word<'_>, found: &mut Causes<'_>) {
        if found.status_class.is_some() {
            return;
        }
        let Some(class) = status_class(word.text) else {
            return;
        };
        if self.announces_status(word)
            || self.points_at_status(word)
            || words::explains_status(word.text, word.explanation())
        {
            found.status_class = Some(class);
        }
    }

    fn announces_status(&self, word: &words::Word<'_>) -> bool {
        match (self.before_previous, self.previous) {
            _ if self.has_exited => false,
            (_, Some(Keyword::Status)) => !self.of_noun || self.in_http || word.follows("="),
            (_, Some(Keyword::Http)) => true,
            (Some(Keyword::Status), Some(Keyword::Code)) => true,
            (Some(Keyword::Http), Some(Keyword::Code | Keyword::ErrorKind)) => true,
            (Some(Keyword::Answered), Some(Keyword::With)) => true,
            _ if !word.ends_clause => false,
            (_, Some(Keyword::Answered)) => true,
            (Some(Keyword::Server), Some(Keyword::Returned)) => true,
            (_, Some(Keyword::Returned | Keyword::Got)) => self.in_http,
            (_, Some(Keyword::With)) => self.in_http || self.in_request,
            (_, Some(Keyword::Response)) => true,
            _ => false,
        }
    }

    /// `GET /users -> 404`, `request failed (404)`.
    fn points_at_status(&self, word: &words::Word<'_>) -> bool {
        let is_enclosed = || word.follows("(") && word.is_before(")");
        let follows_arrow = || {
            let arrows = ["-> ", "=> ", "\u{2192} "];
            word.ends_clause && arrows.iter().any(|arrow| word.follows(arrow))
        };
        ((self.in_http || self.in_request) && is_enclosed()) || (self.in_http && follows_arrow())
    }

    fn read_error_number<'a>(&self, word: &words::Word<'a>, found: &mut Causes<'a>) {
        if found.error_number.is_some() {
            return;
        }
        let has_digit = || word.text.bytes().any(|byte| byte.is_ascii_digit());
        if (self.announces_error_number(word) && has_digit()) || words::is_error_name(word.text) {
            found.note_error_number(word.text);
        }
    }

    fn announces_error_number(&self, word: &words::Word<'_>) -> bool {
        match (self.before_previous, self.previous) {
            (_, Some(Keyword::Errno)) => true,
            (Some(Keyword::ErrorKind), Some(Keyword::Code | Keyword::Status)) => true,
            (Some(Keyword::Os | Keyword::Database), Some(Keyword::ErrorKind)) => true,
            (_, Some(Keyword::Code | Keyword::Status)) => self.has_exited,
            (Some(Keyword::Exited), Some(Keyword::With)) => word.ends_clause,
            (_, Some(Keyword::Signal)) => is_signal(word.text),
            // `Error 1045 (28000): text`
            (_, Some(Keyword::ErrorKind)) => {
                let state = word.explanation().split_once(')');
                word.is_before(" (") && state.is_some_and(|(state, _)| is_sql_state(state))
            }
            (_, None) => word.is_number_of_type(),
            _ => false,
        }
    }

    fn read_port(&self, word: &words::Word<'_>, found: &mut Causes<'_>) {
        // Two digits behind a colon are minutes or seconds rather than a port.
        let announced =
            (word.text.len() > 2 && word.follows_host()) || self.previous == Some(Keyword::Port);
        if !announced || word.text.len() > 5 {
            return;
        }
        let port = word.text.parse().ok();
        if let Some(port) = port.filter(|port| *port < EPHEMERAL_PORTS) {
            found.port.get_or_insert(port);
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
            (_, Some(Keyword::Table | Keyword::Relation)) => words::last_part(word.text),
            (_, Some(Keyword::Constraint)) => word.text,
            (Some(Keyword::Constraint), Some(Keyword::Failed)) => words::without_column(word.text),
            (Some(Keyword::For), Some(Keyword::Key)) if self.in_duplicate => word.text,
            (_, Some(Keyword::Object)) if self.in_duplicate => words::last_part(word.text),
            (Some(Keyword::Object), Some(Keyword::Name)) if word.follows("object name '") => {
                words::last_part(word.text)
            }
            (Some(Keyword::Statement), Some(Keyword::From)) => words::last_part(word.text),
            (_, Some(Keyword::From)) if self.in_selection => words::last_part(word.text),
            (_, Some(Keyword::Update)) if word.is_before_set() => words::last_part(word.text),
            _ => return,
        };
        if words::is_name(name) && word.can_be_identifier() {
            found.table = Some(words::without_partition(name));
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

/// Signals of a system have numbers up to 64.
fn is_signal(text: &str) -> bool {
    text.parse().is_ok_and(|number: u8| (1..=64).contains(&number))
}

/// The five letters and digits by which databases tell sorts of failures.
fn is_sql_state(text: &str) -> bool {
    text.len() == 5 && text.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
}

/// `4` or `5` for a status of failure.
fn status_class(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [class @ (b'4' | b'5'), b, c] if b.is_ascii_digit() && c.is_ascii_digit() => Some(*class),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let mut causes = Causes::default();
        causes.read(text);
        let mut found = Vec::new();
        found.extend(causes.status_class.map(|class| format!("{}xx", char::from(class))));
        found.extend(causes.error_number.map(str::to_owned));
        found.extend(causes.port.map(|port| format!("port {port}")));
        found.extend(causes.table.map(|table| format!("table {table}")));
        assert_eq!(found.join(", "), expected, "{text}");
    }

    #[test]
    fn status_classes() {
        check("Request failed with status code 404", "4xx");
        check("HTTP/1.1 502 Bad Gateway", "5xx");
        check("Server error '503 Service Unavailable' for url 'http://x/404/y'", "5xx");
        check("404 Client Error: Not Found for url: http://x/500", "4xx");
        check("upstream returned 503", "5xx");
        check("status=429 after 3 tries", "4xx");
        check("HTTP Error 503: busy", "5xx");
        check("service returned 503", "5xx");
        check("unexpected status 500 from billing", "5xx");
        check("GET /users/17 -> 404", "4xx");
        check("Request failed (404)", "4xx");
        check("unexpected response: 404", "4xx");
        check("Expected HTTP 200, got 404", "4xx");
        check("the peer responded with 502", "5xx");
        check("10.0.0.1 - \"GET /x HTTP/1.1\" 500 12", "5xx");
    }

    #[test]
    fn three_digits_alone_are_no_status() {
        check("order 503 not shipped", "");
        check("order 404 Not in stock", "");
        check("order 410 gone", "");
        check("loaded 404 rows with 500 columns", "");
        check("550 mailbox unavailable", "");
        check("expected 3 items, got 450", "");
        check("Order status 450 unknown", "");
        check("dropped 450 client connections", "");
        check("skipped 412 bad rows", "");
        check("batch failed with 450.", "");
        check("moved shelf 12 -> 404", "");
        check("lost the parcel (404)", "");
    }

    #[test]
    fn error_numbers() {
        check("[Errno 28] No space left", "28");
        check("ENOENT: no such file", "ENOENT");
        check("SQLSTATE[HY000]: gone away", "HY000");
        check("Permission denied (os error 13)", "13");
        check("ORA-00942: table or view", "ORA-00942");
        check("process ended with exit code 137", "137");
        check("job 7 ended, exit_code=137", "137");
        check("process exited with code 137", "137");
        check("exited with status 2 after 3 s", "2");
        check("worker died with 139", "139");
        check("killed by signal 9", "9");
        check("MySQL error 2006: gone away", "2006");
        check("ERROR 1062 (23000): Duplicate entry", "1062");
        check("Net.SocketException (111): refused", "111");
        check("SqlException (0x80131904): timeout", "");
        check("ERROR in EMAIL", "");
        check("signal 300 lost", "");
        check("error 17 (see the manual)", "");
    }

    #[test]
    fn ports_of_refused_connections() {
        check("connect ECONNREFUSED 10.0.0.9:5432", "ECONNREFUSED, port 5432");
        check("12:30:01 dial tcp [::1]:6379: connect: connection refused", "port 6379");
        check("is it accepting connections on port 5433? Connection refused", "port 5433");
        check("read from 10.0.0.9:5432 closed", "");
        check("connect ETIMEDOUT 10.0.0.9:443 - Local (10.0.0.3:51234)", "ETIMEDOUT, port 443");
    }

    #[test]
    fn tables() {
        check("no such table: parcels", "table parcels");
        check("relation \"parcels\" does not exist", "table parcels");
        check("Table 'depot.parcels' doesn't exist", "table parcels");
        check("UNIQUE constraint failed: parcels.label", "table parcels");
        check("SELECT a, b FROM parcels WHERE id = 7", "table parcels");
        check("select * from \"depot\".\"parcels\" p", "table parcels");
        check("no such table \"parcels\". Add it", "table parcels");
        check("INSERT INTO parcels (a) VALUES (7)", "table parcels");
        check("UPDATE parcels SET a = 7", "table parcels");
        check("DELETE FROM parcels", "table parcels");
        check("violates unique constraint \"parcels_label_key\"", "table parcels_label_key");
        check("Duplicate entry 'x' for key 'parcels.label'", "table parcels.label");
        check("Invalid object name 'dbo.parcels'.", "table parcels");
        check("Cannot insert duplicate key in object 'dbo.parcels'", "table parcels");
        check("duplicate key error collection: depot.parcels index: a_1 dup key", "table parcels");
        check("no such table: parcels2", "table parcels2");
        check("relation \"parcels_2024_01\" does not exist", "table parcels");
        check("relation \"parcels_y2024m01\" does not exist", "table parcels");
        check("relation \"parcels_p20240101\" does not exist", "table parcels");
        check("relation \"parcels_2\" does not exist", "table parcels_2");
        check("relation \"a-b\" does not exist", "table a-b");
        check("duplicate key user-17 ignored", "");
        check("duplicate key bob ignored", "");
        check("cannot insert into crate-17 now", "");
        check("could not select a seat from row", "");
        check("could not update settings from file", "");
        check("the table is full", "");
        check("key 'abc' not found", "");
        check("failed to delete bob from group", "");
    }
}
