//! The one line that lists show of an error.

/// Characters of a title at most.
const MAX_TITLE: usize = 250;

/// `Type: first line of the message`, or one of the two where the other is missing.
pub fn title(exception_type: Option<&str>, message: &str) -> String {
    let line = message.trim_start().lines().next().unwrap_or_default().trim_end();
    let full = match exception_type {
        None => return cut(line),
        Some(kind) if line.is_empty() => kind.to_owned(),
        // Many loggers put the type in front of the message already.
        Some(kind) if line.starts_with(kind) => line.to_owned(),
        Some(kind) => format!("{kind}: {line}"),
    };
    cut(&full)
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_TITLE).collect()
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
        check(None, "", "");
        check(None, &"é".repeat(300), &"é".repeat(250));
    }
}
