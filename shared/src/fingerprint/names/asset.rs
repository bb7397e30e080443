//! Names of script files without what a bundler adds to them.

use std::borrow::Cow;

use super::folder;
use crate::stacktrace::scan::base_name;

/// The shortest piece of a file name that can be a hash.
const HASH_MIN: usize = 6;
/// The shortest one that nobody writes, wherever the file is.
const HEX_MIN: usize = 8;
/// How long hashes in base 64 are, and how often sorts of characters take turns in them at least.
const BASE64: usize = 8;
const TURNS_MIN: usize = 4;
/// The same where `-` and `_` may be part of it.
const MARKED_TURNS_MIN: usize = 5;

/// Folders that bundlers write to.
pub(super) const FOLDERS: [&str; 14] = [
    "assets",
    "build",
    "bundle",
    "bundles",
    "chunks",
    "dist",
    "immutable",
    "out",
    "public",
    "static",
    ".next",
    "_next",
    ".nuxt",
    ".output",
];

/// The name of a script without extension, query and hashes: `main.3f2a9c1d.chunk.js` and
/// `main-K9XQ2PZA.js` are both `main`. One that many folders have is named with its folder.
pub(super) fn name(path: &str) -> Cow<'_, str> {
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let file = base_name(path);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    let stem = match stem.contains(['.', '-', '_']) {
        true => Cow::Owned(without_added(stem, Origin::of(path))),
        false => Cow::Borrowed(stem),
    };
    folder::before(path, &stem).map_or(stem, Cow::Owned)
}

/// Where a script comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Bundler,
    Author,
}

impl Origin {
    fn of(path: &str) -> Self {
        let is_url = path.starts_with("http://") || path.starts_with("https://");
        let mut folders = path.split(['/', '\\']);
        match is_url || folders.any(|folder| FOLDERS.contains(&folder)) {
            true => Self::Bundler,
            false => Self::Author,
        }
    }
}

/// The pieces of a name that its author gave.
fn without_added(stem: &str, origin: Origin) -> String {
    let stem = match origin {
        Origin::Bundler => without_marked_hash(stem),
        Origin::Author => stem,
    };
    let mut name = String::with_capacity(stem.len());
    // Chunks have numbers, which stand first or behind that word.
    let mut may_number = true;
    for (i, piece) in stem.split_inclusive(['.', '-', '_']).enumerate() {
        let word = piece.trim_end_matches(['.', '-', '_']);
        let is_hash = match origin {
            Origin::Bundler => {
                is_hash(word) || may_number && is_number(word) && word.len() < stem.len()
            }
            Origin::Author => is_long_hex(word),
        };
        let is_added = i > 0 && matches!(word, "chunk" | "bundle" | "min");
        if !is_hash && !is_added {
            name.push_str(piece);
        }
        may_number = word == "chunk";
    }
    name.truncate(name.trim_end_matches(['.', '-', '_']).len());
    name
}

/// Hashes in base 64 may have the marks in them that separate the pieces: `cart-D9k_mzR2`.
fn without_marked_hash(stem: &str) -> &str {
    let split = stem.len().checked_sub(BASE64).and_then(|at| stem.split_at_checked(at));
    match split {
        Some((name, hash))
            if name.ends_with(['.', '-'])
                && hash.contains(['-', '_'])
                && turns(hash) >= MARKED_TURNS_MIN =>
        {
            name
        }
        _ => stem,
    }
}

fn is_number(piece: &str) -> bool {
    !piece.is_empty() && piece.bytes().all(|byte| byte.is_ascii_digit())
}

/// Hex digits of both sorts that are too many to be a word with a number.
fn is_long_hex(piece: &str) -> bool {
    piece.len() >= HEX_MIN
        && piece.bytes().all(|byte| byte.is_ascii_hexdigit())
        && piece.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether a piece of the name of a bundled file looks drawn rather than written.
fn is_hash(piece: &str) -> bool {
    let bytes = piece.as_bytes();
    if bytes.len() < HASH_MIN {
        return false;
    }
    let has = |test: fn(&u8) -> bool| bytes.iter().any(test);
    let has_digit = has(u8::is_ascii_digit);
    let has_small = has(u8::is_ascii_lowercase);
    if bytes.len() == BASE64 && has_small && has(u8::is_ascii_uppercase) {
        return turns(piece) >= TURNS_MIN;
    }
    let all_hex = bytes.iter().all(u8::is_ascii_hexdigit);
    has_digit && (all_hex || !is_word(piece)) || !has_small && bytes.len() >= HEX_MIN
}

/// Whether letters stand at the start, with one number among them or behind them: `oauth2client`,
/// `base64`.
fn is_word(piece: &str) -> bool {
    let runs = piece.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit());
    piece.starts_with(|first: char| first.is_ascii_alphabetic())
        && runs.count() <= 3
        && piece.bytes().filter(u8::is_ascii_uppercase).count() < 4
}

/// How often small and capital letters, digits and marks take turns.
fn turns(text: &str) -> usize {
    let sort = |byte: u8| match byte {
        b'0'..=b'9' => 0_u8,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    text.as_bytes().windows(2).filter(|pair| sort(pair[0]) != sort(pair[1])).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: &str) {
        assert_eq!(name(path), expected, "{path}");
    }

    #[test]
    fn hashes_are_left_out() {
        check("https://x.example/static/main.3f2a9c1d.chunk.js", "main");
        check("https://x.example/assets/index-K9XQ2PZA.js?v=3", "index");
        check("/srv/a/dist/page-4b8e12.mjs", "page");
        check("/srv/a/server.3f2a9c1d.js", "server");
        check("https://x.example/a/vendor.WKJHGFQA.js", "vendor");
        check("https://x.example/2.9c1d3f2a.js", "");
        check("https://x.example/chunk-157.js", "chunk");
        for hash in ["BxqWvTzK", "DkLmPqRs", "D9kXmzR2", "D9k_mzR2", "D9-kmzR2", "D9k_m-R2"] {
            check(&format!("https://x.example/assets/cart-{hash}.js"), "cart");
        }
        check("", "");
    }

    #[test]
    fn words_are_kept() {
        check("/srv/a/order-service.js", "order-service");
        check("/srv/a/order.controller.ts", "order.controller");
        check("/srv/a/base64.js", "base64");
        check("/srv/a/chunk.js", "chunk");
        for origin in ["/srv/a/src", "https://x.example/assets"] {
            for word in [
                "oauth2client.service",
                "s3storage.service",
                "html2canvas-helper",
                "step-1",
                "step-2",
                "cart-Checkout",
                "cart-DataGrid",
                "user-settings",
            ] {
                check(&format!("{origin}/{word}.js"), word);
            }
        }
        check("/srv/a/src/report-2024q3.js", "report-2024q3");
    }
}
