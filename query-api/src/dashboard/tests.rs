//! The files are all there, lead to each other, and hold to the policy that they are served under.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::*;

/// The bytes of a first view over the wire, of the page that loads most.
const MAX_FIRST_VIEW: usize = 100 << 10;

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/dashboard"))
}

/// The paths below the folder.
fn on_disk() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder().to_owned()];
    while let Some(open) = folders.pop() {
        for entry in fs::read_dir(open).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

fn text(path: &str) -> &'static str {
    let (_, content) = files::ALL.iter().find(|(known, _)| *known == path).unwrap();
    std::str::from_utf8(content).unwrap()
}

fn scripts() -> impl Iterator<Item = (&'static str, &'static str)> {
    let scripts = files::ALL.iter().filter(|(path, _)| path.ends_with(".js"));
    scripts.map(|(path, _)| (*path, text(path)))
}

/// What stands between quotes behind a word, wherever the word is.
fn quoted_after<'a>(text: &'a str, word: &str) -> Vec<&'a str> {
    let parts = text.split(word).skip(1);
    parts.filter_map(|rest| rest.strip_prefix('"')?.split('"').next()).collect()
}

/// The path that an import of a script names.
fn resolve(script: &str, import: &str) -> String {
    let mut parts: Vec<&str> = script.split('/').collect();
    parts.pop();
    for part in import.split('/') {
        match part {
            "." => {}
            ".." => assert!(parts.pop().is_some(), "{script} imports {import}"),
            name => parts.push(name),
        }
    }
    parts.join("/")
}

fn imports(script: &str, words: &[&str]) -> BTreeSet<String> {
    let named = words.iter().flat_map(|word| quoted_after(text(script), word));
    // Texts of scripts may speak of packages.
    named.filter(|import| import.starts_with('.')).map(|import| resolve(script, import)).collect()
}

/// A script and all that it can't run without.
fn with_imports(script: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut open = vec![script.to_owned()];
    while let Some(script) = open.pop() {
        if all.insert(script.clone()) {
            open.extend(imports(&script, &["from "]));
        }
    }
    all
}

#[test]
fn every_file_of_the_folder_is_served() {
    let listed: Vec<&str> = files::ALL.iter().map(|(path, _)| *path).collect();
    assert!(listed.is_sorted(), "the list has an order");
    let mut listed: BTreeSet<String> = listed.into_iter().map(str::to_owned).collect();
    listed.insert("index.html".to_owned());
    assert_eq!(listed, on_disk());
    for (path, _) in files::ALL {
        assert_ne!(content_type(path), "application/octet-stream", "{path}");
    }
}

#[test]
fn what_is_named_is_there_and_what_is_there_is_named() {
    let named = files::DOCUMENT.split(SOURCE_PREFIX).skip(1);
    let mut reached: BTreeSet<String> =
        named.map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    let mut open: Vec<String> = reached.iter().cloned().collect();
    while let Some(path) = open.pop() {
        if path.ends_with(".js") {
            let more = imports(&path, &["from ", "import("]);
            open.extend(more.into_iter().filter(|path| reached.insert(path.clone())));
        }
    }
    let served: BTreeSet<String> = files::ALL.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(reached, served);
}

#[test]
fn nothing_becomes_markup_or_code() {
    let sinks =
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "srcdoc"];
    for (path, script) in scripts() {
        for sink in sinks {
            assert!(!script.contains(sink), "{path} uses {sink}");
        }
        let makes_elements = script.contains("createElement");
        assert!(!makes_elements || path == "ui/h.js", "{path} makes elements by itself");
    }
    for inline in [" style=", " onclick=", " onload=", "<style", "javascript:"] {
        assert!(!files::DOCUMENT.contains(inline), "the document holds {inline}");
    }
}

#[test]
fn every_page_has_an_address_that_is_served() {
    let app = text("app.js");
    let patterns = app.split("[/^\\/").skip(1).map(|rest| rest.split("$/,").next().unwrap());
    for pattern in patterns {
        let path = pattern.replace("\\/", "/").replace("([^/]+)", "x").replace("(?:/x)?", "");
        let path = format!("/{}", path.trim_start_matches('(').trim_end_matches(")?"));
        let is_served = PAGES.iter().any(|page| {
            let (page, path) = (page.split('/'), path.split('/'));
            page.clone().count() == path.clone().count()
                && page.zip(path).all(|(page, path)| page == path || page.starts_with('{'))
        });
        assert!(is_served, "{path}");
    }
}

/// Otherwise a browser finds out step by step what the first page needs.
#[test]
fn what_the_first_page_needs_is_asked_for_at_once() {
    let preloads = files::DOCUMENT.split("<link rel=\"modulepreload\" href=\"/assets/-/").skip(1);
    let preloads: BTreeSet<String> =
        preloads.map(|rest| rest.split('"').next().unwrap().to_owned()).collect();
    let mut needed = with_imports("app.js");
    needed.extend(with_imports("pages/errors.js"));
    assert_eq!(preloads, needed);
}

#[test]
fn the_first_view_is_small() {
    let size = |path: &str| {
        let (_, content) = files::ALL.iter().find(|(known, _)| *known == path).unwrap();
        let file = File::new("", "", Bytes::from_static(content));
        file.gzip.unwrap_or(file.plain).len()
    };
    let others = files::ALL.iter().filter(|(path, _)| !path.ends_with(".js"));
    let others: usize = others.map(|(path, _)| size(path)).sum();
    for (page, _) in scripts().filter(|(path, _)| path.starts_with("pages/")) {
        let mut scripts = with_imports("app.js");
        scripts.extend(with_imports(page));
        let bytes = others + scripts.iter().map(|path| size(path)).sum::<usize>();
        assert!(bytes < MAX_FIRST_VIEW, "{page}: {bytes} bytes");
    }
}

#[test]
fn files_are_known_by_their_content() {
    let (path, content) = files::ALL[0];
    let address = format!("/assets/{}/{path}", DASHBOARD.build);
    assert_eq!(DASHBOARD.find(&address).unwrap().plain, *content);
    for unknown in ["/assets", "/assets/-", "/assets/-/app.js", "/assets/0123456789abcdef/app.js"] {
        assert!(DASHBOARD.find(unknown).is_none(), "{unknown}");
    }
}
