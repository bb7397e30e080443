//! How letters are written for a terminal: nothing in an event may move its cursor or hide a line.

use std::io;

use serde::Serialize;
use serde_json::ser::Formatter;

/// The text in one line, with everything that a terminal acts on (or that turns the direction of
/// writing) as a JSON escape.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        let acts = char.is_control()
            || matches!(char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if acts {
            // All of them lie below U+10000, so four digits are enough.
            out.push_str(&format!("\\u{:04x}", u32::from(char)));
        } else {
            out.push(char);
        }
    }
    out
}

/// The beginning of a text as [`plain`] text, with a mark where something was left out.
pub(super) fn cut(text: &str, chars: usize) -> String {
    match text.char_indices().nth(chars) {
        Some((end, _)) => plain(text.get(..end).unwrap_or(text)) + "…",
        None => plain(text),
    }
}

/// A number of bytes as people say it.
pub(super) fn size(bytes: usize) -> String {
    const KIB: usize = 1 << 10;
    const MIB: usize = 1 << 20;
    let in_units = |unit: usize, name: &str| {
        let tenths = bytes.saturating_mul(10) / unit;
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    };
    match bytes {
        0..KIB => format!("{bytes} B"),
        KIB..MIB => in_units(KIB, "KiB"),
        _ => in_units(MIB, "MiB"),
    }
}

/// A number of things, as `1 letter` or `2 letters`.
pub(super) fn counted(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

/// Bytes as hex digits and as the letters among them, 16 in a line.
pub(super) fn hex_dump(bytes: &[u8]) -> String {
    let line = |(number, line): (usize, &[u8])| {
        let digits: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let letters: String = line
            .iter()
            .map(|&byte| if byte.is_ascii_graphic() { char::from(byte) } else { '.' })
            .collect();
        format!("{:06x}  {:<47}  {letters}\n", number * 16, digits.join(" "))
    };
    bytes.chunks(16).enumerate().map(line).collect()
}

/// Rows in columns, each as wide as its widest cell; the last one is left as it is.
pub(super) fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut out = String::new();
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        let line: Vec<String> = cells.collect();
        out.push_str(line.join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// JSON over several lines, for people.
pub(super) fn pretty(value: &impl Serialize) -> io::Result<String> {
    let json = serde_json::to_string_pretty(value)?;
    Ok(json.lines().map(|line| plain(line) + "\n").collect())
}

/// JSON in one line, for programs; written while it is made, so that it never lies in memory whole.
pub(super) fn write_json(out: &mut impl io::Write, value: &impl Serialize) -> io::Result<()> {
    let mut serializer = serde_json::Serializer::with_formatter(&mut *out, OneLine);
    value.serialize(&mut serializer)?;
    out.write_all(b"\n")
}

/// Compact JSON whose strings are safe to look at.
struct OneLine;

impl Formatter for OneLine {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        out.write_all(plain(fragment).as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_acts_on_is_escaped() {
        for (text, expected) in [
            ("größe ✓ 日本", "größe ✓ 日本"),
            ("a\nb\u{1b}[2J", "a\\u000ab\\u001b[2J"),
            ("\u{9b}31m\u{7f}", "\\u009b31m\\u007f"),
            ("\u{202e}txt.exe", "\\u202etxt.exe"),
        ] {
            assert_eq!(plain(text), expected);
        }
    }

    #[test]
    fn json_stays_json_when_it_is_escaped() {
        let value = serde_json::json!({"text": "\u{1b}[2J \u{9b} \u{202e} \"quoted\" \\ \n ü"});
        let mut line = Vec::new();
        write_json(&mut line, &value).unwrap();
        for json in [String::from_utf8(line).unwrap(), pretty(&value).unwrap()] {
            assert!(json.chars().all(|char| char == '\n' || plain(&char.to_string()).len() < 6));
            assert_eq!(serde_json::from_str::<serde_json::Value>(&json).unwrap(), value);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        for (text, expected) in [("äöü", "äöü"), ("äöüß", "äöü…"), ("", ""), ("a\0", "a\\u0000")]
        {
            assert_eq!(cut(text, 3), expected);
        }
    }

    #[test]
    fn sizes_are_written_as_people_say_them() {
        for (bytes, expected) in [
            (0, "0 B"),
            (1_023, "1023 B"),
            (1_024, "1.0 KiB"),
            (1_600, "1.5 KiB"),
            (16 << 20, "16.0 MiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }

    #[test]
    fn a_dump_shows_digits_and_letters() {
        let dump = hex_dump(b"not a batch\0\x1b\xffxyz");
        let expected = "000000  6e 6f 74 20 61 20 62 61 74 63 68 00 1b ff 78 79  not.a.batch...xy\n\
                        000010  7a                                               z\n";
        assert_eq!(dump, expected);
        assert_eq!(hex_dump(b""), "");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a", "bb", "c"], ["ään", "b", "long"]].map(|row| row.map(str::to_owned));
        assert_eq!(columns(&rows), "a    bb  c\nään  b   long\n");
    }
}
