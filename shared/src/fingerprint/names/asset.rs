//! Names of script files without what a bundler adds to them.

use std::borrow::Cow;

use crate::stacktrace::scan::base_name;

/// The shortest piece of a file name that can be a hash.
const HASH_MIN: usize = 6;

/// The base name of a script without extension, query and hashes: `main.3f2a9c1d.chunk.js` and
/// `main-K9XQ2PZA.js` are both `main`.
pub(super) fn name(path: &str) -> Cow<'_, str> {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let file = base_name(path);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    if !stem.contains(['.', '-', '_']) {
        return Cow::Borrowed(stem);
    }
    let mut name = String::with_capacity(stem.len());
    for (i, piece) in stem.split_inclusive(['.', '-', '_']).enumerate() {
        let word = piece.trim_end_matches(['.', '-', '_']);
        let is_added = is_hash(word) || matches!(word, "chunk" | "bundle" | "min");
        if !is_added || i == 0 && !is_hash(word) {
            name.push_str(piece);
        }
    }
    name.truncate(name.trim_end_matches(['.', '-', '_']).len());
    Cow::Owned(name)
}

/// Whether a piece of a file name looks drawn rather than written.
fn is_hash(piece: &str) -> bool {
    let bytes = piece.as_bytes();
    if bytes.len() < HASH_MIN {
        return !bytes.is_empty() && bytes.iter().all(u8::is_ascii_digit);
    }
    let has = |test: fn(&u8) -> bool| bytes.iter().any(test);
    let has_digit = has(u8::is_ascii_digit);
    let all_hex = bytes.iter().all(u8::is_ascii_hexdigit);
    let capitals = bytes.iter().filter(|byte| byte.is_ascii_uppercase()).count();
    let one_case = !has(u8::is_ascii_lowercase);
    let trailing_digits = bytes.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let only_a_number_behind =
        has_digit && bytes[..bytes.len() - trailing_digits].iter().all(u8::is_ascii_alphabetic);
    let mixed = has_digit && !only_a_number_behind;
    all_hex && has_digit || mixed || (one_case && bytes.len() >= 8) || (capitals >= 4 && has_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_left_out() {
        let check = |path, expected| assert_eq!(name(path), expected, "{path}");
        check("https://x.example/static/main.3f2a9c1d.chunk.js", "main");
        check("https://x.example/assets/index-K9XQ2PZA.js?v=3", "index");
        check("/srv/a/dist/page-4b8e12.mjs", "page");
        check("https://x.example/a/vendor.WKJHGFQA.js", "vendor");
        check("/srv/a/order-service.js", "order-service");
        check("/srv/a/order.controller.ts", "order.controller");
        check("/srv/a/base64.js", "base64");
        check("/srv/a/chunk.js", "chunk");
        check("https://x.example/2.9c1d3f2a.js", "");
        check("", "");
    }
}
