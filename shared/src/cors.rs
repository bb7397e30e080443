//! Who may read answers from a browser page. Cookies play no part, so `*` gives nothing away.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::config::Settings;

/// `CORS_ORIGINS`: whose pages may read answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsOrigins {
    /// Any page.
    Any,
    /// Pages of these origins.
    Listed(Vec<String>),
}

impl CorsOrigins {
    /// Reads the setting.
    pub fn read(settings: &Settings<'_>) -> Self {
        let origins = settings.list("CORS_ORIGINS");
        if origins.is_empty() || origins == ["*"] {
            return Self::Any;
        }
        for origin in &origins {
            if !is_origin(origin) {
                let allowed = "`*`, or origins like https://errata.example.com between commas";
                settings.problem("CORS_ORIGINS", Some(origin), allowed);
            }
        }
        Self::Listed(origins)
    }
}

/// Whether browsers could send the text as `Origin`: a scheme and an authority, nothing behind it.
pub fn is_origin(text: &str) -> bool {
    let Some((scheme, authority)) = text.split_once("://") else {
        return false;
    };
    let word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(word)
        && !authority.is_empty()
        && !authority.contains(['/', '*', '?', '#', '@', '\\', ','])
        && authority.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What pages may send, the headers of Sentry's SDKs included: a preflight does not say which
/// service will answer.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "x-api-key, x-project-id, x-request-id, idempotency-key, sentry-trace, baggage, \
     x-sentry-auth, x-requested-with, x-forwarded-for, origin, referer, accept, content-type, \
     authentication, authorization, content-encoding, transfer-encoding, prefer",
);

/// What pages may read. Without it they would never see a rate limit.
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static(
    "x-request-id, x-cache, retry-after, x-ratelimit-limit, x-ratelimit-remaining, \
     x-ratelimit-reset, x-sentry-error, x-sentry-rate-limits",
);

/// How long browsers remember a preflight, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("3600");

/// The rules in the form that answers need.
#[derive(Debug)]
pub struct Cors {
    /// None: any origin.
    listed: Option<Vec<HeaderValue>>,
}

impl Cors {
    /// The rules for these origins.
    pub fn new(origins: &CorsOrigins) -> Self {
        let listed = match origins {
            CorsOrigins::Any => None,
            CorsOrigins::Listed(origins) => Some(
                origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect(),
            ),
        };
        Self { listed }
    }

    /// Adds to an answer who may read it.
    pub fn decorate(&self, origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
        let allowed = match &self.listed {
            None => Some(HeaderValue::from_static("*")),
            Some(listed) => {
                // Caches on the way must not hand one origin's answer to another.
                answer.append(header::VARY, HeaderValue::from(header::ORIGIN));
                origin.filter(|origin| listed.contains(origin)).cloned()
            }
        };
        if let Some(allowed) = allowed {
            answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
            answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
        }
    }

    /// Adds to an answer of a DSN's door that every page may read it, whatever the settings say: a DSN
    /// stands in pages of any origin.
    pub fn open(answer: &mut HeaderMap) {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    }

    /// The headers of an answer to `OPTIONS`, for a path with these methods.
    pub fn preflight(methods: &HeaderValue) -> [(HeaderName, HeaderValue); 4] {
        [
            (header::ALLOW, methods.clone()),
            (header::ACCESS_CONTROL_ALLOW_METHODS, methods.clone()),
            (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS),
            (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(origins: CorsOrigins, origin: &'static str, expected: Option<&str>) {
        let mut answer = HeaderMap::new();
        Cors::new(&origins).decorate(Some(&HeaderValue::from_static(origin)), &mut answer);
        let allowed = answer.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(allowed.map(|value| value.to_str().unwrap()), expected);
        assert!(!answer.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
    }

    #[test]
    fn only_listed_origins_are_echoed() {
        let listed = CorsOrigins::Listed(vec!["https://a.example".to_owned()]);
        check(CorsOrigins::Any, "https://x.example", Some("*"));
        check(listed.clone(), "https://a.example", Some("https://a.example"));
        check(listed, "https://x.example", None);
    }
}
