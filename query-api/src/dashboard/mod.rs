//! The dashboard: files of the folder `dashboard`, which are in the binary and served as they are.
//!
//! It is a client of the API like any other; nothing here knows what it shows. Every page is the same
//! document, which finds out by its address what to show. The other files stand under an address that
//! changes with any of them, so browsers keep them for good.

mod files;

use std::collections::HashMap;
use std::io::Write as _;
use std::sync::{Arc, LazyLock};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, StatusCode};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::app::App;
use crate::router;

/// The addresses of pages. What stands in none of them is not found, like any unknown path.
pub(crate) const PAGES: &[&str] = &[
    "/",
    "/errors",
    "/errors/{id}",
    "/overview",
    "/releases",
    "/alerts",
    "/alerts/{id}",
    "/incidents",
    "/incidents/{id}",
    "/monitoring",
    "/projects",
    "/projects/{id}",
    "/settings",
    "/settings/{section}",
    "/login",
    "/invite",
];

/// The address of a file.
pub(crate) const ASSETS: &str = "/assets/{build}/{*path}";

/// Where the document's source says that files are; the build stands there when it is served.
const SOURCE_PREFIX: &str = "/assets/-/";

/// Nothing runs that is not one of our files, and no text becomes markup or code: there is no policy
/// that could make it so.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// The document may change with every version; browsers ask whether it has.
const ASK_AGAIN: &str = "no-cache";

/// The address says which version it is.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

/// Headers of every file.
const GUARDS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::VARY, "accept-encoding"),
];

static DASHBOARD: LazyLock<Dashboard> = LazyLock::new(Dashboard::new);

/// All files, ready to be sent.
struct Dashboard {
    build: String,
    document: File,
    files: HashMap<&'static str, File>,
}

struct File {
    content_type: &'static str,
    lifetime: &'static str,
    etag: String,
    plain: Bytes,
    /// None where it would not be shorter.
    gzip: Option<Bytes>,
}

impl Dashboard {
    fn new() -> Self {
        let build = build();
        let document = files::DOCUMENT.replace(SOURCE_PREFIX, &format!("/assets/{build}/"));
        let files = files::ALL.iter().map(|(path, content)| {
            (*path, File::new(content_type(path), FOR_GOOD, Bytes::from_static(content)))
        });
        Self {
            document: File::new("text/html; charset=utf-8", ASK_AGAIN, document.into()),
            files: files.collect(),
            build,
        }
    }

    /// The file of an address `/assets/{build}/{path}`.
    fn find(&self, address: &str) -> Option<&File> {
        let (build, path) = address.strip_prefix("/assets/")?.split_once('/')?;
        self.files.get(path).filter(|_| build == self.build)
    }
}

/// What tells one set of files from another.
fn build() -> String {
    let hashes = files::ALL.iter().flat_map(|(path, content)| {
        [xxh3_64(path.as_bytes()), xxh3_64(content)].into_iter().flat_map(u64::to_be_bytes)
    });
    let hashes: Vec<u8> = hashes.collect();
    hex::encode(xxh3_64(&hashes).to_be_bytes())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, extension)| extension) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

impl File {
    fn new(content_type: &'static str, lifetime: &'static str, plain: Bytes) -> Self {
        let etag = format!("\"{}\"", hex::encode(xxh3_128(&plain).to_be_bytes()));
        let gzip = compress(&plain).filter(|gzip| gzip.len() < plain.len());
        Self { content_type, lifetime, etag, plain, gzip }
    }

    fn answer(&self, asked: &HeaderMap) -> Response {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        for (name, value) in GUARDS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.lifetime));
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            headers.insert(header::ETAG, etag);
        }
        if names(asked, &header::IF_NONE_MATCH, &self.etag) {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            return response;
        }
        let gzip = self.gzip.as_ref().filter(|_| names(asked, &header::ACCEPT_ENCODING, "gzip"));
        if gzip.is_some() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        *response.body_mut() = Body::from(gzip.unwrap_or(&self.plain).clone());
        response
    }
}

/// Whether a header of values between commas names one. Weights and marks of weakness are left out:
/// no browser refuses gzip that way.
fn names(asked: &HeaderMap, header: &HeaderName, value: &str) -> bool {
    let given = asked.get_all(header).into_iter().filter_map(|line| line.to_str().ok());
    let mut values = given.flat_map(|line| line.split(',')).map(|item| {
        let item = item.split(';').next().unwrap_or_default().trim();
        item.strip_prefix("W/").unwrap_or(item)
    });
    values.any(|named| named == value)
}

fn compress(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Any page.
pub(crate) async fn page(headers: HeaderMap) -> Response {
    DASHBOARD.document.answer(&headers)
}

/// A file; one of another version is not there.
pub(crate) async fn asset(state: State<Arc<App>>, request: Request) -> Response {
    match DASHBOARD.find(request.uri().path()) {
        Some(file) => file.answer(request.headers()),
        None => router::unknown_path(state, request).await,
    }
}

#[cfg(test)]
mod tests;
