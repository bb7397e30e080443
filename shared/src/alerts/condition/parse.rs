//! Reads a condition by recursive descent, one token ahead.

mod filters;
#[cfg(test)]
mod tests;

use std::mem;

use super::error::{ParseError, Problem, listed, nearest};
use super::metric::{Comparison, Metric};
use super::number;
use super::span::{Span, Unit, split_count};
use super::tokens::{Kind, Token, Tokens};
use super::{Condition, MAX_CHARS, Scope, Value, Window};

/// The condition of a text.
pub(super) fn condition(text: &str) -> Result<Condition, ParseError> {
    if text.chars().nth(MAX_CHARS).is_some() {
        return Err(ParseError::new(MAX_CHARS + 1, Problem::TooLong));
    }
    let mut parser = Parser::of(text);
    let metric = parser.metric()?;
    let comparison = parser.comparison()?;
    let value = parser.value(metric)?;
    parser.keyword("in")?;
    let window = parser.window()?;
    let filters = parser.filters()?;
    let scope = parser.scope(metric)?;
    parser.end(match (scope, filters.is_empty()) {
        (Scope::EachError, _) => "the end",
        (Scope::Project, true) => "\"where\", \"per error\" or the end",
        (Scope::Project, false) => "\"and\", \"per error\" or the end",
    })?;
    let condition = Condition { metric, comparison, value, window, filters, scope };
    // It is stored in its canonical form, which has to be readable, too.
    if condition.to_string().chars().nth(MAX_CHARS).is_some() {
        return Err(ParseError::new(1, Problem::TooLongWrittenOut));
    }
    Ok(condition)
}

struct Parser<'a> {
    tokens: Tokens<'a>,
    /// The token that is looked at.
    token: Token<'a>,
}

impl<'a> Parser<'a> {
    fn of(text: &'a str) -> Self {
        let mut tokens = Tokens::of(text);
        let token = tokens.next();
        Self { tokens, token }
    }

    fn metric(&mut self) -> Result<Metric, ParseError> {
        self.one_of("a metric", &Metric::ALL.map(|metric| (metric.as_str(), metric)))
    }

    fn comparison(&mut self) -> Result<Comparison, ParseError> {
        self.one_of("a comparison", &Comparison::ALL.map(|it| (it.as_str(), it)))
    }

    fn value(&mut self, metric: Metric) -> Result<Value, ParseError> {
        if self.accept("threshold") {
            return Ok(Value::Threshold);
        }
        let number = self.word().and_then(|word| number::read(word, metric));
        let number = number.ok_or_else(|| self.unexpected("a number or threshold"))?;
        let number = number.map_err(|problem| self.refused(Problem::Number(problem)))?;
        self.advance();
        Ok(Value::Literal(number))
    }

    /// A count and its unit, together or apart.
    fn window(&mut self) -> Result<Window, ParseError> {
        const EXPECTED: &str = "a window such as 5m, 2 hours, 7 days or time_window";
        if self.accept("time_window") {
            return Ok(Window::TimeWindow);
        }
        let at = self.token.at;
        let (count, joined) = split_count(self.word().unwrap_or_default());
        if count.is_empty() {
            return Err(self.unexpected(EXPECTED));
        }
        let unit = if joined.is_empty() {
            self.advance();
            let unit = self.word().and_then(Unit::by_name);
            unit.ok_or_else(|| self.unexpected("minutes, hours or days"))?
        } else {
            Unit::by_name(joined).ok_or_else(|| self.unexpected(EXPECTED))?
        };
        let span = Span::of(count, unit);
        let span = span.ok_or_else(|| ParseError::new(at, Problem::WindowOutOfRange))?;
        self.advance();
        Ok(Window::Literal(span))
    }

    fn scope(&mut self, metric: Metric) -> Result<Scope, ParseError> {
        let at = self.token.at;
        if !self.accept("per") {
            return Ok(Scope::Project);
        }
        self.keyword("error")?;
        if metric.counts_errors() {
            return Err(ParseError::new(at, Problem::CountsErrors(metric)));
        }
        Ok(Scope::EachError)
    }

    fn end(&self, expected: &str) -> Result<(), ParseError> {
        if self.token.kind == Kind::End { Ok(()) } else { Err(self.unexpected(expected)) }
    }

    /// Takes one of several names or signs.
    fn one_of<T: Copy>(
        &mut self,
        what: &str,
        options: &[(&'static str, T)],
    ) -> Result<T, ParseError> {
        match options.iter().find(|(name, _)| self.is(name)) {
            Some((_, option)) => {
                self.advance();
                Ok(*option)
            }
            None => {
                let names: Vec<&'static str> = options.iter().map(|(name, _)| *name).collect();
                Err(self.misspelt(what, &names))
            }
        }
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), ParseError> {
        if self.accept(keyword) { Ok(()) } else { Err(self.unexpected(&format!("\"{keyword}\""))) }
    }

    /// Takes a keyword or a sign, if it is there.
    fn accept(&mut self, text: &str) -> bool {
        let is_there = self.is(text);
        if is_there {
            self.advance();
        }
        is_there
    }

    fn is(&self, text: &str) -> bool {
        match self.token.kind {
            Kind::Word(word) => word.eq_ignore_ascii_case(text),
            Kind::Sign(sign) => sign == text,
            Kind::Quoted(_) | Kind::End | Kind::Fault(_) => false,
        }
    }

    fn word(&self) -> Option<&'a str> {
        match self.token.kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    fn advance(&mut self) -> Token<'a> {
        mem::replace(&mut self.token, self.tokens.next())
    }

    /// The token stands where something else is expected.
    fn unexpected(&self, expected: &str) -> ParseError {
        let found = self.token.shown();
        self.refused(Problem::Unexpected { expected: expected.to_owned(), found })
    }

    /// The token is none of the names that are expected.
    fn misspelt(&self, what: &str, names: &[&'static str]) -> ParseError {
        let expected = format!("{what} ({})", listed(names));
        match self.word().and_then(|word| nearest(word, names)) {
            Some(meant) => {
                self.refused(Problem::Misspelt { expected, found: self.token.shown(), meant })
            }
            None => self.unexpected(&expected),
        }
    }

    /// Refuses the token. One that could not even be cut is refused for that.
    fn refused(&self, problem: Problem) -> ParseError {
        let problem = match &self.token.kind {
            Kind::Fault(fault) => fault.clone(),
            _ => problem,
        };
        ParseError::new(self.token.at, problem)
    }
}
