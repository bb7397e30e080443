//! Patterns with `*` and `?`, matched in one pass over the text.
//!
//! The pattern is an automaton whose states are the bits of one number, so that a byte costs a few
//! instructions whatever the pattern is: no pattern makes a text slow, and nothing is allocated.

use std::fmt::Write as _;

/// Bytes and `?` of one pattern: a bit each, and one for the start.
pub(super) const MAX_STATES: usize = 127;

/// Bytes of a text that are looked at; what names an event stands at the start.
const MAX_TEXT: usize = 4_096;

/// A piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// This character; a letter of ASCII in both cases.
    Char(char),
    /// Any one character.
    One,
    /// Any text.
    Run,
}

/// A pattern that is ready to be matched.
#[derive(Debug, Clone)]
pub(super) struct Glob {
    tokens: Vec<Token>,
    /// What each byte is to this pattern: an index into `steps`.
    classes: Box<[u8; 256]>,
    /// The states that a byte of each class leads to, from the ones before them.
    steps: Vec<u128>,
    /// States that any byte leaves as they are: a `*` follows.
    loops: u128,
    /// States behind a `?`, in which the rest of a character of several bytes changes nothing.
    behind_one: u128,
    accepting: u128,
}

/// Two patterns are the same when they say the same.
impl PartialEq for Glob {
    fn eq(&self, other: &Self) -> bool {
        self.tokens == other.tokens
    }
}

impl Eq for Glob {}

impl Glob {
    /// None when the pattern is too long.
    pub(super) fn new(mut tokens: Vec<Token>) -> Option<Self> {
        // Two runs in a row are one.
        tokens.dedup_by(|one, other| *one == Token::Run && *other == Token::Run);
        let (mut state, mut steps) = (0, [0_u128; 256]);
        let (mut loops, mut behind_one) = (0, 0);
        for token in &tokens {
            match token {
                Token::Run => loops |= 1 << state,
                Token::One => {
                    state = next(state)?;
                    behind_one |= 1 << state;
                    let starts = (0..=u8::MAX).filter(|byte| !is_continuation(*byte));
                    starts.for_each(|byte| steps[usize::from(byte)] |= 1 << state);
                }
                Token::Char(letter) => {
                    for byte in letter.encode_utf8(&mut [0; 4]).bytes() {
                        state = next(state)?;
                        steps[usize::from(byte.to_ascii_lowercase())] |= 1 << state;
                        steps[usize::from(byte.to_ascii_uppercase())] |= 1 << state;
                    }
                }
            }
        }
        let (classes, steps) = classify(&steps);
        Some(Self { tokens, classes, steps, loops, behind_one, accepting: 1 << state })
    }

    /// Whether the text as a whole fits.
    pub(super) fn matches(&self, text: &str) -> bool {
        let mut states = 1_u128;
        for byte in text.bytes().take(MAX_TEXT) {
            let class = usize::from(self.classes[usize::from(byte)]);
            let moved = (states << 1) & self.steps.get(class).copied().unwrap_or_default();
            let rest = if is_continuation(byte) { states & self.behind_one } else { 0 };
            states = moved | states & self.loops | rest;
            if states == 0 {
                return false;
            }
            if states & self.accepting & self.loops != 0 {
                return true;
            }
        }
        states & self.accepting != 0
    }

    /// The pattern, with everything escaped that means something.
    fn write(&self, out: &mut impl std::fmt::Write) -> std::fmt::Result {
        for token in &self.tokens {
            match token {
                Token::Run => out.write_char('*')?,
                Token::One => out.write_char('?')?,
                Token::Char(letter @ ('*' | '?' | '"' | '\\')) => write!(out, "\\{letter}")?,
                Token::Char(letter) => out.write_char(*letter)?,
            }
        }
        Ok(())
    }
}

fn next(state: usize) -> Option<usize> {
    (state < MAX_STATES).then_some(state + 1)
}

/// Whether the byte goes on with a character that another one began.
fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// Few bytes differ to a pattern, so that each different step is kept once.
fn classify(by_byte: &[u128; 256]) -> (Box<[u8; 256]>, Vec<u128>) {
    let (mut classes, mut steps) = (Box::new([0; 256]), Vec::new());
    for (class, step) in classes.iter_mut().zip(by_byte) {
        let known = steps.iter().position(|known| known == step).unwrap_or_else(|| {
            steps.push(*step);
            steps.len() - 1
        });
        *class = u8::try_from(known).unwrap_or(u8::MAX);
    }
    (classes, steps)
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_char('"')?;
        self.write(f)?;
        f.write_char('"')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glob(pattern: &str) -> Glob {
        let token = |letter| match letter {
            '*' => Token::Run,
            '?' => Token::One,
            other => Token::Char(other),
        };
        Glob::new(pattern.chars().map(token).collect()).unwrap()
    }

    #[test]
    fn patterns_match_whole_texts() {
        for (pattern, fitting, others) in [
            ("", &[""] as &[&str], &["a"] as &[&str]),
            ("abc", &["abc", "ABC", "aBc"], &["", "ab", "abcd", "xabc"]),
            ("*", &["", "a", "läuft"], &[]),
            ("a*", &["a", "abc"], &["", "ba"]),
            ("*a", &["a", "bca", "aa"], &["", "ab"]),
            ("*time*out*", &["timeout", "a timed-out b"], &["outtime", "tim out"]),
            ("?", &["a", "ä", "🦀"], &["", "ab", "äö"]),
            ("a?c", &["abc", "aäc", "a🦀c"], &["ac", "abbc", "aäöc"]),
            ("*?b", &["ab", "äb", "xyzb"], &["b", "ba"]),
            ("ä", &["ä"], &["Ä", "a"]),
        ] {
            for text in fitting {
                assert!(glob(pattern).matches(text), "{pattern} {text}");
            }
            for text in others {
                assert!(!glob(pattern).matches(text), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn a_pattern_has_a_bound_and_runs_do_not_count() {
        let long = "x".repeat(MAX_STATES);
        assert!(glob(&long).matches(&long));
        assert!(glob(&format!("***{long}***")).matches(&format!("a{long}b")));
        assert!(Glob::new(vec![Token::One; MAX_STATES + 1]).is_none());
    }

    /// Backtracking, which is easy to believe.
    fn fits(pattern: &[Token], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, rest) => rest.is_none(),
            (Some((Token::Run, rest)), tail) => {
                fits(rest, text) || tail.is_some_and(|(_, tail)| fits(pattern, tail))
            }
            (Some((Token::One, rest)), Some((_, tail))) => fits(rest, tail),
            (Some((Token::Char(one), rest)), Some((other, tail))) => {
                one.eq_ignore_ascii_case(other) && fits(rest, tail)
            }
            (Some(_), None) => false,
        }
    }

    proptest::proptest! {
        #[test]
        fn it_matches_what_backtracking_matches(pattern in "[aBä*?]{0,8}", text in "[Abä🦀]{0,10}") {
            let glob = glob(&pattern);
            let letters: Vec<char> = text.chars().collect();
            proptest::prop_assert_eq!(glob.matches(&text), fits(&glob.tokens, &letters));
        }
    }
}
