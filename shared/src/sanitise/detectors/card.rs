//! Payment card numbers.

use super::{byte, byte_before};

const SHORTEST: usize = 13;
const LONGEST: usize = 19;

/// Where the card number ends whose first digit stands at `start`.
pub(in crate::sanitise) fn at(bytes: &[u8], start: usize) -> Option<usize> {
    if !matches!(byte(bytes, start), b'2'..=b'6' | b'9') || continues_a_number(bytes, start) {
        return None;
    }
    let mut digits = [0; LONGEST];
    let mut count = 0;
    let mut at = start;
    let mut group = 0;
    let mut separator = None;
    let mut found = None;
    loop {
        while byte(bytes, at).is_ascii_digit() {
            *digits.get_mut(count)? = byte(bytes, at) - b'0';
            count += 1;
            group += 1;
            at += 1;
        }
        if may_end(bytes, at, separator, group) && is_card(digits.get(..count)?) {
            found = Some(at);
        }
        let next = byte(bytes, at);
        let joins = matches!(next, b' ' | b'-') && separator.is_none_or(|seen| seen == next);
        if !joins || !(4..=6).contains(&group) || !byte(bytes, at + 1).is_ascii_digit() {
            return found;
        }
        if count + digits_at(bytes, at + 1) > LONGEST {
            return found;
        }
        separator = Some(next);
        group = 0;
        at += 1;
    }
}

/// Whether the whole number, as JSON holds it, is a card's.
pub(in crate::sanitise) fn is_card_number(number: u64) -> bool {
    let mut digits = [0; LONGEST];
    let mut left = number;
    let mut start = LONGEST;
    while left > 0 && start > 0 {
        start -= 1;
        if let (Some(digit), Ok(value)) = (digits.get_mut(start), u8::try_from(left % 10)) {
            *digit = value;
        }
        left /= 10;
    }
    left == 0 && digits.get(start..).is_some_and(is_card)
}

/// The decimals of a fraction, and later groups of digits joined by dashes.
fn continues_a_number(bytes: &[u8], start: usize) -> bool {
    let before = byte_before(bytes, start);
    let digit_before = start >= 2 && byte(bytes, start - 2).is_ascii_digit();
    before.is_ascii_alphanumeric() || (matches!(before, b'.' | b'-') && digit_before)
}

/// Whether a number may end at `at` instead of being the beginning of a longer one.
fn may_end(bytes: &[u8], at: usize, separator: Option<u8>, group: usize) -> bool {
    let next = byte(bytes, at);
    let more = digits_at(bytes, at + 1);
    match next {
        b'.' | b'-' => more == 0,
        // What follows a card number is often its expiry or its check code, both shorter than a
        // group of the number.
        b' ' => separator.is_none() || more < 4 || group < 4,
        _ => !next.is_ascii_alphanumeric(),
    }
}

/// How many digits stand at `at`; five means five or more.
fn digits_at(bytes: &[u8], at: usize) -> usize {
    (at..at + 5).take_while(|at| byte(bytes, *at).is_ascii_digit()).count()
}

fn is_card(digits: &[u8]) -> bool {
    (SHORTEST..=LONGEST).contains(&digits.len())
        && is_issued(number(digits, 4), digits.len())
        && passes_luhn(digits)
}

fn number(digits: &[u8], count: usize) -> u32 {
    digits.iter().take(count).fold(0, |number, digit| number * 10 + u32::from(*digit))
}

/// The lengths each network issues, by the first four digits.
fn is_issued(prefix: u32, length: usize) -> bool {
    match prefix {
        // Visa.
        4000..=4999 => matches!(length, 13 | 16 | 19),
        // Mastercard.
        2221..=2720 | 5100..=5599 => length == 16,
        // American Express.
        3400..=3499 | 3700..=3799 => length == 15,
        // Diners Club.
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => matches!(length, 14 | 16),
        // Discover, UnionPay, JCB, Mir.
        6011 | 6440..=6599 | 6200..=6299 | 3528..=3589 | 2200..=2204 => (16..=19).contains(&length),
        // Maestro.
        5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 => (13..=19).contains(&length),
        // Troy.
        9792 => length == 16,
        _ => false,
    }
}

fn passes_luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) => digit * 2 - if digit > 4 { 9 } else { 0 },
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(at(text.as_bytes(), 0).and_then(|end| text.get(..end)), expected, "{text}");
    }

    #[test]
    fn every_network_is_known() {
        for number in [
            "4111111111111111",
            "4222222222222",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "30569309025904",
            "36227206271667",
            "6011111111111117",
            "6200000000000005",
            "3530111333300000",
            "6759649826438453",
            "2200000000000004",
        ] {
            check(number, Some(number));
            assert!(is_card_number(number.parse().unwrap()), "{number}");
        }
    }

    #[test]
    fn groups_may_be_separated() {
        check("4111 1111 1111 1111", Some("4111 1111 1111 1111"));
        check("4111-1111-1111-1111", Some("4111-1111-1111-1111"));
        check("3782 822463 10005 ok", Some("3782 822463 10005"));
        check("4111 1111 1111 1111 12/25", Some("4111 1111 1111 1111"));
        check("4111 1111 1111 1111 123", Some("4111 1111 1111 1111"));
        check("4111 1111-1111 1111", None);
        check("4111 1111 1111 1111 1111", None);
        check("4111-1111-1111-1111-1", None);
    }

    #[test]
    fn other_numbers_stay() {
        check("4111111111111112", None);
        check("41111111111111110", None);
        check("1234567812345670", None);
        check("7992739871300009", None);
        check("4111111111111111a", None);
        check("4111111111111111.5", None);
        assert!(!is_card_number(0));
        assert!(!is_card_number(u64::MAX));
        assert_eq!(at(b"0.4111111111111111", 2), None);
    }
}
