//! Whether a request that brings a cookie was made by a page of this installation.

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue};
use shared::api::{ApiError, Code};

use crate::app::App;

/// What browsers say of the page that makes a request.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what a page of another origin has sent.
pub(super) fn check(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    if is_own(&app.public_url, headers) {
        return Ok(());
    }
    let message = "A session may be used by pages of this installation only";
    Err(ApiError::new(Code::Authorization, message))
}

/// Programs send neither header. A browser's own address bar is `none`; old browsers send an origin
/// with changes alone, and these are then judged by it.
fn is_own(public_url: &str, headers: &HeaderMap) -> bool {
    let site = headers.get(SEC_FETCH_SITE).map(HeaderValue::as_bytes);
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        return false;
    }
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let is_same = |host: &str| authority.is_some_and(|named| named.eq_ignore_ascii_case(host));
    host.is_some_and(is_same) || origin_of(public_url).eq_ignore_ascii_case(origin)
}

/// Scheme and authority of a URL.
fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + "://".len());
    let path = url.get(start..).and_then(|rest| rest.find('/'));
    path.and_then(|at| url.get(..start + at)).unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(site: Option<&'static str>, origin: Option<&'static str>, expected: bool) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("errata.internal:8080"));
        if let Some(site) = site {
            headers.insert(SEC_FETCH_SITE, HeaderValue::from_static(site));
        }
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
        }
        let own = is_own("https://errata.example/errors", &headers);
        assert_eq!(own, expected, "{site:?} {origin:?}");
    }

    #[test]
    fn only_pages_of_this_installation_use_a_session() {
        check(None, None, true);
        check(Some("same-origin"), None, true);
        check(Some("none"), None, true);
        check(Some("same-origin"), Some("http://errata.internal:8080"), true);
        check(Some("same-origin"), Some("https://errata.example"), true);
        check(None, Some("HTTPS://Errata.example"), true);
        check(Some("same-site"), None, false);
        check(Some("cross-site"), Some("https://errata.example"), false);
        check(None, Some("http://errata.internal:3000"), false);
        check(None, Some("https://errata.example.evil.example"), false);
        check(None, Some("null"), false);
    }

    #[test]
    fn an_origin_is_scheme_and_authority() {
        for (url, expected) in [
            ("http://localhost:8080", "http://localhost:8080"),
            ("https://a.example/errors", "https://a.example"),
            ("nonsense", "nonsense"),
        ] {
            assert_eq!(origin_of(url), expected);
        }
    }
}
