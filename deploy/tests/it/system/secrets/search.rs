//! Looking for secrets in whatever is kept: files, rows, messages.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::Path;

use tokio_postgres::Client;

use super::places::Markers;

/// What was found, by the place that the secret was put into.
pub(super) type Found = BTreeMap<String, Vec<String>>;

/// Searches every file below a folder, and what is compressed in it.
pub(super) fn folder(markers: &Markers, folder: &Path, found: &mut Found) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            self::folder(markers, &path, found);
        } else if let Ok(content) = fs::read(&path) {
            // A file that has vanished meanwhile holds nothing any more.
            bytes(markers, &content, &path.display().to_string(), found);
        }
    }
}

/// Whether a text stands in a file below a folder, compressed or not.
pub(super) fn folder_holds(folder: &Path, text: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return folder_holds(&path, text);
        }
        let content = fs::read(&path).unwrap_or_default();
        let holds = |content: &[u8]| !positions(content, text.as_bytes()).is_empty();
        holds(&content) || frames(&content).iter().any(|frame| holds(frame))
    })
}

/// Searches bytes, and what is compressed in them.
pub(super) fn bytes(markers: &Markers, content: &[u8], what: &str, found: &mut Found) {
    plain(markers, content, what, found);
    for frame in frames(content) {
        plain(markers, &frame, &format!("{what} (inflated)"), found);
    }
}

/// Every zstd frame in some bytes, inflated.
fn frames(content: &[u8]) -> Vec<Vec<u8>> {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let inflate = |at: usize| {
        let mut inflated = Vec::new();
        if let Ok(reader) = zstd::Decoder::new(&content[at..]) {
            // What only looks like a frame ends in an error; what came before it stays.
            let _damaged = reader.single_frame().take(8 << 20).read_to_end(&mut inflated);
        }
        inflated
    };
    positions(content, &MAGIC).into_iter().map(inflate).collect()
}

fn plain(markers: &Markers, content: &[u8], what: &str, found: &mut Found) {
    let prefix = markers.secret_prefix().as_bytes();
    for at in positions(content, prefix) {
        let place = markers.place(&content[at + prefix.len()..]);
        let places = found.entry(place.to_owned()).or_default();
        if places.last().is_none_or(|last| last != what) {
            places.push(what.to_owned());
        }
    }
}

/// Where the needle occurs.
fn positions(content: &[u8], needle: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    let mut from = 0;
    // The first byte is searched by the library, which is optimised in every build.
    while let Some(next) = content[from..].iter().position(|byte| *byte == needle[0]) {
        let at = from + next;
        if content[at..].starts_with(needle) {
            found.push(at);
        }
        from = at + 1;
    }
    found
}

/// Searches every row of every table, compressed columns included.
pub(super) async fn tables(markers: &Markers, client: &Client, found: &mut Found) {
    let list = "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
                WHERE schemaname NOT IN ('pg_catalog', 'information_schema')";
    let mut searched = 0;
    for table in client.query(list, &[]).await.unwrap() {
        let table: String = table.get(0);
        let rows = format!("SELECT t::text FROM {table} t");
        for row in client.query(&rows, &[]).await.unwrap() {
            plain(markers, row.get::<_, String>(0).as_bytes(), &table, found);
            searched += 1;
        }
    }
    for row in client.query("SELECT payload FROM events", &[]).await.unwrap() {
        let payload: Option<Vec<u8>> = row.get(0);
        bytes(markers, &payload.unwrap_or_default(), "events.payload", found);
    }
    assert!(searched > 3, "only {searched} rows were searched");
}
