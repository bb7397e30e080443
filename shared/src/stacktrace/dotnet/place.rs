//! What stands behind a method: the file and the line, where they are known.

use crate::stacktrace::scan::{split_at, split_at_last};

/// ` in C:\src\File.cs:line 12` in any language, or nothing: a word, the path, a word and the line.
pub(super) fn read(rest: &str) -> Option<(&str, Option<u32>)> {
    if rest.is_empty() {
        return Some(("", None));
    }
    let (word, place) = split_at(rest.strip_prefix(' ')?, b' ')?;
    let (path, line) = split_at_last(place.strip_suffix('.').unwrap_or(place), b':')?;
    let (line_word, line) = split_at(line.trim_start(), b' ')?;
    let is_word = |word: &str| word.chars().all(char::is_alphabetic);
    (is_word(word) && is_word(line_word)).then(|| (path, line.trim().parse().ok()))
}

/// ` [0x00012] in /src/File.cs:12`, ` <0x00012 + 0x00034> in <3f2a9c1d>:0`. A library without the names of
/// its files is told by its hash.
pub(super) fn read_of_mono(rest: &str) -> Option<(&str, Option<u32>)> {
    let offset = rest.strip_prefix(" [0x").and_then(|it| split_at(it, b']'));
    let offset = offset.or_else(|| split_at(rest.strip_prefix(" <0x")?, b'>'));
    let (_, place) = offset?;
    let (path, line) = match place.trim_end().strip_prefix(" in ") {
        Some(place) => split_at_last(place, b':')?,
        None if place.trim().is_empty() => return Some(("", None)),
        None => return None,
    };
    let is_unknown = path.starts_with('<');
    Some(if is_unknown { ("", None) } else { (path, line.parse().ok()) })
}
