//! What may never change a fingerprint, whatever the values are.

use std::collections::BTreeSet;

use proptest::prelude::*;
use shared::fingerprint::{Input, group};
use shared::stacktrace;

use crate::corpus::{cases, grouping_of};

/// A message with one hole for each kind of value.
fn message_with(id: u64, hash: &str, host: [u8; 4], seconds: u32, name: &str) -> String {
    let [a, b, c, d] = host;
    let (minute, second) = (seconds / 60 % 60, seconds % 60);
    format!(
        "job {id} ({hash}) for {name}@example.org on {a}.{b}.{c}.{d}:7000 took {seconds} ms \
         at 2026-11-07T10:{minute:02}:{second:02}Z, wrote /srv/{name}/out-{id}.csv, said '{name}'"
    )
}

/// What stands before the number of a line, in each language but JavaScript.
const BEFORE_LINE: [&str; 22] = [
    ".py\", line ",
    ".pyx\", line ",
    ".java:",
    ".kt:",
    ".scala:",
    ".groovy:",
    ".clj:",
    "SourceFile:",
    ".cs:line ",
    ".vb:line ",
    ".fs:line ",
    ".go:",
    ".s:",
    ".rb:",
    ".erb:",
    ".rake:",
    ".rs:",
    ".php:",
    ".php(",
    ".phtml(",
    ".php on line ",
    ".phar(",
];

/// Where the number of the line begins in a frame of JavaScript, which ends with it and the column.
fn line_of_script(frame: &str) -> Option<usize> {
    let is_frame = frame.trim_start().starts_with("at ") || frame.contains('@');
    let (place, column) = frame.trim_end_matches([')', '{', ' ', '\r']).rsplit_once(':')?;
    let (before, line) = place.rsplit_once(':')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    (is_frame && is_number(line) && is_number(column)).then_some(before.len() + 1)
}

/// Adds to every number that stands where the languages write a line.
fn shift_lines(stack: &str, by: u32) -> String {
    let mut shifted = String::with_capacity(stack.len() + 64);
    for line in stack.lines() {
        let numbers = BEFORE_LINE
            .iter()
            .flat_map(|mark| line.match_indices(mark).map(|(at, mark)| at + mark.len()));
        let starts: BTreeSet<usize> = numbers.chain(line_of_script(line)).collect();
        let mut rest = line;
        for start in starts {
            let Some(gap) = start.checked_sub(line.len() - rest.len()) else { continue };
            let (kept, behind) = rest.split_at(gap);
            let (number, after) =
                behind.split_at(behind.bytes().take_while(u8::is_ascii_digit).count());
            shifted.push_str(kept);
            match number.parse::<u32>() {
                Ok(number) => shifted.push_str(&number.saturating_add(by).to_string()),
                Err(_) => shifted.push_str(number),
            }
            rest = after;
        }
        shifted.push_str(rest);
        shifted.push('\n');
    }
    shifted
}

proptest! {
    #[test]
    fn any_text_is_grouped(message in any::<String>(), stack in any::<String>()) {
        let first = grouping_of(&message, &stack);
        prop_assert_eq!(first, grouping_of(&message, &stack));
    }

    #[test]
    fn any_mutilated_stack_is_grouped(
        case in 0..cases().len(),
        cut in any::<prop::sample::Index>(),
        insert in "[\\PC\n\t:@()<>{}#\"'`]{0,40}",
    ) {
        let stack = cases()[case].stack.to_owned();
        let mut at = cut.index(stack.len() + 1);
        while !stack.is_char_boundary(at) {
            at -= 1;
        }
        let (head, tail) = stack.split_at(at);
        let mutilated = format!("{head}{insert}{tail}");
        grouping_of(cases()[case].message, &mutilated);
        grouping_of(&mutilated, head);
        if let Some(chain) = stacktrace::parse(&mutilated) {
            prop_assert!(chain.len() <= 32);
            prop_assert!(chain.iter().all(|it| it.frames.len() <= 512));
        }
    }

    #[test]
    fn values_in_a_message_do_not_decide(
        ids in (any::<u64>(), any::<u64>()),
        hashes in ("[0-9a-f]{31}[0-9]", "[0-9a-f]{31}[0-9]"),
        hosts in (any::<[u8; 4]>(), any::<[u8; 4]>()),
        seconds in (any::<u32>(), any::<u32>()),
        names in ("[a-z]{2,9}", "[a-z]{2,9}"),
    ) {
        let first = message_with(ids.0, &hashes.0, hosts.0, seconds.0, &names.0);
        let second = message_with(ids.1, &hashes.1, hosts.1, seconds.1, &names.1);
        prop_assert_eq!(
            grouping_of(&first, "").fingerprint,
            grouping_of(&second, "").fingerprint,
            "{} against {}", first, second
        );
    }

    #[test]
    fn lines_line_ends_and_directories_do_not_decide(
        case in 0..cases().len(),
        by in 0_u32..5000,
        directory in "/(srv|opt/[a-z]{3,8}/releases/[0-9]{1,14})/",
    ) {
        let case = &cases()[case];
        prop_assume!(!case.stack.is_empty());
        let expected = case.group().fingerprint;
        let shifted = shift_lines(case.stack, by);
        prop_assert_eq!(expected, grouping_of(case.message, &shifted).fingerprint);
        let moved = shifted.replace("/srv/", &directory).replace('\n', "\r\n");
        prop_assert_eq!(expected, grouping_of(case.message, &moved).fingerprint);
    }

    #[test]
    fn the_pieces_of_a_clients_grouping_do_not_run_together(
        pieces in prop::collection::vec("[a-c]{0,3}", 1..4),
        others in prop::collection::vec("[a-c]{0,3}", 1..4),
    ) {
        let fingerprint = |pieces: &[String]| {
            group(Input { client_fingerprint: Some(pieces), message: "m", ..Input::default() }).fingerprint
        };
        prop_assert_eq!(pieces == others, fingerprint(&pieces) == fingerprint(&others));
    }
}

#[test]
fn every_language_has_its_lines_shifted() {
    let check = |stack, expected: &str| assert_eq!(shift_lines(stack, 5), format!("{expected}\n"));
    check("  File \"/a/b.py\", line 7, in c", "  File \"/a/b.py\", line 12, in c");
    check("\tat a.B.c(B.java:7)", "\tat a.B.c(B.java:12)");
    check("    at c (/a/b.js:7:2)", "    at c (/a/b.js:12:2)");
    check("c@https://a.example/b.js:7:2", "c@https://a.example/b.js:12:2");
    check("   at A.B.C() in /a/b.cs:line 7", "   at A.B.C() in /a/b.cs:line 12");
    check("\t/a/b.go:7 +0x1d", "\t/a/b.go:12 +0x1d");
    check("/a/b.rb:7:in `c': no (KeyError)", "/a/b.rb:12:in `c': no (KeyError)");
    check("#0 /a/b.php(7): {closure:/a/b.php:3}()", "#0 /a/b.php(12): {closure:/a/b.php:8}()");
    check("             at ./src/b.rs:7:2", "             at ./src/b.rs:12:2");
    // Each language of the corpus has its marks among them.
    let untouched = cases().into_iter().filter(|case| {
        stacktrace::parse(case.stack).is_some_and(|chain| {
            chain
                .iter()
                .flat_map(|it| &it.frames)
                .any(|frame| frame.lineno.is_some_and(|it| it > 0))
        }) && shift_lines(case.stack, 1).trim_end() == case.stack.replace("\r\n", "\n").trim_end()
    });
    let untouched: Vec<&str> = untouched.map(|case| case.error).collect();
    assert!(untouched.is_empty(), "{untouched:?}");
}

fn with_client(pieces: &[&str], message: &str) -> String {
    let pieces: Vec<String> = pieces.iter().map(|piece| (*piece).to_owned()).collect();
    let input = Input { client_fingerprint: Some(&pieces), message, ..Input::default() };
    group(input).fingerprint.to_string()
}

#[test]
fn a_clients_grouping_overrides_ours_and_may_contain_it() {
    let computed = grouping_of("disk full", "").fingerprint.to_string();
    assert_eq!(with_client(&[], "disk full"), computed);
    assert_eq!(with_client(&["{{ default }}"], "disk full"), computed);
    assert_eq!(with_client(&["{{default}}"], "disk full"), computed);
    assert_eq!(with_client(&["mine"], "disk full"), with_client(&["mine"], "other"));
    assert_ne!(with_client(&["mine"], "disk full"), computed);
    assert_ne!(
        with_client(&["{{ default }}", "mine"], "disk full"),
        with_client(&["{{ default }}", "mine"], "no route")
    );
}

#[test]
fn work_grows_with_the_length_of_the_text_only() {
    // Each of these would take minutes if any step started over for every byte.
    for piece in [
        "\"",
        "'",
        "a.",
        "a@",
        "<",
        "((",
        "1,",
        "::",
        "=\"",
        "at ",
        "\tat a.b(",
        "#0 a(1): ",
        "a:in `",
    ] {
        let text = piece.repeat(400_000 / piece.len());
        grouping_of(&text, &text);
        let lines = format!("{piece}\n").repeat(100_000);
        grouping_of(&lines, &lines);
    }
}
