//! Thresholds and measured values as answers write them.

use serde::Serializer;

/// Writes a whole number without decimals, as clients gave it: `50`, not `50.0`.
#[expect(clippy::cast_possible_truncation, reason = "whole and within the bounds of the type")]
pub(super) fn serialize<S: Serializer>(number: &f64, out: S) -> Result<S::Ok, S::Error> {
    const EXACT: f64 = 9_007_199_254_740_992.0; // 2^53: below it every whole number has its own float
    if number.fract() == 0.0 && number.abs() < EXACT {
        out.serialize_i64(*number as i64)
    } else {
        out.serialize_f64(*number)
    }
}

#[cfg(test)]
mod tests {
    use serde::Serialize;

    #[derive(Serialize)]
    struct Number(#[serde(with = "super")] f64);

    #[test]
    fn whole_numbers_have_no_decimals() {
        for (number, expected) in [
            (50.0, "50"),
            (0.0, "0"),
            (-3.0, "-3"),
            (0.5, "0.5"),
            (1e15, "1000000000000000"),
            (1e20, "1e+20"),
        ] {
            assert_eq!(serde_json::to_string(&Number(number)).unwrap(), expected);
        }
    }
}
