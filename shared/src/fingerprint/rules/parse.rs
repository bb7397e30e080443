//! Reads rules, and says of each line that is none where it goes wrong.

use super::glob::{Glob, MAX_STATES, Token};
use super::template::{Piece, Template};
use super::{
    Action, Key, List, MAX_ALL_MATCHERS, MAX_MATCHERS, MAX_PIECES, MAX_RULES, Matcher,
    ProjectRules, Rule, Rules, Sense,
};
use crate::event::Level;

/// Bytes of one text.
pub const MAX_TEXT: usize = 32 << 10;

/// Bytes of a part of a fingerprint, and of the name of a tag, as they are written.
const MAX_PIECE: usize = 200;

/// Lines that are told to be wrong; whoever mends them finds the others.
const MAX_ERRORS: usize = 20;

/// Where a text is not a list of rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct RuleError {
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// What is expected there.
    pub message: String,
}

impl ProjectRules {
    /// Reads one of a project's texts.
    ///
    /// # Errors
    /// What is wrong with it, line by line.
    pub fn parse(list: List, text: &str) -> Result<Rules, Vec<RuleError>> {
        if text.len() > MAX_TEXT {
            let message = format!("the text has {} bytes; {MAX_TEXT} are allowed", text.len());
            return Err(vec![RuleError { line: 1, column: 1, message }]);
        }
        let (mut rules, mut errors) = (Rules::default(), Vec::new());
        let mut matchers = 0;
        for (index, line) in text.lines().enumerate() {
            let mut cursor = Cursor { line, at: 0 };
            match rule(&mut cursor, list) {
                Ok(None) => {}
                Ok(Some(_)) if rules.rules.len() >= MAX_RULES => {
                    let message = format!("more than {MAX_RULES} rules");
                    errors.push(RuleError { line: index + 1, column: 1, message });
                    break;
                }
                Ok(Some(rule)) if matchers + rule.matchers.len() > MAX_ALL_MATCHERS => {
                    let message = format!("more than {MAX_ALL_MATCHERS} matchers in all rules");
                    errors.push(RuleError { line: index + 1, column: 1, message });
                    break;
                }
                Ok(Some(rule)) => {
                    matchers += rule.matchers.len();
                    rules.rules.push(rule);
                    rules.lines.push(index + 1);
                }
                Err(Fault { at, message }) => {
                    let before = line.get(..at).unwrap_or(line);
                    let column = before.chars().count() + 1;
                    errors.push(RuleError { line: index + 1, column, message });
                }
            }
            if errors.len() >= MAX_ERRORS {
                break;
            }
        }
        if errors.is_empty() { Ok(rules) } else { Err(errors) }
    }
}

/// What is wrong, and at which byte of the line.
struct Fault {
    at: usize,
    message: String,
}

fn fault<T>(at: usize, message: impl Into<String>) -> Result<T, Fault> {
    Err(Fault { at, message: message.into() })
}

/// None for a line without a rule.
fn rule(cursor: &mut Cursor<'_>, list: List) -> Result<Option<Rule>, Fault> {
    if let Some((at, _)) = cursor.line.char_indices().find(|(_, it)| it.is_control() && *it != '\t')
    {
        return fault(at, "control characters are not allowed");
    }
    if cursor.is_over() {
        return Ok(None);
    }
    let mut matchers = Vec::new();
    while !cursor.take("->") {
        if cursor.is_over() {
            return fault(cursor.at, "expected another matcher, or `->` and what to do");
        }
        if matchers.len() >= MAX_MATCHERS {
            return fault(cursor.at, format!("a rule has at most {MAX_MATCHERS} matchers"));
        }
        matchers.push(matcher(cursor)?);
    }
    if matchers.is_empty() {
        return fault(0, "expected a matcher such as `type:ValueError` before `->`");
    }
    let action = action(cursor, list)?;
    if !cursor.is_over() {
        return fault(cursor.at, "expected the end of the line");
    }
    Ok(Some(Rule { matchers, action }))
}

fn matcher(cursor: &mut Cursor<'_>) -> Result<Matcher, Fault> {
    let sense = if cursor.take("!") { Sense::IsNot } else { Sense::Is };
    let at = cursor.at;
    let key = key(cursor.word(), at)?;
    if !cursor.take_here(":") {
        return fault(cursor.at, "expected `:` and a pattern");
    }
    let at = cursor.at;
    let tokens = if cursor.take_here("\"") { quoted(cursor, at)? } else { bare(cursor)? };
    let Some(pattern) = Glob::new(tokens) else {
        return fault(at, format!("a pattern has at most {MAX_STATES} bytes"));
    };
    let fits_any = |words: &[&str]| words.iter().any(|word| pattern.matches(word));
    match key {
        Key::Level if !fits_any(&Level::ALL.map(Level::as_str)) => {
            fault(at, "no level is like this; there are debug, info, warning, error and fatal")
        }
        Key::InApp if !fits_any(&["yes", "no"]) => fault(at, "in_app is yes or no"),
        key => Ok(Matcher { sense, key, pattern }),
    }
}

fn key(word: &str, at: usize) -> Result<Key, Fault> {
    if let Some(name) = word.strip_prefix("tags.") {
        return match name.len() {
            0 => fault(at, "expected the name of a tag, as in `tags.region`"),
            1..=MAX_PIECE => Ok(Key::Tag(name.to_owned())),
            _ => fault(at, format!("the name of a tag has at most {MAX_PIECE} bytes")),
        };
    }
    match Key::NAMED.into_iter().find(|(name, _)| *name == word) {
        Some((_, key)) => Ok(key),
        None => {
            let names = Key::NAMED.map(|(name, _)| name).join(", ");
            fault(at, format!("expected one of {names}, or `tags.` and a name"))
        }
    }
}

/// What stands between quotes, of which the first was read.
fn quoted(cursor: &mut Cursor<'_>, opened: usize) -> Result<Vec<Token>, Fault> {
    let mut tokens = Vec::new();
    loop {
        match cursor.next() {
            None => return fault(opened, "the quote is not closed"),
            Some('"') => return Ok(tokens),
            Some(letter) => tokens.push(token(letter, cursor)),
        }
    }
}

/// A pattern without quotes: up to the next space, or `->`.
fn bare(cursor: &mut Cursor<'_>) -> Result<Vec<Token>, Fault> {
    let mut tokens = Vec::new();
    while let Some(letter) = cursor.peek() {
        if letter.is_whitespace() || cursor.rest().starts_with("->") {
            break;
        }
        if letter == '"' {
            return fault(cursor.at, "a quote stands at the start of a pattern, or behind `\\`");
        }
        cursor.at += letter.len_utf8();
        tokens.push(token(letter, cursor));
    }
    if tokens.is_empty() { fault(cursor.at, "expected a pattern") } else { Ok(tokens) }
}

fn token(letter: char, cursor: &mut Cursor<'_>) -> Token {
    match letter {
        '*' => Token::Run,
        '?' => Token::One,
        '\\' => match cursor.peek() {
            Some(escaped @ ('*' | '?' | '"' | '\\')) => {
                cursor.at += 1;
                Token::Char(escaped)
            }
            _ => Token::Char('\\'),
        },
        other => Token::Char(other),
    }
}

fn action(cursor: &mut Cursor<'_>, list: List) -> Result<Action, Fault> {
    cursor.skip_space();
    let at = cursor.at;
    match (cursor.word(), list) {
        ("discard", _) => Ok(Action::Discard),
        ("fingerprint", List::Grouping) => fingerprint(cursor).map(Action::Fingerprint),
        (_, List::Discard) => fault(at, "expected `discard`"),
        (_, List::Grouping) => fault(at, "expected `fingerprint(…)` or `discard`"),
    }
}

fn fingerprint(cursor: &mut Cursor<'_>) -> Result<Vec<Template>, Fault> {
    if !cursor.take("(") {
        return fault(cursor.at, "expected `(` and the parts of the fingerprint");
    }
    let mut parts = Vec::new();
    loop {
        cursor.skip_space();
        let at = cursor.at;
        if !cursor.take_here("\"") {
            return fault(at, "expected a part of the fingerprint in quotes");
        }
        if parts.len() >= MAX_PIECES {
            return fault(at, format!("a fingerprint has at most {MAX_PIECES} parts"));
        }
        parts.push(part(cursor, at)?);
        if cursor.take(")") {
            return Ok(parts);
        }
        if !cursor.take(",") {
            return fault(cursor.at, "expected `,` and another part, or `)`");
        }
    }
}

/// A part, whose first quote was read.
fn part(cursor: &mut Cursor<'_>, opened: usize) -> Result<Template, Fault> {
    let (mut pieces, mut text) = (Vec::new(), String::new());
    loop {
        let at = cursor.at;
        if at - opened > MAX_PIECE + 1 {
            return fault(opened, format!("a part has at most {MAX_PIECE} bytes"));
        }
        if cursor.take_here("{{") {
            if !text.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
            }
            match value(cursor, at)? {
                Some(key) => pieces.push(Piece::Value(key)),
                None if pieces.is_empty() && cursor.take_here("\"") => {
                    return Ok(Template::Default);
                }
                None => return fault(at, "`{{ default }}` is a part of its own"),
            }
            continue;
        }
        match cursor.next() {
            None => return fault(opened, "the quote is not closed"),
            Some('"') => break,
            Some('\\') if matches!(cursor.peek(), Some('"' | '\\')) => text.extend(cursor.next()),
            Some(letter) => text.push(letter),
        }
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    if pieces.is_empty() {
        return fault(opened, "a part must not be empty");
    }
    Ok(Template::Pieces(pieces))
}

/// The name between braces, of which the first were read; none for `default`.
fn value(cursor: &mut Cursor<'_>, opened: usize) -> Result<Option<Key>, Fault> {
    cursor.skip_space();
    let at = cursor.at;
    let word = cursor.word();
    let key = if word == "default" { None } else { Some(key(word, at)?) };
    if matches!(key, Some(Key::Path | Key::InApp)) {
        return fault(
            at,
            format!("{word} differs within a stack; it can't be part of a fingerprint"),
        );
    }
    if !cursor.take("}}") {
        return fault(opened, "`{{` is not closed by `}}`");
    }
    Ok(key)
}

/// A place in a line. Blanks before what is taken are passed over, unless it says `here`.
struct Cursor<'a> {
    line: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn rest(&self) -> &'a str {
        self.line.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += letter.len_utf8();
        Some(letter)
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Whether nothing is left but blanks and a comment.
    fn is_over(&mut self) -> bool {
        self.skip_space();
        matches!(self.peek(), None | Some('#'))
    }

    fn take(&mut self, text: &str) -> bool {
        self.skip_space();
        self.take_here(text)
    }

    fn take_here(&mut self, text: &str) -> bool {
        let is_there = self.rest().starts_with(text);
        self.at += if is_there { text.len() } else { 0 };
        is_there
    }

    /// The letters, digits, `_`, `.`, `-` and `/` that follow here, which tags and names are made of.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let is_part = |letter: char| letter.is_alphanumeric() || "_.-/".contains(letter);
        let arrow = rest.find("->").unwrap_or(rest.len());
        let end = rest.find(|letter: char| !is_part(letter)).unwrap_or(rest.len());
        let word = rest.get(..end.min(arrow)).unwrap_or_default();
        self.at += word.len();
        word
    }
}
