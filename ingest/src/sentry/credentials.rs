//! The key of a request: SDKs put it into a header, into another header, into the query, or into the
//! first line of the envelope.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, header};
use percent_encoding::percent_decode_str;
use shared::api::{ApiError, Code, FieldErrorKind};
use shared::ids::ProjectId;
use uuid::Uuid;

/// A DSN as an envelope names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dsn {
    pub(crate) key: Uuid,
    pub(crate) project: ProjectId,
}

impl Dsn {
    /// Reads `https://key[:secret]@host[/path]/project`. The secret says nothing.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("://")?;
        let (user, place) = rest.split_once('@')?;
        let key = Uuid::try_parse(user.split(':').next()?).ok()?;
        let project = place.trim_end_matches('/').rsplit('/').next()?.parse().ok()?;
        Some(Self { key, project: ProjectId(project) })
    }
}

/// The DSN's key in the headers and the query; none where it must stand in the envelope.
///
/// # Errors
/// When a key can't be one, or two different keys are given.
pub(crate) fn given(headers: &HeaderMap, query: Option<&str>) -> Result<Option<Uuid>, ApiError> {
    let in_headers = ["x-sentry-auth", header::AUTHORIZATION.as_str()]
        .into_iter()
        .filter_map(|name| headers.get(name)?.to_str().ok())
        .filter_map(key_in_header);
    let in_query = query.and_then(|query| parameter(query, "sentry_key"));
    let mut found = None;
    for text in in_headers.chain(in_query) {
        let key = Uuid::try_parse(text.trim()).map_err(|_| unknown_key())?;
        if found.is_some_and(|other| other != key) {
            return Err(disagreement("sentry_key"));
        }
        found = Some(key);
    }
    Ok(found)
}

/// `Sentry sentry_key=…, …` in any order, or `Basic` with the key as the user. Other schemes are
/// somebody else's.
fn key_in_header(value: &str) -> Option<String> {
    let (scheme, rest) = value.trim().split_once(char::is_whitespace)?;
    if scheme.eq_ignore_ascii_case("sentry") {
        let mut pairs = rest.split(',').filter_map(|pair| pair.trim().split_once('='));
        return pairs.find(|(name, _)| name.trim() == "sentry_key").map(|(_, key)| key.to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = BASE64_STANDARD.decode(rest.trim()).ok()?;
        let user = String::from_utf8(decoded).ok()?;
        // What is no key at all opens something else, such as a proxy on the way.
        return user.split(':').next().filter(|it| Uuid::try_parse(it).is_ok()).map(str::to_owned);
    }
    None
}

/// A parameter of a query, decoded. A plus means a space in what forms send.
pub(crate) fn parameter(query: &str, name: &str) -> Option<String> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    let spaced = value.replace('+', " ");
    Some(percent_decode_str(&spaced).decode_utf8_lossy().into_owned())
}

/// Nowhere is a key.
pub(crate) fn missing_key() -> ApiError {
    let message = "The key of a DSN is required: in the header X-Sentry-Auth, as sentry_key in the \
                   query, or as dsn in the envelope's first line";
    ApiError::new(Code::Authentication, message)
}

/// No project has such a key.
pub(crate) fn unknown_key() -> ApiError {
    ApiError::new(Code::Authentication, "No project has a DSN with this key")
}

/// Two places name different keys or projects.
pub(crate) fn disagreement(field: &str) -> ApiError {
    let message = "differs from the key or the project that the request names elsewhere";
    ApiError::field(FieldErrorKind::OutOfRange, field, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "3b1f0c9e7d5a4862b0c4e6f8a1d2c3b4";

    fn check(name: &'static str, value: &str, query: Option<&str>, expected: Result<bool, Code>) {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        let found = given(&headers, query).map(|key| key.is_some()).map_err(|error| error.code());
        assert_eq!(found, expected, "{name}: {value} {query:?}");
    }

    #[test]
    fn a_key_is_found_wherever_sdks_put_it() {
        let auth = "x-sentry-auth";
        check(auth, &format!("Sentry sentry_version=7, sentry_key={KEY}"), None, Ok(true));
        check(auth, &format!("SENTRY sentry_key={KEY},sentry_secret=x"), None, Ok(true));
        check("authorization", &format!("Sentry sentry_key={KEY}"), None, Ok(true));
        let basic = BASE64_STANDARD.encode(format!("{KEY}:secret"));
        check("authorization", &format!("Basic {basic}"), None, Ok(true));
        check("accept", "*/*", Some(&format!("a=b&sentry_key={KEY}&c")), Ok(true));
        check("authorization", "Bearer abc", None, Ok(false));
        let proxy = format!("Basic {}", BASE64_STANDARD.encode("admin:secret"));
        check("authorization", &proxy, Some(&format!("sentry_key={KEY}")), Ok(true));
        check(auth, &format!("Sentry sentry_version = 7, sentry_key = {KEY}"), None, Ok(true));
        check(auth, "Sentry", None, Ok(false));
        check(auth, "Sentry sentry_key=nonsense", None, Err(Code::Authentication));
        let twice = format!("Sentry sentry_key={KEY}");
        check(auth, &twice, Some(&format!("sentry_key={KEY}")), Ok(true));
        let other = "sentry_key=4c5b6a7988776655443322110ffeeddc";
        check(auth, &twice, Some(other), Err(Code::Validation));
    }

    #[test]
    fn a_dsn_names_key_and_project() {
        let read = |text: &str| Dsn::parse(text).map(|dsn| dsn.project.0);
        assert_eq!(read(&format!("https://{KEY}@errors.example/7")), Some(7));
        assert_eq!(read(&format!("http://{KEY}:secret@localhost:8080/prefix/12/")), Some(12));
        for text in ["", "x", "https://key@host/1", "https://host/1"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
