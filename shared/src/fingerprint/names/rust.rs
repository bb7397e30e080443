//! Rust symbols in both manglings: the old one writes `store::Store<T>::row::h0123456789abcdef`, the
//! new one `<store::Store>::row`; generic arguments depend on the build.

use std::borrow::Cow;

use super::{Name, Place};

/// The place a symbol, with or without its module, speaks of.
pub(super) fn place<'a>(function: &'a str, module: Option<&'a str>) -> Place<'a> {
    let mut path = String::with_capacity(function.len() + module.map_or(0, str::len));
    if let Some(module) = module {
        append_plain(module, &mut path);
    }
    append_plain(function, &mut path);
    let (scope, name) = match path.rsplit_once("::") {
        Some((scope, name)) => (scope.to_owned(), name.to_owned()),
        None => (String::new(), path),
    };
    Place {
        name: if name.is_empty() { Name::Anonymous } else { Name::Own(Cow::Owned(name)) },
        scope: Cow::Owned(scope),
    }
}

/// Appends the segments of a symbol that its author wrote.
fn append_plain(symbol: &str, path: &mut String) {
    for segment in Segments::of(symbol) {
        if !is_generated(segment) {
            if !path.is_empty() {
                path.push_str("::");
            }
            path.push_str(segment);
        }
    }
}

/// Closures, implementation blocks, shims and the hash of the crate.
fn is_generated(segment: &str) -> bool {
    let hash = segment.strip_prefix('h').unwrap_or_default();
    segment.is_empty()
        || segment.starts_with('{')
        || (hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// The names between the `::` of a symbol, without what stands in angle brackets, except that
/// `<store::Store as Trait>::row` is about `store::Store`.
struct Segments<'a> {
    symbol: &'a str,
    at: usize,
    /// How many angle brackets are open, the transparent ones left out.
    depth: usize,
    /// How many brackets around a type that is part of the path are open.
    transparent: usize,
}

impl<'a> Segments<'a> {
    fn of(symbol: &'a str) -> Self {
        Self { symbol, at: 0, depth: 0, transparent: 0 }
    }

    /// Passes one byte that belongs to no name.
    fn skip(&mut self, byte: u8) {
        let bytes = self.symbol.as_bytes();
        // The bracket that opens a symbol or another such bracket holds the type itself.
        let opens_path = self.at == self.transparent && self.depth == 0;
        let is_arrow = self.at > 0 && bytes.get(self.at - 1) == Some(&b'-');
        match byte {
            b'<' if opens_path => self.transparent += 1,
            b'<' => self.depth += 1,
            b'>' if is_arrow => {}
            b'>' if self.depth > 0 => self.depth -= 1,
            b' ' if self.depth == 0 && bytes[self.at..].starts_with(b" as ") => self.depth += 1,
            _ => {}
        }
        self.at += 1;
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let bytes = self.symbol.as_bytes();
        loop {
            let byte = *bytes.get(self.at)?;
            let is_name = is_name_byte(byte) && self.depth == 0;
            if !is_name {
                self.skip(byte);
                continue;
            }
            let start = self.at;
            let length = bytes[start..].iter().take_while(|byte| is_name_byte(**byte));
            self.at += length.count();
            return self.symbol.get(start..self.at);
        }
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'{' | b'}' | b'#' | b'$') || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(symbol: &str, scope: &str, name: &str) {
        let place = place(symbol, None);
        assert_eq!(place.scope, scope, "{symbol}");
        assert_eq!(place.name, Name::Own(Cow::Borrowed(name)), "{symbol}");
    }

    #[test]
    fn both_manglings_read_the_same() {
        for symbol in [
            "depot::store::Store::row",
            "depot::store::Store<T>::row::h0123456789abcdef",
            "<depot::store::Store>::row",
            "<depot::store::Store<i64>>::row::<u8>",
            "<depot::store::Store as depot::Rows>::row",
            "<depot::store::Store<fn() -> u8> as depot::Rows<u8>>::row",
            "depot::store::Store::row::{{closure}}",
            "<depot::store::Store>::row::{closure#0}",
        ] {
            check(symbol, "depot::store::Store", "row");
        }
        check("main", "", "main");
    }

    #[test]
    fn nothing_but_generated_names_is_anonymous() {
        assert_eq!(place("{{closure}}", None).name, Name::Anonymous);
        assert_eq!(place("", None).name, Name::Anonymous);
        assert_eq!(place("<<<>>", None).name, Name::Anonymous);
    }
}
