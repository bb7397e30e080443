//! Which numbers a metric is compared with.

use super::metric::Metric;

/// The largest number either way. Up to here neighbouring whole numbers stay apart.
pub(super) const MAX: f64 = 1e15;

/// As many digits as a number keeps on its way through a floating-point one and back.
const MAX_DIGITS: usize = 15;

/// Why a metric can't be compared with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BadNumber {
    #[error("a number lies between -1,000,000,000,000,000 and 1,000,000,000,000,000")]
    TooLarge,
    #[error("a number has at most 15 significant digits")]
    TooPrecise,
    #[error("{0} is never negative, so the number must be 0 or more")]
    Negative(Metric),
}

/// Reads a number as people write it: a sign, digits and a point, no exponent. None when the word is
/// something else.
pub(super) fn read(word: &str, metric: Metric) -> Option<Result<f64, BadNumber>> {
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let number: f64 = word.parse().ok()?;
    // Looked at before the precision: what is too large tends to have too many digits as well.
    Some(check(number, metric).and_then(|number| {
        if significant_digits(unsigned) > MAX_DIGITS {
            Err(BadNumber::TooPrecise)
        } else {
            Ok(number)
        }
    }))
}

/// The number, when the metric can be compared with it. There is one zero only.
pub(super) fn check(number: f64, metric: Metric) -> Result<f64, BadNumber> {
    if !number.is_finite() || number.abs() > MAX {
        Err(BadNumber::TooLarge)
    } else if number < 0.0 && !metric.is_signed() {
        Err(BadNumber::Negative(metric))
    } else {
        Ok(number + 0.0)
    }
}

/// Zeros at either end only say where the point is.
fn significant_digits(unsigned: &str) -> usize {
    let is_shift = |c: char| c == '0' || c == '.';
    unsigned.trim_matches(is_shift).bytes().filter(u8::is_ascii_digit).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_read(word: &str, expected: Option<Result<f64, BadNumber>>) {
        assert_eq!(read(word, Metric::ErrorCountChange), expected, "{word}");
    }

    #[test]
    fn numbers_are_digits_with_a_sign_and_a_point() {
        check_read("0", Some(Ok(0.0)));
        check_read("050.00", Some(Ok(50.0)));
        check_read("+2.5", Some(Ok(2.5)));
        check_read("-2.5", Some(Ok(-2.5)));
        for word in
            ["", "-", "+", ".", "5.", ".5", "1.2.3", "--5", "1e3", "inf", "NaN", "٣", "0x10"]
        {
            check_read(word, None);
        }
    }

    #[test]
    fn numbers_have_bounds() {
        check_read("1000000000000000", Some(Ok(1e15)));
        check_read("-1000000000000000", Some(Ok(-1e15)));
        check_read("1000000000000001", Some(Err(BadNumber::TooLarge)));
        check_read(&"9".repeat(400), Some(Err(BadNumber::TooLarge)));
        check_read("123456789.012345", Some(Ok(123_456_789.012_345)));
        check_read("000123456789012345.000", Some(Ok(123_456_789_012_345.0)));
        check_read("0.00123456789012345", Some(Ok(0.001_234_567_890_123_45)));
        check_read("1.234567890123456", Some(Err(BadNumber::TooPrecise)));
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(check(number, Metric::ErrorCountChange), Err(BadNumber::TooLarge));
        }
    }

    #[test]
    fn only_a_change_can_be_negative() {
        for metric in Metric::ALL {
            let negative = check(-1.0, metric);
            if metric == Metric::ErrorCountChange {
                assert_eq!(negative, Ok(-1.0));
            } else {
                assert_eq!(negative, Err(BadNumber::Negative(metric)));
            }
            assert!(check(-0.0, metric).is_ok_and(f64::is_sign_positive), "{metric}");
        }
    }
}
