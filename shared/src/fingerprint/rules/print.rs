//! Rules in canonical form: what is printed reads as the same rules.

use std::fmt;

use super::template::{Piece, Template};
use super::{Action, Key, Matcher, Rule, Rules, Sense};

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rules.iter().try_for_each(|rule| writeln!(f, "{rule}"))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.matchers.iter().try_for_each(|matcher| write!(f, "{matcher} "))?;
        write!(f, "-> {}", self.action)
    }
}

impl fmt::Display for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.sense == Sense::IsNot {
            f.write_str("!")?;
        }
        write!(f, "{}:{}", self.key, self.pattern)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(name) => write!(f, "tags.{name}"),
            key => {
                let named = Self::NAMED.iter().find(|(_, known)| known == key);
                f.write_str(named.map_or("", |(name, _)| name))
            }
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Fingerprint(parts) = self else {
            return f.write_str("discard");
        };
        f.write_str("fingerprint(")?;
        for (place, part) in parts.iter().enumerate() {
            let separator = if place > 0 { ", " } else { "" };
            write!(f, "{separator}\"{part}\"")?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Pieces(pieces) = self else {
            return f.write_str("{{ default }}");
        };
        pieces.iter().try_for_each(|piece| match piece {
            Piece::Text(text) => text.chars().try_for_each(|letter| match letter {
                '"' | '\\' => write!(f, "\\{letter}"),
                letter => write!(f, "{letter}"),
            }),
            Piece::Value(key) => write!(f, "{{{{ {key} }}}}"),
        })
    }
}
