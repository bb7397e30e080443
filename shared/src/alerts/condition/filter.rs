//! Which events count.

use crate::batch::Facet;
use crate::event::Level;

/// What an event must be to count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Its level.
    Level(Choice<Level>),
    /// Its source.
    Source(Choice<String>),
    /// Its environment.
    Environment(Choice<String>),
    /// Its release, which is empty when it has none.
    Release(Choice<String>),
    /// What the type or message of its error contains, in any case.
    Message(String),
}

/// The values that are asked for; never empty and each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice<T> {
    /// One of these: `=` and `in`.
    OneOf(Vec<T>),
    /// Anything but these: `!=` and `not in`.
    NoneOf(Vec<T>),
}

impl Filter {
    /// Whether the events of a facet may pass. A facet has no message, so that one decides nothing here.
    pub fn admits(&self, facet: &Facet) -> bool {
        match self {
            Self::Level(levels) => levels.admits(&facet.level),
            Self::Source(sources) => sources.admits(&facet.source),
            Self::Environment(environments) => environments.admits(&facet.environment),
            Self::Release(releases) => releases.admits(&facet.release),
            Self::Message(_) => true,
        }
    }
}

impl<T: PartialEq> Choice<T> {
    /// Whether a value is asked for.
    pub fn admits(&self, value: &T) -> bool {
        match self {
            Self::OneOf(values) => values.contains(value),
            Self::NoneOf(values) => !values.contains(value),
        }
    }
}

pub(super) fn all_admit(filters: &[Filter], facet: &Facet) -> bool {
    filters.iter().all(|filter| filter.admits(facet))
}

pub(super) fn message_texts(filters: &[Filter]) -> impl Iterator<Item = &str> {
    filters.iter().filter_map(|filter| match filter {
        Filter::Message(text) => Some(text.as_str()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Condition;
    use super::*;

    /// Asks about an event of the level error from `api` in `production` without a release.
    #[track_caller]
    fn check(filters: &str, expected: bool) {
        let facet = Facet {
            level: Level::Error,
            source: "api".to_owned(),
            environment: "production".to_owned(),
            release: String::new(),
        };
        let text = format!("error_count > 1 in 5m where {filters}");
        let condition: Condition = text.parse().unwrap();
        assert_eq!(condition.matches_facet(&facet), expected, "{filters}");
        let resolved = condition.resolve(None, None).unwrap();
        assert_eq!(resolved.matches_facet(&facet), expected, "{filters}");
    }

    #[test]
    fn each_field_decides() {
        check("level = error", true);
        check("level = fatal", false);
        check("level != error", false);
        check("level in (warning, error)", true);
        check("level not in (warning, error)", false);
        check("source = api", true);
        check("source = API", false);
        check("source != worker", true);
        check("environment in (production, staging)", true);
        check("environment in (staging)", false);
        check("environment not in (staging, testing)", true);
        check("release = \"\"", true);
        check("release != \"\"", false);
        check("release = 1.2.3", false);
    }

    #[test]
    fn all_filters_must_hold() {
        check("level = error and source = api and environment = production", true);
        check("level = error and source = worker", false);
        check("source != worker and source != web", true);
        check("source = api and source = web", false);
    }

    #[test]
    fn messages_are_asked_for_and_decide_nothing_about_a_facet() {
        check("message ~ \"timeout\"", true);
        check("level = fatal and message ~ \"timeout\"", false);
        let text =
            "error_count > 1 in 5m where message ~ \"A b\" and level = error and message ~ c";
        let condition: Condition = text.parse().unwrap();
        assert_eq!(condition.message_texts().collect::<Vec<_>>(), ["A b", "c"]);
        let resolved = condition.resolve(None, None).unwrap();
        assert_eq!(resolved.message_texts().collect::<Vec<_>>(), ["A b", "c"]);
    }
}
