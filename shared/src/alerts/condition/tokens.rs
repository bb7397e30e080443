//! Cuts a condition into words, signs and quoted texts.

use super::error::Problem;
use super::print::quoted;

/// Words that have a meaning of their own between values, so that a value must quote them.
const RESERVED: [&str; 5] = ["in", "where", "and", "not", "per"];

/// The signs of the language; one that begins like another comes after it.
const SIGNS: [&str; 11] = [">=", "<=", "==", "!=", ">", "<", "=", "~", "(", ")", ","];

/// How much of a token an error repeats, in characters.
const MAX_SHOWN: usize = 40;

/// A piece of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind<'a>,
    /// Where it begins, in characters from 1 on.
    pub(super) at: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind<'a> {
    Word(&'a str),
    /// What stood between quotes.
    Quoted(String),
    Sign(&'static str),
    End,
    /// What follows is no token; the problem is reported once the reader gets here.
    Fault(Problem),
}

impl Token<'_> {
    /// How an error names what it found.
    pub(super) fn shown(&self) -> String {
        match &self.kind {
            Kind::Word(word) => format!("\"{}\"", shortened(word)),
            Kind::Quoted(text) => format!("the quoted text {}", quoted(&shortened(text))),
            Kind::Sign(sign) => format!("\"{sign}\""),
            Kind::End => "the end".to_owned(),
            Kind::Fault(problem) => problem.to_string(),
        }
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", text.split_at(end).0),
        None => text.to_owned(),
    }
}

/// Whether the character may stand in a word.
fn is_word_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | '@' | ':' | '+')
}

/// Whether a word has a meaning of its own.
pub(super) fn is_reserved(word: &str) -> bool {
    RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(word))
}

/// Whether a value reads back as itself without quotes.
pub(super) fn is_bare(value: &str) -> bool {
    !value.is_empty() && value.chars().all(is_word_char) && !is_reserved(value)
}

/// The text that has not been cut yet.
pub(super) struct Tokens<'a> {
    rest: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { rest: text, at: 1 }
    }

    /// The next token. After the last one, the end comes again and again.
    pub(super) fn next(&mut self) -> Token<'a> {
        self.cut_while(char::is_whitespace);
        let at = self.at;
        let word = self.cut_while(is_word_char);
        if !word.is_empty() {
            return Token { kind: Kind::Word(word), at };
        }
        for sign in SIGNS {
            if let Some(rest) = self.rest.strip_prefix(sign) {
                self.rest = rest;
                self.at += sign.len();
                return Token { kind: Kind::Sign(sign), at };
            }
        }
        match self.cut_char() {
            Some('"') => self.quoted(at),
            Some(other) => Token { kind: Kind::Fault(Problem::NoToken(other)), at },
            None => Token { kind: Kind::End, at },
        }
    }

    /// The rest of a text whose opening quote, at `opened`, has been cut.
    fn quoted(&mut self, opened: usize) -> Token<'a> {
        let mut text = String::new();
        loop {
            let at = self.at;
            match self.cut_char() {
                None => return Token { kind: Kind::Fault(Problem::Unclosed), at: opened },
                Some('"') => return Token { kind: Kind::Quoted(text), at: opened },
                Some('\\') => match self.cut_char() {
                    Some(escaped @ ('"' | '\\')) => text.push(escaped),
                    None => return Token { kind: Kind::Fault(Problem::Unclosed), at: opened },
                    Some(_) => return Token { kind: Kind::Fault(Problem::BadEscape), at },
                },
                Some(c) if c.is_control() => {
                    return Token { kind: Kind::Fault(Problem::ControlCharacter), at };
                }
                Some(c) => text.push(c),
            }
        }
    }

    fn cut_while(&mut self, belongs: fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !belongs(c)).unwrap_or(self.rest.len());
        let (cut, rest) = self.rest.split_at(end);
        self.rest = rest;
        self.at += cut.chars().count();
        cut
    }

    fn cut_char(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let cut = chars.next()?;
        self.rest = chars.as_str();
        self.at += 1;
        Some(cut)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(usize, Kind<'_>)]) {
        let mut tokens = Tokens::of(text);
        for (at, kind) in expected {
            assert_eq!(tokens.next(), Token { kind: kind.clone(), at: *at }, "{text}");
        }
    }

    #[test]
    fn words_signs_and_texts_are_cut() {
        check(
            " a>=-5\t( b , c)",
            &[
                (2, Kind::Word("a")),
                (3, Kind::Sign(">=")),
                (5, Kind::Word("-5")),
                (8, Kind::Sign("(")),
                (10, Kind::Word("b")),
                (12, Kind::Sign(",")),
                (14, Kind::Word("c")),
                (15, Kind::Sign(")")),
                (16, Kind::End),
                (16, Kind::End),
            ],
        );
        check("a_-./@:+ü9", &[(1, Kind::Word("a_-./@:+ü9")), (11, Kind::End)]);
        let signs = [(1, "<"), (2, "<="), (4, "=="), (6, "!="), (8, "~"), (9, "=")];
        check("<<===!=~=", &signs.map(|(at, sign)| (at, Kind::Sign(sign))));
        check(
            r#""a \"b\\ ü"x"#,
            &[(1, Kind::Quoted(r#"a "b\ ü"#.to_owned())), (12, Kind::Word("x"))],
        );
    }

    #[test]
    fn what_is_no_token_is_a_fault_where_it_stands() {
        check("ü §", &[(1, Kind::Word("ü")), (3, Kind::Fault(Problem::NoToken('§')))]);
        check("a!", &[(1, Kind::Word("a")), (2, Kind::Fault(Problem::NoToken('!')))]);
        check(r#" "abc"#, &[(2, Kind::Fault(Problem::Unclosed))]);
        check(r#"  "abc\"#, &[(3, Kind::Fault(Problem::Unclosed))]);
        check(r#""ü\n""#, &[(3, Kind::Fault(Problem::BadEscape))]);
        check("\"ab\0\"", &[(4, Kind::Fault(Problem::ControlCharacter))]);
    }

    #[test]
    fn only_what_reads_back_is_bare() {
        for value in ["a", "1.2.3", "v1+x@y:z/_-", "überall", "error", "threshold"] {
            assert!(is_bare(value), "{value}");
        }
        for value in ["", "a b", "a,b", "\"", "and", "AND", "per", "a~"] {
            assert!(!is_bare(value), "{value}");
        }
    }
}
