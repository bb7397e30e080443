//! Names of script files without what a bundler adds to them.

use std::borrow::Cow;

use super::{folder, host};
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

/// What frameworks call the pages for failures, which are no numbers of chunks.
const PAGES: [&str; 2] = ["404", "500"];
/// What bundlers put between the parts of a name.
const MARKS: [char; 3] = ['.', '-', '_'];

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
    let stem = without_added(stem, Origin::of(path));
    folder::before(path, &stem).map_or(stem, Cow::Owned)
}

/// Where a script comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// From a server, which serves what a bundler made.
    Web,
    /// From a folder on a disk that a bundler wrote to.
    Bundler,
    Author,
}

impl Origin {
    fn of(path: &str) -> Self {
        if path.starts_with("http://") || path.starts_with("https://") {
            return Self::Web;
        }
        let (folders, _) = host::inside(path).path.rsplit_once(SLASHES).unwrap_or_default();
        // Sources that are in a folder of such a name were written, whatever it is for.
        let is_bundled = folders.split(SLASHES).fold(false, |is_bundled, folder| {
            folder != "src" && (is_bundled || FOLDERS.contains(&folder))
        });
        if is_bundled { Self::Bundler } else { Self::Author }
    }

    /// Whether a piece at the end of a name looks drawn rather than written. On a disk, long numbers are
    /// dates.
    fn is_hash(self, piece: &str) -> bool {
        let is_date = || piece.len() >= HEX_MIN && is_number(piece);
        match self {
            Self::Web => is_hash(piece),
            Self::Bundler => is_hash(piece) && !is_date(),
            Self::Author => is_long_hex(piece) && !is_date(),
        }
    }
}

const SLASHES: [char; 2] = ['/', '\\'];

/// The pieces of a name that its author gave. Bundlers add theirs at the end, and the number of a chunk
/// at the start; a name that only a bundler gave is none.
fn without_added(stem: &str, origin: Origin) -> Cow<'_, str> {
    let mut name = match origin {
        Origin::Author => stem,
        Origin::Web | Origin::Bundler => without_marked_hash(stem),
    };
    let mut has_hash = name.len() < stem.len();
    while let Some((before, piece)) = name.rsplit_once(MARKS) {
        if origin != Origin::Author
            && let Some(unversioned) = without_version(name)
        {
            name = unversioned;
            continue;
        }
        // What stands before one hash may look like another and be a word.
        let is_hash = origin.is_hash(piece) && (!has_hash || is_long_hex(piece));
        let is_number_of_chunk = || {
            let chunk = before.rsplit_once(MARKS).map_or(before, |(_, chunk)| chunk);
            origin != Origin::Author && chunk == "chunk" && is_number(piece)
        };
        if !is_hash && !matches!(piece, "" | "chunk" | "bundle" | "min") && !is_number_of_chunk() {
            break;
        }
        has_hash |= is_hash;
        name = before;
    }
    let is_chunk = |piece: &str| origin != Origin::Author && is_chunk_number(piece);
    let is_bare_hash = |piece: &str| origin.is_hash(piece) && is_long_hex(piece);
    let name = match name.split_once(MARKS) {
        Some((number, name)) if is_chunk(number) => name,
        None if name.len() < stem.len() && (is_chunk(name) || is_bare_hash(name)) => "",
        _ => name,
    };
    // Nobody writes so many hex digits: they are none of the name wherever they stand in it.
    if name.contains(MARKS) && name.split(MARKS).any(is_bare_hash) {
        let pieces = name.split_inclusive(MARKS);
        return pieces.filter(|piece| !is_bare_hash(piece.trim_end_matches(MARKS))).collect();
    }
    Cow::Borrowed(name)
}

/// The name before the three numbers of a release: `app-1.2.3`, `app.v1.2.3`, `app@1.2.3-beta.4`. A name
/// that has no more than one is none of a release.
fn without_version(name: &str) -> Option<&str> {
    const STAGES: [&str; 6] = ["alpha", "beta", "canary", "next", "pre", "rc"];
    let without_number =
        |text: &'_ str| text.trim_end_matches(|it: char| it.is_ascii_digit()).len();
    let unnumbered = name.get(..without_number(name))?;
    let staged = unnumbered.strip_suffix('.').unwrap_or(unnumbered);
    let stage = STAGES.iter().find_map(|stage| staged.strip_suffix(stage)?.strip_suffix('-'));
    let mut rest = stage.unwrap_or(name);
    for part in 0..3 {
        let before = rest.get(..without_number(rest))?;
        if before.len() == rest.len() || rest.len() - before.len() >= HASH_MIN {
            return None;
        }
        rest = if part < 2 { before.strip_suffix('.')? } else { before };
    }
    let before = rest.strip_suffix('v').unwrap_or(rest).strip_suffix(['.', '-', '_', '@'])?;
    (!before.is_empty()).then_some(before)
}

fn is_chunk_number(piece: &str) -> bool {
    is_number(piece) && piece.len() < HEX_MIN && !PAGES.contains(&piece)
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
        check("https://x.example/157-9c1d3f2a.js", "");
        check("https://x.example/main.3f2a9c1d.legacy.js", "main.legacy");
        check("/srv/a/server.3f2a9c1d.prod.js", "server.prod");
        check("https://x.example/3f2a9c1d.chunk.js", "");
        check("https://x.example/main.3f2a9c1d.77aa01ce.js", "main");
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

    #[test]
    fn versions_of_a_release_are_left_out() {
        for folder in ["/srv/a/dist", "https://x.example/assets", "https://x.example/js"] {
            for added in ["1.2.3", "1.2.4", "v10.0.12", "1.2.3-beta.4", "2.0.0-rc1", "1.2.3.min"] {
                check(&format!("{folder}/app-{added}.js"), "app");
            }
            check(&format!("{folder}/app@1.2.3.js"), "app");
            check(&format!("{folder}/app.1.2.3.js"), "app");
        }
        for kept in ["step-1.2", "app-1.2.x", "a1.2.3", "users-v2"] {
            check(&format!("/srv/a/dist/{kept}.js"), kept);
        }
        check("/srv/a/upgrade-1.2.3.js", "upgrade-1.2.3");
    }

    #[test]
    fn names_that_look_like_hashes_are_kept() {
        for hash in ["D9kXmzR2", "D9k_mzR2", "3f2a9c1d"] {
            check(&format!("https://x.example/assets/AddToBag-{hash}.js"), "AddToBag");
            check(&format!("https://x.example/assets/cart-AddToBag-{hash}.js"), "cart-AddToBag");
            check(&format!("https://x.example/pages/404-{hash}.js"), "404");
            check(&format!("https://x.example/pages/500-{hash}.js"), "500");
        }
        check("/srv/a/migrations/20240101_users.js", "20240101_users");
        check("/srv/a/dist/migrations/20240101_users.js", "20240101_users");
        check("/srv/a/dist/users-20240101.js", "users-20240101");
    }

    #[test]
    fn folders_of_the_host_are_not_those_of_a_bundler() {
        for folder in [
            "/home/build/shop",
            "/Users/build/shop",
            "/build/shop",
            "C:\\build\\shop",
            "/srv/build/shop/src",
            "file:///build/shop",
        ] {
            check(&format!("{folder}/report-2024q3.js"), "report-2024q3");
        }
        for folder in ["/dist", "dist", "/srv/dist", "C:\\shop\\dist", "/home/ann/shop/dist"] {
            check(&format!("{folder}/page-4b8e12.js"), "page");
        }
    }
}
