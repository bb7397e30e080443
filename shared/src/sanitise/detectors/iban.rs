//! International bank account numbers.

use super::{byte, byte_before};

const LONGEST: usize = 34;

/// Where the IBAN ends whose country code begins at `start`.
pub(in crate::sanitise) fn at(bytes: &[u8], start: usize) -> Option<usize> {
    let before = byte_before(bytes, start);
    if before.is_ascii_alphanumeric() || before == b'_' {
        return None;
    }
    let length = length_in([byte(bytes, start), byte(bytes, start + 1)])?;
    let mut letters = [0; LONGEST];
    let mut at = start;
    for (place, letter) in letters.iter_mut().take(length).enumerate() {
        // On paper the number stands in groups of four.
        if place > 0 && place % 4 == 0 && byte(bytes, at) == b' ' {
            at += 1;
        }
        *letter = byte(bytes, at);
        at += 1;
    }
    let letters = letters.get(..length)?;
    let ends = !byte(bytes, at).is_ascii_alphanumeric();
    (ends && remainder_by_97(letters)? == 1).then_some(at)
}

/// The remainder of the number that the letters stand for, country and check digits moved to the
/// end; `None` when one is neither a digit nor a capital.
fn remainder_by_97(letters: &[u8]) -> Option<u32> {
    let (head, tail) = letters.split_at_checked(4)?;
    tail.iter().chain(head).try_fold(0, |sum, letter| match letter {
        b'0'..=b'9' => Some((sum * 10 + u32::from(letter - b'0')) % 97),
        b'A'..=b'Z' => Some((sum * 100 + u32::from(letter - b'A') + 10) % 97),
        _ => None,
    })
}

/// How long the country's numbers are.
fn length_in(country: [u8; 2]) -> Option<usize> {
    Some(match &country {
        b"NO" => 15,
        b"BE" => 16,
        b"DK" | b"FI" | b"FO" | b"GL" | b"NL" | b"SD" => 18,
        b"MK" | b"SI" => 19,
        b"AT" | b"BA" | b"EE" | b"KZ" | b"LT" | b"LU" | b"XK" | b"MN" => 20,
        b"CH" | b"HR" | b"LI" | b"LV" => 21,
        b"BG" | b"BH" | b"CR" | b"DE" | b"GB" | b"GE" | b"IE" | b"ME" | b"RS" | b"VA" => 22,
        b"AE" | b"GI" | b"IL" | b"IQ" | b"OM" | b"SO" | b"TL" => 23,
        b"AD" | b"CZ" | b"ES" | b"MD" | b"PK" | b"RO" | b"SA" | b"SE" | b"SK" | b"TN" | b"VG" => 24,
        b"LY" | b"PT" | b"ST" => 25,
        b"IS" | b"TR" => 26,
        b"BI" | b"DJ" | b"FR" | b"GR" | b"IT" | b"MC" | b"MR" | b"SM" => 27,
        b"AL" | b"AZ" | b"BY" | b"CY" | b"DO" | b"GT" | b"HN" | b"HU" | b"LB" | b"NI" | b"PL"
        | b"SV" => 28,
        b"BR" | b"EG" | b"PS" | b"QA" | b"UA" => 29,
        b"JO" | b"KW" | b"MU" | b"YE" => 30,
        b"MT" | b"SC" => 31,
        b"LC" => 32,
        b"RU" => 33,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(at(text.as_bytes(), 0).and_then(|end| text.get(..end)), expected, "{text}");
    }

    #[test]
    fn numbers_are_found_with_and_without_spaces() {
        check("DE89370400440532013000", Some("DE89370400440532013000"));
        check("DE89 3704 0044 0532 0130 00 x", Some("DE89 3704 0044 0532 0130 00"));
        check("GB82WEST12345698765432", Some("GB82WEST12345698765432"));
        check("NO9386011117947", Some("NO9386011117947"));
        check("MT84MALT011000012345MTLCAST001S", Some("MT84MALT011000012345MTLCAST001S"));
    }

    #[test]
    fn others_stay() {
        check("DE89370400440532013001", None);
        check("DE893704004405320130001", None);
        check("XX89370400440532013000", None);
        check("de89370400440532013000", None);
        check("DE89", None);
        assert_eq!(at(b"ADE89370400440532013000", 1), None);
    }
}
