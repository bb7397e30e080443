//! What holds for any rules and any text.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::{prop_assert_eq, prop_oneof, proptest};

use super::glob::Glob;
use super::template::{Piece, Template};
use super::*;

fn key() -> impl Strategy<Value = Key> {
    let named = (0..Key::NAMED.len()).prop_map(|place| Key::NAMED[place].1.clone());
    prop_oneof![4 => named, 1 => "[a-z_.-]{1,8}[a-z]".prop_map(Key::Tag)]
}

fn pattern(key: &Key) -> impl Strategy<Value = Glob> + use<> {
    let token = prop_oneof![
        1 => Just(glob::Token::Run),
        1 => Just(glob::Token::One),
        4 => "[ -~äß🦀]".prop_map(|text| glob::Token::Char(text.chars().next().unwrap())),
    ];
    // Of a level and of in_app only some patterns make sense; any text is one of them.
    let least = usize::from(matches!(key, Key::Level | Key::InApp));
    vec(token, 0..20 * (1 - least) + 1).prop_map(move |mut tokens| {
        if least == 1 {
            tokens = vec![glob::Token::Run];
        }
        Glob::new(tokens).unwrap()
    })
}

fn matcher() -> impl Strategy<Value = Matcher> {
    let sense = prop_oneof![Just(Sense::Is), Just(Sense::IsNot)];
    (sense, key()).prop_flat_map(|(sense, key)| {
        pattern(&key).prop_map(move |pattern| Matcher { sense, key: key.clone(), pattern })
    })
}

fn template() -> impl Strategy<Value = Template> {
    let value = key().prop_filter("of the event", |it| !matches!(it, Key::Path | Key::InApp));
    let text = "[ -z|~ä\"\\\\]{1,10}";
    // Two texts in a row would read as one.
    let pieces = vec((text, value), 1..4).prop_map(|pairs| {
        let pair = |(text, key)| [Piece::Text(text), Piece::Value(key)];
        Template::Pieces(pairs.into_iter().flat_map(pair).collect())
    });
    prop_oneof![1 => Just(Template::Default), 4 => pieces]
}

fn rule() -> impl Strategy<Value = Rule> {
    let action =
        prop_oneof![Just(Action::Discard), vec(template(), 1..4).prop_map(Action::Fingerprint),];
    (vec(matcher(), 1..5), action).prop_map(|(matchers, action)| Rule { matchers, action })
}

proptest! {
    #[test]
    fn what_is_printed_reads_as_the_same_rules(rules in vec(rule(), 0..6)) {
        let lines = (1..=rules.len()).collect();
        let rules = Rules { rules, lines };
        let read = ProjectRules::parse(List::Grouping, &rules.to_string());
        prop_assert_eq!(read, Ok(rules));
    }

    #[test]
    fn what_is_read_prints_and_reads_again(text in "((type|!message|tags\\.a|in_app|level):(\"?[a-z*?\\\\ ]{0,6}\"?|yes|error) ?){1,3}-> ?(discard|fingerprint\\(\"[a-z{} ]{1,12}\"\\))(\n#.*)?") {
        if let Ok(rules) = ProjectRules::parse(List::Grouping, &text) {
            prop_assert_eq!(ProjectRules::parse(List::Grouping, &rules.to_string()), Ok(rules));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        for list in [List::Discard, List::Grouping] {
            if let Err(errors) = ProjectRules::parse(list, &text) {
                for error in errors {
                    let line = text.lines().nth(error.line - 1).unwrap_or_default();
                    assert!(error.column <= line.chars().count() + 1, "{error}");
                }
            }
        }
    }

    #[test]
    fn nearly_rules_do_not_make_it_panic(text in "[!a-z:\"*?\\\\{}()#> \n-]{0,60}") {
        drop(ProjectRules::parse(List::Grouping, &text));
    }
}
