//! What people and programs write behind a time: zones, halves of the day.

use super::Scanner;
use super::shapes::digits;

/// A longer name of a zone than this is something else.
const NAME_MAX: usize = 64;

/// Zones by their short names.
const ZONES: [&[u8]; 29] = [
    b"AEDT", b"AEST", b"AKST", b"AWST", b"BRT", b"BST", b"CDT", b"CEST", b"CET", b"CST", b"EDT",
    b"EEST", b"EET", b"EST", b"GMT", b"HKT", b"HST", b"IST", b"JST", b"KST", b"MDT", b"MSK",
    b"MST", b"PDT", b"PST", b"SGT", b"UTC", b"WEST", b"WET",
];

impl Scanner<'_> {
    /// Whether the content of the chunk belongs to the time written before it. Then nothing of it is
    /// written but the punctuation behind it.
    pub(super) fn ends_time(&mut self, chunk: &[u8], content: &[u8]) -> bool {
        let is_half = is_half_of_day(content);
        if !self.out.ends_with(b"<time> ") || !(is_half || is_zone(content)) {
            return false;
        }
        self.out.pop();
        // Only scripts write a longer name, and only behind an offset.
        let has_offset = content.iter().any(|byte| matches!(byte, b'+' | b'-'));
        self.zoned = if has_offset { self.out.len() } else { 0 };
        let punctuation = &chunk[content.len()..];
        let is_dotted = is_half && content.contains(&b'.');
        self.out
            .extend_from_slice(&punctuation[usize::from(is_dotted && !punctuation.is_empty())..]);
        true
    }

    /// Passes the name that scripts add to a zone: `GMT-0800 (Pacific Standard Time)`.
    pub(super) fn skip_zone_name(&mut self) -> bool {
        let written = self.out.trim_ascii_end().len();
        if self.zoned == 0 || written != self.zoned {
            return false;
        }
        let rest = &self.text[self.at..];
        let name = &rest[..rest.len().min(NAME_MAX)];
        let length = name.iter().position(|byte| *byte == b')');
        let is_name = |length: &usize| {
            !name[..*length].iter().any(|byte| byte.is_ascii_digit() || *byte == b'\n')
        };
        let Some(length) = length.filter(is_name) else { return false };
        self.at += length + 1;
        self.out.truncate(written);
        true
    }
}

/// `UTC`, `GMT+0100`, `UTC+2`.
fn is_zone(chunk: &[u8]) -> bool {
    let letters = chunk.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let (name, offset) = chunk.split_at(letters);
    let is_offset = match offset {
        [] => true,
        [b'+' | b'-', number @ ..] => {
            let is_number = |byte: &u8| byte.is_ascii_digit() || *byte == b':';
            digits(number) > 0 && number.iter().all(is_number)
        }
        _ => false,
    };
    is_offset && ZONES.contains(&name)
}

/// `AM`, `p.m`.
fn is_half_of_day(chunk: &[u8]) -> bool {
    let chunk = match chunk {
        [half, b'.', m] => &[*half, *m],
        other => other,
    };
    matches!(chunk, [b'a' | b'A' | b'p' | b'P', b'm' | b'M'])
}
