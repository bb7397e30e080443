//! Finds in a message what names the cause rather than the case: the class of an HTTP status, the
//! number of a system or database error, the port of a peer that refused, the table of a statement.
//!
//! One pass over the words, with what the words before said as the only memory.

mod words;

use super::parts::{Part, Parts};
use words::{Keyword, Words, keyword};

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
    /// `select` was read, so that `from` and `join` name tables.
    in_selection: bool,
    /// `duplicate` was read, so that `key` names an index and not any key.
    in_duplicate: bool,
    /// The word before named a table, which a dot turns into its schema.
    named_table: bool,
    /// A status that only the word after it can confirm.
    possible_status: Option<u8>,
}

impl Context {
    fn read<'a>(&mut self, word: &words::Word<'a>, found: &mut Causes<'a>) {
        if word.text.is_empty() {
            self.join(found);
            return;
        }
        let keyword = keyword(word.text);
        self.read_status(word, keyword, found);
        self.read_error_number(word, found);
        self.read_port(word, found);
        self.read_table(word, keyword, found);
        match keyword {
            Some(Keyword::Refused | Keyword::Connect) => self.is_network_failure = true,
            Some(Keyword::Select) => self.in_selection = true,
            Some(Keyword::Duplicate) => self.in_duplicate = true,
            _ => {}
        }
        self.before_previous = self.previous;
        self.previous = keyword;
    }

    /// Three digits are a status behind words that announce one, or before words that explain one.
    fn read_status(
        &mut self,
        word: &words::Word<'_>,
        keyword: Option<Keyword>,
        found: &mut Causes<'_>,
    ) {
        if let Some(class) = self.possible_status.take()
            && (keyword == Some(Keyword::ReasonPhrase) || word.text == "Not")
        {
            found.status_class.get_or_insert(class);
        }
        let Some(class) = status_class(word.text) else {
            return;
        };
        let announced = match (self.before_previous, self.previous) {
            (_, Some(Keyword::Status | Keyword::Http)) => true,
            (Some(Keyword::Status | Keyword::Http), Some(Keyword::Code)) => true,
            (_, Some(Keyword::Answered)) => word.ends_clause,
            _ => false,
        };
        if announced {
            found.status_class.get_or_insert(class);
        } else {
            self.possible_status = Some(class);
        }
    }

    fn read_error_number<'a>(&self, word: &words::Word<'a>, found: &mut Causes<'a>) {
        let announced = matches!(
            (self.before_previous, self.previous),
            (_, Some(Keyword::Errno))
                | (Some(Keyword::ErrorKind), Some(Keyword::Code | Keyword::Status))
                | (Some(Keyword::Os), Some(Keyword::ErrorKind))
        );
        let has_digit = word.text.bytes().any(|byte| byte.is_ascii_digit());
        if (announced && has_digit) || words::is_error_name(word.text) {
            found.error_number.get_or_insert(word.text);
        }
    }

    fn read_port(&self, word: &words::Word<'_>, found: &mut Causes<'_>) {
        // Two digits behind a colon are minutes or seconds rather than a port.
        let announced =
            (word.follows_host && word.text.len() > 2) || self.previous == Some(Keyword::Port);
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
            (_, Some(Keyword::Key)) if self.in_duplicate => word.text,
            (Some(Keyword::Statement), Some(Keyword::From)) => words::last_part(word.text),
            (_, Some(Keyword::From)) if self.in_selection => words::last_part(word.text),
            (_, Some(Keyword::Update)) if word.is_before_set() => words::last_part(word.text),
            _ => return,
        };
        if words::is_name(name) {
            found.table = Some(name);
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
        check("order 503 not shipped", "");
        check("loaded 404 rows with 500 columns", "");
        check("550 mailbox unavailable", "");
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
        check("ERROR in EMAIL", "");
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
        check("INSERT INTO parcels (a) VALUES (7)", "table parcels");
        check("UPDATE parcels SET a = 7", "table parcels");
        check("DELETE FROM parcels", "table parcels");
        check("violates unique constraint \"parcels_label_key\"", "table parcels_label_key");
        check("Duplicate entry 'x' for key 'parcels.label'", "table parcels.label");
        check("could not update settings from file", "");
        check("the table is full", "");
        check("key 'abc' not found", "");
        check("failed to delete bob from group", "");
    }
}
