//! What holds for every condition and every text.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::event::Level;

fn conditions() -> impl Strategy<Value = Condition> {
    let head = (select(&Metric::ALL), select(&Comparison::ALL), values(), windows());
    let tail = (vec(filters(), 0..=4), prop_oneof![Just(Scope::Project), Just(Scope::EachError)]);
    (head, tail).prop_map(|((metric, comparison, value, window), (filters, scope))| Condition {
        metric,
        comparison,
        value: match value {
            Value::Literal(number) if !metric.is_signed() => Value::Literal(number.abs()),
            other => other,
        },
        window,
        filters,
        scope: if metric.counts_errors() { Scope::Project } else { scope },
    })
}

/// Numbers of at most fifteen digits, with the point anywhere.
fn values() -> impl Strategy<Value = Value> {
    let number = (-999_999_999_999_999_i64..=999_999_999_999_999, 0..=20_u32).prop_map(
        |(digits, exponent)| {
            let number: f64 = format!("{digits}e-{exponent}").parse().unwrap();
            Value::Literal(number + 0.0)
        },
    );
    prop_oneof![8 => number, 1 => Just(Value::Literal(1e15)), 1 => Just(Value::Threshold)]
}

fn windows() -> impl Strategy<Value = Window> {
    let minutes = prop_oneof![
        1..=Span::MAX.minutes(),
        (1..=720_u32).prop_map(|hours| hours * 60),
        (1..=30_u32).prop_map(|days| days * 1_440),
    ];
    let literal = minutes.prop_map(|minutes| Window::Literal(Span::from_minutes(minutes).unwrap()));
    prop_oneof![4 => literal, 1 => Just(Window::TimeWindow)]
}

fn filters() -> impl Strategy<Value = Filter> {
    prop_oneof![
        choices(select(&Level::ALL)).prop_map(Filter::Level),
        choices(texts(0)).prop_map(Filter::Source),
        choices(texts(0)).prop_map(Filter::Environment),
        choices(texts(0)).prop_map(Filter::Release),
        texts(1).prop_map(Filter::Message),
    ]
}

fn choices<T: PartialEq + std::fmt::Debug>(
    value: impl Strategy<Value = T>,
) -> impl Strategy<Value = Choice<T>> {
    (vec(value, 1..=4), any::<bool>()).prop_map(|(values, among)| {
        let mut once = Vec::new();
        for value in values {
            if !once.contains(&value) {
                once.push(value);
            }
        }
        if among { Choice::OneOf(once) } else { Choice::NoneOf(once) }
    })
}

/// Words, keywords, and texts of anything but control characters.
fn texts(min_chars: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z0-9_./@:+-]{1,12}",
        select(&["in", "AND", "not", "where", "Per", "error", "threshold", "\\", "\""][..])
            .prop_map(str::to_owned),
        vec(any::<char>().prop_filter("no control character", |c| !c.is_control()), min_chars..=20)
            .prop_map(String::from_iter),
    ]
}

/// Pieces of the language in any order.
fn scrambled() -> impl Strategy<Value = String> {
    const PIECES: [&str; 30] = [
        "error_count",
        "error_rate",
        ">",
        ">=",
        "==",
        "=",
        "!=",
        "~",
        "(",
        ")",
        ",",
        "50",
        "-2.5",
        "threshold",
        "in",
        "5m",
        "5",
        "minutes",
        "time_window",
        "where",
        "and",
        "not",
        "level",
        "message",
        "fatal",
        "per",
        "error",
        "\"a\\\"b\"",
        "\"",
        "ü",
    ];
    vec((select(&PIECES[..]), select(&["", " "][..])), 0..40)
        .prop_map(|pieces| pieces.into_iter().flat_map(|(piece, space)| [piece, space]).collect())
}

/// A condition's text in which some characters have been put in, left out or changed.
fn mutated() -> impl Strategy<Value = String> {
    let change =
        (any::<Index>(), 0..3_u8, prop_oneof![any::<char>(), select(&['"', '\\', '('][..])]);
    (conditions(), vec(change, 1..4)).prop_map(|(condition, changes)| {
        let mut chars: Vec<char> = condition.to_string().chars().collect();
        for (place, kind, char) in changes {
            let place = place.index(chars.len());
            match kind {
                0 => chars.insert(place, char),
                1 => chars[place] = char,
                _ => drop(chars.remove(place)),
            }
        }
        chars.into_iter().collect()
    })
}

/// What is read prints to a text that reads as the same; what is not is pointed at within the text.
fn check(text: &str) -> Result<(), TestCaseError> {
    match text.parse::<Condition>() {
        Ok(condition) => {
            let canonical = condition.to_string();
            prop_assert!(canonical.chars().count() <= MAX_CHARS);
            let again: Condition = canonical.parse()?;
            prop_assert_eq!(&again, &condition);
            prop_assert_eq!(again.to_string(), canonical);
        }
        Err(error) => {
            prop_assert!((1..=text.chars().count() + 1).contains(&error.position()), "{}", error);
        }
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_printed_condition_reads_as_itself(condition in conditions()) {
        let canonical = condition.to_string();
        let read: Condition = canonical.parse()?;
        prop_assert_eq!(read, condition);
    }

    #[test]
    fn any_text_is_read_or_pointed_at(text in ".*") {
        check(&text)?;
    }

    #[test]
    fn any_order_of_pieces_is_read_or_pointed_at(text in scrambled()) {
        check(&text)?;
    }

    #[test]
    fn a_condition_with_mistakes_is_read_or_pointed_at(text in mutated()) {
        check(&text)?;
    }

    #[test]
    fn any_length_of_a_window_is_read_or_refused(text in "[ 0-9]{0,6} {0,2}[a-z]{0,7}") {
        if let Ok(span) = text.parse::<Span>() {
            prop_assert!((Span::MIN..=Span::MAX).contains(&span));
        }
    }
}
