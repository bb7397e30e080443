//! How limits are told: headers of every answer, the refusal, and what Sentry's SDKs read.

use http::{HeaderName, HeaderValue, Response};
use serde_json::json;

use super::Standing;
use crate::api::{ApiError, Code};
use crate::routes::Class;

const X_RATELIMIT_LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const X_RATELIMIT_REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const X_RATELIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
const X_SENTRY_RATE_LIMITS: HeaderName = HeaderName::from_static("x-sentry-rate-limits");

impl Standing {
    /// Where the key stands, as every answer to it says.
    pub fn headers(&self) -> [(HeaderName, HeaderValue); 3] {
        [
            (X_RATELIMIT_LIMIT, self.limit.into()),
            (X_RATELIMIT_REMAINING, self.remaining.into()),
            (X_RATELIMIT_RESET, self.reset_at.into()),
        ]
    }

    /// Adds the headers to whatever is answered.
    ///
    /// # Errors
    /// The given failure, with the headers.
    pub fn mark<B>(&self, answer: Result<Response<B>, ApiError>) -> Result<Response<B>, ApiError> {
        match answer {
            Ok(mut response) => {
                response.headers_mut().extend(self.headers());
                Ok(response)
            }
            Err(error) => Err(error.with_headers(self.headers())),
        }
    }

    /// Tells the caller to wait.
    pub fn refusal(&self) -> ApiError {
        let what = match self.class {
            Class::Errors => "submitted errors",
            Class::Analytics => "analytics requests",
            Class::General => "requests",
        };
        // What was asked for together may be refused although less of it would fit now.
        let seconds = self.retry_after.max(1);
        let message = format!(
            "The key has used up its limit of {} {what} a minute; try again in {seconds} s",
            self.limit
        );
        ApiError::retry_later(Code::RateLimited, message, seconds)
            .with_detail("limit", self.limit.into())
            .with_detail("class", self.class.as_str().into())
            .with_detail("retry_after", json!(seconds))
    }

    /// The refusal of something that a Sentry SDK may have sent. Without the header a 429 would silence
    /// the SDK for everything, what is not limited included.
    pub fn sentry_refusal(&self) -> ApiError {
        let limit = SentryLimit {
            retry_after: self.retry_after.max(1),
            // An event without an exception counts as `default`.
            categories: &["error", "default"],
            scope: "key",
            reason: "rate_limited",
        };
        let told = sentry_limits(&[limit]).map(|value| (X_SENTRY_RATE_LIMITS, value));
        self.refusal().with_headers(told)
    }
}

/// What Sentry's SDKs are told to hold back, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentryLimit<'a> {
    /// Seconds.
    pub retry_after: u32,
    /// The kinds of items; none named would mean all.
    pub categories: &'a [&'a str],
    /// `organization`, `project` or `key`.
    pub scope: &'a str,
    /// A word for people who read the SDK's log.
    pub reason: &'a str,
}

/// The value of `X-Sentry-Rate-Limits`. None where there is nothing to say: limits that name no category
/// are left out, because they would silence an SDK altogether.
pub fn sentry_limits(limits: &[SentryLimit<'_>]) -> Option<HeaderValue> {
    let named = limits.iter().filter(|limit| !limit.categories.is_empty());
    let texts: Vec<String> = named
        .map(|limit| {
            let categories = limit.categories.join(";");
            format!("{}:{categories}:{}:{}", limit.retry_after, limit.scope, limit.reason)
        })
        .collect();
    if texts.is_empty() {
        return None;
    }
    HeaderValue::from_str(&texts.join(", ")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Environment;

    fn check(limits: &[SentryLimit<'_>], expected: Option<&str>) {
        let value = sentry_limits(limits);
        assert_eq!(value.as_ref().map(|value| value.to_str().unwrap()), expected);
    }

    #[test]
    fn sentry_reads_limits_between_commas_and_never_one_of_everything() {
        let errors = SentryLimit {
            retry_after: 42,
            categories: &["error", "default"],
            scope: "key",
            reason: "rate_limited",
        };
        let sessions =
            SentryLimit { retry_after: 7, categories: &["session"], scope: "project", ..errors };
        let everything = SentryLimit { categories: &[], ..errors };
        check(&[errors], Some("42:error;default:key:rate_limited"));
        let both = "42:error;default:key:rate_limited, 7:session:project:rate_limited";
        check(&[errors, sessions], Some(both));
        check(&[everything], None);
        check(&[], None);
    }

    fn standing() -> Standing {
        Standing {
            class: Class::Errors,
            limit: 5,
            granted: 0,
            remaining: 0,
            reset_at: 1_760_000_060,
            retry_after: 12,
        }
    }

    #[test]
    fn a_refusal_says_how_long_to_wait() {
        let answer = standing().mark(Err::<Response<Vec<u8>>, _>(standing().sentry_refusal()));
        let response: Response<Vec<u8>> =
            answer.unwrap_err().into_response(Environment::Production, "req-1");
        assert_eq!(response.status(), 429);
        for (name, expected) in [
            ("retry-after", "12"),
            ("x-ratelimit-limit", "5"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "1760000060"),
            ("x-sentry-rate-limits", "12:error;default:key:rate_limited"),
        ] {
            assert_eq!(response.headers()[name], expected, "{name}");
        }
        let body: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(body["code"], "RATE_LIMITED");
        assert_eq!(body["details"], json!({"limit": 5, "class": "errors", "retry_after": 12}));
    }

    #[test]
    fn a_good_answer_says_where_the_key_stands() {
        let answer = standing().mark(Ok(Response::new(Vec::<u8>::new()))).unwrap();
        assert_eq!(answer.headers()["x-ratelimit-remaining"], "0");
        assert!(!answer.headers().contains_key("retry-after"));
    }
}
