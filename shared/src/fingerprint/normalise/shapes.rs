//! Recognises values by their shape: each function answers how many bytes at the start of its input
//! have that shape, and reads each byte a bounded number of times.

use std::net::Ipv6Addr;

/// The longest text that can be an IPv6 address, scope left out.
const IPV6_MAX: usize = 45;
/// Ids that are drawn have at least this many characters, and no more than that.
const DRAWN_MIN: usize = 16;
const DRAWN_MAX: usize = 128;

/// The one unit that has a letter beyond ASCII, with the sign for micro and with the Greek letter.
const MICROSECONDS: [&str; 2] = ["\u{b5}s", "\u{3bc}s"];

/// A date and a time without any mark between their numbers are at least as long.
pub(super) const COMPACT_TIME_MIN: usize = "20261107T0915".len();

/// A UUID in its 8-4-4-4-12 form.
pub(super) fn uuid(text: &[u8]) -> Option<usize> {
    const LENGTH: usize = 36;
    let candidate = text.get(..LENGTH)?;
    let fits = candidate.iter().enumerate().all(|(i, byte)| match i {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    let ends = text.get(LENGTH).is_none_or(|byte| !byte.is_ascii_alphanumeric());
    (fits && ends).then_some(LENGTH)
}

/// The address of a network card: six pairs of hex digits.
pub(super) fn is_mac(text: &[u8]) -> bool {
    text.len() == 17
        && text.iter().enumerate().all(|(i, byte)| match i % 3 {
            2 => matches!(byte, b':' | b'-'),
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Four groups of up to three digits with dots between, and a port where one follows.
pub(super) fn ipv4(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    for group in 0..4 {
        if group > 0 {
            at += usize::from(text.get(at) == Some(&b'.'));
        }
        let digits = digits(text.get(at..)?);
        if digits == 0 || digits > 3 {
            return None;
        }
        at += digits;
        if group < 3 && text.get(at) != Some(&b'.') {
            return None;
        }
    }
    let continues = text.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric());
    (!continues).then(|| at + port(text.get(at..).unwrap_or_default()))
}

/// Whether the whole text is an IPv6 address, with or without the interface it is meant for. One
/// without a digit is rather a path in a program: `Fee::add`.
pub(super) fn is_ipv6(text: &[u8]) -> bool {
    let text = text.split(|byte| *byte == b'%').next().unwrap_or(text);
    text.len() <= IPV6_MAX
        && text.iter().filter(|byte| **byte == b':').count() >= 2
        && text.iter().any(u8::is_ascii_digit)
        && std::str::from_utf8(text).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

/// A colon and a port number; zero when there is none.
pub(super) fn port(text: &[u8]) -> usize {
    match text.split_first() {
        Some((b':', rest)) => match digits(rest) {
            0 => 0,
            length => 1 + length,
        },
        _ => 0,
    }
}

/// A calendar date (`2026-11-07`, `2026/11/07`), a time of day (`09:15`, `09:15:01.5`), or both,
/// with the zone that follows.
pub(super) fn date_time(text: &[u8]) -> Option<usize> {
    let Some(date) = date(text).or_else(|| local_date(text)) else {
        return compact(text).or_else(|| clock(text).map(|length| length + zone(&text[length..])));
    };
    let joined = match text.get(date) {
        Some(b'T' | b't' | b' ' | b'_' | b':') => clock(&text[date + 1..]).map(|clock| 1 + clock),
        _ => None,
    };
    let Some(clock) = joined else {
        return Some(date);
    };
    let length = date + clock;
    Some(length + zone(&text[length..]))
}

/// `20261107T091501`, with the zone that follows.
fn compact(text: &[u8]) -> Option<usize> {
    let is_date = digits(text) == 8 && (text.starts_with(b"20") || text.starts_with(b"19"));
    let clock = text.get(9..).map(digits)?;
    let fits = is_date && matches!(text[8], b'T' | b't') && matches!(clock, 4 | 6);
    fits.then(|| 9 + clock + zone(&text[9 + clock..]))
}

/// Year, month and day, in this order and with one kind of separator.
fn date(text: &[u8]) -> Option<usize> {
    let candidate = text.get(..10)?;
    let separator = candidate[4];
    let fits = matches!(separator, b'-' | b'/' | b'.')
        && candidate.iter().enumerate().all(|(i, byte)| match i {
            4 | 7 => *byte == separator,
            _ => byte.is_ascii_digit(),
        });
    let ends = text.get(10).is_none_or(|byte| !byte.is_ascii_digit());
    (fits && ends).then_some(10)
}

/// Day, month and year as people write them: `12/31/2024`, `5/3/24`, `31.12.2024`.
fn local_date(text: &[u8]) -> Option<usize> {
    let first = digits(text);
    let separator = *text.get(first)?;
    if !matches!((first, separator), (1..=2, b'/' | b'.' | b'-')) {
        return None;
    }
    let second = digits(text.get(first + 1..)?);
    let at = first + 1 + second;
    let year = text.get(at + 1..)?;
    let length = digits(year);
    let is_year = match length {
        2 => separator == b'/',
        4 => year.starts_with(b"19") || year.starts_with(b"20"),
        _ => false,
    };
    if second > 2 || text.get(at) != Some(&separator) || !is_year {
        return None;
    }
    let value =
        |digits: &[u8]| digits.iter().fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    let (day, month) = (value(&text[..first]), value(&text[first + 1..at]));
    let is_day = (1..=31).contains(&day) && (1..=31).contains(&month) && day.min(month) <= 12;
    let end = at + 1 + length;
    let goes_on = matches!(text.get(end..), Some([next, digit, ..])
        if *next == separator && digit.is_ascii_digit());
    (is_day && !goes_on).then_some(end)
}

/// Hours and minutes, with seconds and their fraction where they follow.
fn clock(text: &[u8]) -> Option<usize> {
    let two_digits = |at: usize| text.get(at..at + 2).is_some_and(|pair| digits(pair) == 2);
    let mut length = digits(text);
    if !(1..=2).contains(&length) || text.get(length) != Some(&b':') || !two_digits(length + 1) {
        return None;
    }
    length += 3;
    if text.get(length) == Some(&b':') && two_digits(length + 1) {
        length += 3;
        if let Some(b'.' | b',') = text.get(length) {
            match digits(&text[length + 1..]) {
                0 => {}
                fraction => length += 1 + fraction,
            }
        }
    }
    let half = match text.get(length..length + 2) {
        Some([b'a' | b'A' | b'p' | b'P', b'm' | b'M']) => 2,
        _ => 0,
    };
    let continues = text.get(length + half).is_some_and(u8::is_ascii_alphanumeric);
    let continues = continues && (half > 0 || text[length].is_ascii_digit());
    (!continues).then_some(length + half)
}

/// `Z` or an offset such as `+02:00`, with or without a space before it; zero when there is none.
fn zone(text: &[u8]) -> usize {
    let space = usize::from(text.first() == Some(&b' '));
    match text.get(space) {
        Some(b'Z' | b'z') if space == 0 => 1,
        Some(b'+' | b'-') => {
            let rest = text.get(space + 1..).unwrap_or_default();
            match (digits(rest), rest.get(2), rest.get(3..5).map(digits)) {
                (4, _, _) => space + 5,
                (2, Some(b':'), Some(2)) => space + 6,
                (2, _, _) if space == 0 => 3,
                _ => 0,
            }
        }
        _ => 0,
    }
}

/// A number with what clings to it: fraction, exponent, unit, thousands separators, percent sign.
/// The first byte must be a digit.
pub(super) fn number(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        at += alphanumeric(text.get(at..).unwrap_or_default());
        let previous = at.checked_sub(1).and_then(|i| text.get(i));
        let digit_follows = text.get(at + 1).is_some_and(u8::is_ascii_digit);
        let continues = match text.get(at) {
            Some(b'.' | b',' | b'_' | b':') => digit_follows,
            Some(b'+' | b'-') => digit_follows && matches!(previous, Some(b'e' | b'E')),
            _ => false,
        };
        if !continues {
            let rest = &text[at..];
            if MICROSECONDS.iter().any(|unit| rest.starts_with(unit.as_bytes())) {
                return at + MICROSECONDS[0].len();
            }
            let end = at + prerelease(rest);
            return end + usize::from(text.get(end) == Some(&b'%'));
        }
        at += 1;
    }
}

/// What a version has behind its numbers before it is released: `-beta.1`, `-SNAPSHOT`. Zero when there
/// is nothing of the kind.
fn prerelease(text: &[u8]) -> usize {
    const NAMES: [&[u8]; 9] =
        [b"alpha", b"beta", b"canary", b"dev", b"next", b"pre", b"preview", b"rc", b"snapshot"];
    let Some((b'-', rest)) = text.split_first() else {
        return 0;
    };
    let letters = rest.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    if !NAMES.iter().any(|name| rest[..letters].eq_ignore_ascii_case(name)) {
        return 0;
    }
    let mut length = 1 + alphanumeric(rest);
    while text.get(length) == Some(&b'.') && text.get(length + 1).is_some_and(u8::is_ascii_digit) {
        length += 1 + alphanumeric(&text[length + 1..]);
    }
    length
}

/// Whether the whole text is an id that a machine drew of letters, digits and `-` or `_`: capital and
/// small letters, digits and marks take turns more often than anybody writes.
pub(super) fn is_drawn(text: &[u8]) -> bool {
    if text.len() < DRAWN_MIN || text.len() > DRAWN_MAX {
        return false;
    }
    let mut kinds = [0_usize; 4];
    let mut turns = 0;
    let mut previous = None;
    for byte in text {
        let kind = match byte {
            b'0'..=b'9' => 0,
            b'a'..=b'z' => 1,
            b'A'..=b'Z' => 2,
            b'-' | b'_' | b'+' | b'/' => 3,
            _ => return false,
        };
        kinds[kind] += 1;
        turns += usize::from(previous.is_some_and(|previous| previous != kind));
        previous = Some(kind);
    }
    kinds[..3].iter().all(|count| *count > 0) && turns * 2 > text.len()
}

/// Whether the text is a token of JSON in base64, as those of RFC 7519: its object begins with a brace and a quote.
pub(super) fn is_token(text: &[u8]) -> bool {
    const BEGIN: &[u8] = b"eyJ";
    let is_part = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'=' | b'+' | b'/')
    };
    text.len() >= DRAWN_MIN && text.starts_with(BEGIN) && text.iter().all(is_part)
}

/// The text without dots and dashes at its end.
pub(super) fn trimmed(text: &[u8]) -> &[u8] {
    let trailing = text.iter().rev().take_while(|byte| matches!(byte, b'.' | b'-')).count();
    &text[..text.len() - trailing]
}

/// How many ASCII digits the text starts with.
pub(super) fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// How long the word is that the text starts with. Some scripts put no space between words and numbers: where
/// there is a digit, letters beyond ASCII are a word of their own.
pub(super) fn word(text: &[u8]) -> usize {
    let length = text.iter().take_while(|byte| is_word_byte(**byte)).count();
    let word = &text[..length];
    if word.is_ascii() || !word.iter().any(u8::is_ascii_digit) {
        return length;
    }
    word.iter().take_while(|byte| byte.is_ascii() == word[0].is_ascii()).count()
}

/// How many letters and digits of ASCII the text starts with.
pub(super) fn alphanumeric(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count()
}

/// Letters, digits and everything beyond ASCII.
pub(super) fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_times_are_taken_whole() {
        for text in [
            "2026-11-07",
            "2026/11/07 09:15:01",
            "2026-11-07T09:15:01.123456Z",
            "2026-11-07 09:15:01,123 +0200",
            "2026-11-07T09:15:01+02:00",
            "9:15",
            "09:15:01.5",
            "9:15pm",
            "20261107T091501Z",
            "20261107T0915+0200",
        ] {
            assert_eq!(date_time(text.as_bytes()), Some(text.len()), "{text}");
        }
        for text in ["2026", "12:5", "2026-1-1", "123:45"] {
            assert_eq!(date_time(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn drawn_ids_are_told_from_written_ones() {
        for text in
            ["V1StGXR8_Z5jdHi6B-myT", "IRFa-VaY2b_8xT4q9ZpL0", "q83vEjRWeJq7/N0+VaY2b8xT4q9ZpL0a"]
        {
            assert!(is_drawn(text.as_bytes()), "{text}");
        }
        for text in
            ["Order-Service-v2-Prod-01", "shop-worker-12-eu-west-1", "SQLConnectionTimeout2"]
        {
            assert!(!is_drawn(text.as_bytes()), "{text}");
        }
        assert!(is_token(b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.dBjftJeZ4CVPmB92K27uhbUJU1p1r"));
        assert!(!is_token(b"eyJhb") && !is_token(b"eyJava is missing here"));
    }

    #[test]
    fn numbers_end_where_the_value_ends() {
        for (text, expected) in [
            ("17", 2),
            ("1,234.5", 7),
            ("1.5e-7", 6),
            ("30ms later", 4),
            ("50%", 3),
            ("0x7ffe12", 8),
            ("7.", 1),
            ("1, 2", 1),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn addresses_are_told_from_other_dotted_numbers() {
        assert_eq!(ipv4(b"10.0.0.7:6379 refused"), Some(13));
        assert_eq!(ipv4(b"10.0.0.7."), Some(8));
        assert_eq!(ipv4(b"1.2.3"), None);
        assert_eq!(ipv4(b"1.2.3.4567"), None);
        assert!(is_ipv6(b"fe80::1ff:fe23:4567:890a"));
        assert!(!is_ipv6(b"std::io"));
        assert!(is_mac(b"ab:1a:2b:3c:4d:5e"));
        assert!(!is_mac(b"ab:1a:2b:3c:4d:5g"));
        assert_eq!(uuid(b"550e8400-e29b-41d4-a716-446655440000 x"), Some(36));
        assert_eq!(uuid(b"550e8400-e29b-41d4-a716-44665544000"), None);
    }
}
