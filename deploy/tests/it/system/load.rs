//! Posting many events and remembering what was answered.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use http::{Method, StatusCode};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use super::client::{Answer, Client};

/// Requests that wait for their answers at once.
const AT_ONCE: usize = 64;

/// What became of the events that were posted.
#[derive(Debug, Default)]
pub(crate) struct Posted {
    /// Answered 201.
    pub(crate) accepted: BTreeSet<Uuid>,
    /// Answered otherwise.
    pub(crate) refused: Vec<Answer>,
    /// Not answered at all, because the connection broke.
    pub(crate) unanswered: usize,
    /// The longest wait for an answer.
    pub(crate) slowest: Duration,
}

impl Posted {
    /// How many events must be stored, when nothing else was posted.
    pub(crate) fn expected(&self) -> i64 {
        i64::try_from(self.accepted.len()).unwrap()
    }

    /// Everything must have been answered 201 within a time.
    #[track_caller]
    pub(crate) fn assert_accepted_within(&self, limit: Duration) {
        let refused = self.refused.first().map(|answer| (answer.status, answer.body.clone()));
        assert_eq!((refused, self.unanswered), (None, 0));
        assert!(self.slowest < limit, "an answer took {:?}", self.slowest);
    }

    /// Everything must have been refused with 503 and told when to come back, within a time.
    #[track_caller]
    pub(crate) fn assert_refused_within(&self, limit: Duration) {
        assert_eq!((self.accepted.len(), self.unanswered), (0, 0));
        for answer in &self.refused {
            assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
            assert_eq!(answer.body["code"], "SERVICE_UNAVAILABLE");
            assert!(answer.header("retry-after").is_some_and(|wait| wait.parse::<u32>().is_ok()));
        }
        assert!(self.slowest < limit, "an answer took {:?}", self.slowest);
    }

    /// Adds what became of others.
    pub(crate) fn add(&mut self, other: Self) {
        self.accepted.extend(other.accepted);
        self.refused.extend(other.refused);
        self.unanswered += other.unanswered;
        self.slowest = self.slowest.max(other.slowest);
    }

    fn take(&mut self, answer: Result<Answer, String>, waited: Duration) {
        self.slowest = self.slowest.max(waited);
        match answer {
            Ok(answer) if answer.status == StatusCode::CREATED => {
                let id = answer.data()["event_id"].as_str().unwrap().parse().unwrap();
                assert!(self.accepted.insert(id), "{id} was answered twice");
            }
            Ok(answer) => self.refused.push(answer),
            Err(_) => self.unanswered += 1,
        }
    }
}

/// Posts so many events of a few errors, each once and without an id.
pub(crate) async fn post(client: &Client, events: usize) -> Posted {
    let kinds = ["timeout", "refusal", "overflow", "mismatch", "collision"];
    let posting = (0..events).map(|number| async move {
        let message = format!("{} of job {number}", kinds[number % kinds.len()]);
        let body = json!({"message": message, "source": "load", "user": {"id": number % 7}});
        let started = Instant::now();
        let answer =
            client.send(Method::POST, "/api/errors", &[], body.to_string().into_bytes()).await;
        (answer, started.elapsed())
    });
    let mut answers = stream::iter(posting).buffer_unordered(AT_ONCE);
    let mut posted = Posted::default();
    while let Some((answer, waited)) = answers.next().await {
        posted.take(answer, waited);
    }
    posted
}
