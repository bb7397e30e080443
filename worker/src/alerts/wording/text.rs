//! Text that users wrote, and times.

use chrono::{DateTime, TimeDelta, Utc};

/// The text in one line of at most `max` characters; where something is left out, a mark says so.
/// Characters that break lines or turn the direction of what follows become blanks.
pub(super) fn one_line(text: &str, max: usize) -> String {
    // What is far beyond the bound is not even looked at.
    let visible = text.chars().take(max.saturating_mul(4).max(max));
    let spaced: String = visible.map(|c| if breaks_the_line(c) { ' ' } else { c }).collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= max {
        return line;
    }
    let kept: String = line.chars().take(max.saturating_sub(1)).collect();
    kept + "…"
}

fn breaks_the_line(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{061c}')
        || ('\u{202a}'..='\u{202e}').contains(&c)
        || ('\u{2066}'..='\u{2069}').contains(&c)
}

/// A time for people, to the second.
pub(super) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// How long something lasted: `45s`, `12m`, `2h 15m`, `3d 4h`.
pub(super) fn duration(span: TimeDelta) -> String {
    let seconds = span.num_seconds().max(0);
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, _) => format!("{minutes}m"),
        (0, ..) => format!("{hours}h {}m", minutes % 60),
        _ => format!("{days}d {}h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_users_wrote_stays_in_its_line() {
        for (text, max, expected) in [
            ("it  broke\r\nBcc: a@b.example", 50, "it broke Bcc: a@b.example"),
            ("a\u{2028}b\u{202e}c", 50, "a b c"),
            ("abcdef", 4, "abc…"),
            ("", 4, ""),
        ] {
            assert_eq!(one_line(text, max), expected, "{text:?}");
        }
    }

    #[test]
    fn durations_have_two_parts_at_most() {
        for (seconds, expected) in
            [(-5, "0s"), (45, "45s"), (720, "12m"), (8_100, "2h 15m"), (273_600, "3d 4h")]
        {
            assert_eq!(duration(TimeDelta::seconds(seconds)), expected);
        }
    }
}
