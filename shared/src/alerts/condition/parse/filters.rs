//! The part after `where`.

use super::super::error::{ParseError, Problem};
use super::super::filter::{Choice, Filter};
use super::super::tokens::{Kind, is_reserved};
use super::super::{MAX_FILTERS, MAX_VALUE_CHARS, MAX_VALUES};
use super::Parser;
use crate::event::Level;

/// What a filter is about.
#[derive(Debug, Clone, Copy)]
enum Field {
    Level,
    Source,
    Environment,
    Release,
    Message,
}

impl Field {
    const ALL: [(&'static str, Self); 5] = [
        ("level", Self::Level),
        ("source", Self::Source),
        ("environment", Self::Environment),
        ("release", Self::Release),
        ("message", Self::Message),
    ];
}

impl Parser<'_> {
    pub(super) fn filters(&mut self) -> Result<Vec<Filter>, ParseError> {
        let mut filters = Vec::new();
        if self.accept("where") {
            filters.push(self.filter()?);
            while self.accept("and") {
                if filters.len() == MAX_FILTERS {
                    return Err(self.refused(Problem::TooManyFilters));
                }
                filters.push(self.filter()?);
            }
        }
        Ok(filters)
    }

    fn filter(&mut self) -> Result<Filter, ParseError> {
        Ok(match self.one_of("a field", &Field::ALL)? {
            Field::Level => Filter::Level(self.choice(Self::level)?),
            Field::Source => Filter::Source(self.choice(Self::text)?),
            Field::Environment => Filter::Environment(self.choice(Self::text)?),
            Field::Release => Filter::Release(self.choice(Self::text)?),
            Field::Message => {
                self.keyword("~")?;
                Filter::Message(self.searched()?)
            }
        })
    }

    /// An operator and its values.
    fn choice<T: PartialEq>(
        &mut self,
        value: fn(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Choice<T>, ParseError> {
        if self.accept("=") {
            Ok(Choice::OneOf(vec![value(self)?]))
        } else if self.accept("!=") {
            Ok(Choice::NoneOf(vec![value(self)?]))
        } else if self.accept("in") {
            Ok(Choice::OneOf(self.list(value)?))
        } else if self.accept("not") {
            self.keyword("in")?;
            Ok(Choice::NoneOf(self.list(value)?))
        } else {
            Err(self.unexpected("\"=\", \"!=\", \"in\" or \"not in\""))
        }
    }

    /// The values between parentheses, each once.
    fn list<T: PartialEq>(
        &mut self,
        value: fn(&mut Self) -> Result<T, ParseError>,
    ) -> Result<Vec<T>, ParseError> {
        self.keyword("(")?;
        let mut values = vec![value(self)?];
        let mut listed = 1;
        while self.accept(",") {
            if listed == MAX_VALUES {
                return Err(self.refused(Problem::TooManyValues));
            }
            listed += 1;
            let value = value(self)?;
            if !values.contains(&value) {
                values.push(value);
            }
        }
        if self.accept(")") { Ok(values) } else { Err(self.unexpected("\",\" or \")\"")) }
    }

    fn level(&mut self) -> Result<Level, ParseError> {
        let name = self.value_here("a level")?;
        match name.to_ascii_lowercase().parse() {
            Ok(level) => {
                self.advance();
                Ok(level)
            }
            Err(_unknown) => {
                let names = Level::ALL.map(Level::as_str);
                Err(self.misspelt("a level", &names))
            }
        }
    }

    fn text(&mut self) -> Result<String, ParseError> {
        let text = self.value_here("a value")?;
        self.advance();
        Ok(text)
    }

    fn searched(&mut self) -> Result<String, ParseError> {
        let text = self.value_here("a text in quotes")?;
        if text.is_empty() {
            return Err(self.refused(Problem::EmptyText));
        }
        self.advance();
        Ok(text)
    }

    /// The value that the token is, without taking it.
    fn value_here(&self, expected: &str) -> Result<String, ParseError> {
        let value = match &self.token.kind {
            Kind::Word(word) if is_reserved(word) => {
                return Err(self.refused(Problem::Reserved((*word).to_owned())));
            }
            Kind::Word(word) => *word,
            Kind::Quoted(text) => text,
            Kind::Sign(_) | Kind::End | Kind::Fault(_) => return Err(self.unexpected(expected)),
        };
        if value.chars().nth(MAX_VALUE_CHARS).is_some() {
            return Err(self.refused(Problem::ValueTooLong));
        }
        Ok(value.to_owned())
    }
}
