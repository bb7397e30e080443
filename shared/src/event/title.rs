//! The one line that people read first.

/// Characters of a title at most.
const MAX_CHARS: usize = 250;

/// `Type: first line of the message`, or one of the two where the other is missing. A message that
/// begins with the type already, as many loggers write it, is not given it twice.
pub fn title(exception_type: Option<&str>, message: &str) -> String {
    let line = message.trim_start().lines().next().unwrap_or_default().trim_end();
    let whole = match exception_type {
        Some(kind) if line.is_empty() => kind.to_owned(),
        Some(kind) if !begins_with(line, kind) => format!("{kind}: {line}"),
        _ => line.to_owned(),
    };
    whole.chars().take(MAX_CHARS).collect()
}

fn begins_with(line: &str, kind: &str) -> bool {
    line.strip_prefix(kind).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(exception_type: Option<&str>, message: &str, expected: &str) {
        assert_eq!(title(exception_type, message), expected);
    }

    #[test]
    fn a_title_is_the_type_and_the_first_line() {
        check(Some("ValueError"), "bad input\nmore", "ValueError: bad input");
        check(None, "\n  bad input  \nmore", "bad input");
        check(Some("ValueError"), "", "ValueError");
        check(Some("ValueError"), "ValueError: bad input", "ValueError: bad input");
        check(Some("Value"), "ValueError: bad input", "Value: ValueError: bad input");
        check(None, "", "");
        check(None, &"é".repeat(300), &"é".repeat(250));
    }
}
