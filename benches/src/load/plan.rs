//! What a run sends, where to and how fast.

use std::time::Duration;

use http::uri::Scheme;
use http::{HeaderValue, Uri};

use super::event::Events;
use super::lane::Target;
use super::{Form, LoadError};

/// Everything that decides a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Base address of the service, such as `http://127.0.0.1:8081`.
    pub url: String,
    /// The API key.
    pub key: String,
    /// Events in each second.
    pub rate: u64,
    /// How long to send.
    pub duration: Duration,
    /// Connections, each of which carries one request at a time.
    pub connections: usize,
    /// In which form they travel.
    pub form: Form,
    /// What the events look like.
    pub events: Events,
    /// The number of the first event, for a run that follows another.
    pub first: u64,
    /// Longest wait for an answer.
    pub timeout: Duration,
}

impl Plan {
    /// The same load for a shorter time, to warm up, and the run that follows it.
    #[must_use]
    pub fn after_warming(self, warming: Duration) -> (Self, Self) {
        let first = Self { duration: warming, ..self.clone() };
        let then = Self { first: self.first + first.requests() * first.per_request(), ..self };
        (first, then)
    }

    /// Events in each request.
    pub(crate) fn per_request(&self) -> u64 {
        self.form.events()
    }

    /// Requests in all.
    pub(crate) fn requests(&self) -> u64 {
        let events = u128::from(self.rate) * self.duration.as_millis() / 1_000;
        u64::try_from(events).unwrap_or(u64::MAX).div_ceil(self.per_request())
    }

    pub(crate) fn target(&self) -> Result<Target, LoadError> {
        let url: Uri = self.url.parse().map_err(|source| LoadError::Url { source })?;
        let authority = match (url.scheme(), url.authority()) {
            (Some(scheme), Some(authority)) if *scheme == Scheme::HTTP => authority,
            _ => return Err(LoadError::Scheme),
        };
        let path = format!("{}{}", url.path().trim_end_matches('/'), self.form.door());
        let port = authority.port_u16().unwrap_or(80);
        Ok(Target {
            authority: format!("{}:{port}", authority.host()),
            uri: path.parse().map_err(|source| LoadError::Url { source })?,
            key: self.key()?,
            host: HeaderValue::try_from(authority.as_str()).map_err(|_| LoadError::Scheme)?,
            limit: self.timeout,
            form: self.form,
        })
    }

    /// The key as the form's header carries it.
    fn key(&self) -> Result<HeaderValue, LoadError> {
        let key = match self.form {
            Form::Single | Form::Batch(_) => HeaderValue::try_from(&self.key),
            Form::Envelope => {
                let auth = format!("Sentry sentry_version=7, sentry_key={}", self.key);
                HeaderValue::try_from(auth)
            }
        };
        key.map_err(|_| LoadError::Key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::mix::Mix;

    fn plan(url: &str, batch: u64) -> Plan {
        Plan {
            url: url.to_owned(),
            key: "key".to_owned(),
            rate: 1_000,
            duration: Duration::from_millis(1_500),
            connections: 4,
            form: Form::batch(batch),
            events: Events { mix: Mix::uniform(10), seed: 1, ids: false },
            first: 0,
            timeout: Duration::from_secs(1),
        }
    }

    #[track_caller]
    fn check_target(url: &str, batch: u64, authority: &str, path: &str) {
        let target = plan(url, batch).target().unwrap();
        assert_eq!((target.authority.as_str(), target.uri.path()), (authority, path));
    }

    #[test]
    fn an_address_may_have_a_path() {
        check_target("http://localhost:8080", 0, "localhost:8080", "/api/errors");
        check_target("http://h/base/", 10, "h:80", "/base/api/errors/batch");
        assert!(matches!(plan("https://h", 0).target(), Err(LoadError::Scheme)));
        assert!(plan("::", 0).target().is_err());
    }

    #[test]
    fn requests_cover_the_rate() {
        assert_eq!(plan("http://h", 0).requests(), 1_500);
        assert_eq!(plan("http://h", 40).requests(), 38);
    }

    #[test]
    fn what_follows_warming_sends_other_events() {
        let (warming, then) = plan("http://h", 40).after_warming(Duration::from_secs(1));
        assert_eq!((warming.first, warming.requests()), (0, 25));
        assert_eq!((then.first, then.requests()), (1_000, 38));
    }
}
