//! Who may read answers from a browser page. Cookies play no part, so `*` gives nothing away.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use crate::config::CorsOrigins;

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
pub(crate) struct Cors {
    /// None: any origin.
    listed: Option<Vec<HeaderValue>>,
}

impl Cors {
    pub(crate) fn new(origins: &CorsOrigins) -> Self {
        let listed = match origins {
            CorsOrigins::Any => None,
            CorsOrigins::Listed(origins) => Some(
                origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect(),
            ),
        };
        Self { listed }
    }

    /// Adds to an answer who may read it.
    pub(crate) fn decorate(&self, origin: Option<&HeaderValue>, answer: &mut HeaderMap) {
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

    /// The headers of an answer to `OPTIONS`, for a path with these methods.
    pub(crate) fn preflight(methods: &HeaderValue) -> [(HeaderName, HeaderValue); 4] {
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
