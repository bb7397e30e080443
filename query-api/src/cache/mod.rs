//! Answers kept in Redis.
//!
//! The key of an answer holds the generation of what it is about, read before the query: a change
//! moves the generation, and what was cached before is never found again. It also holds the revision
//! that Postgres counts (`revisions`), so that a change whose announcement was lost is noticed, too.
//! Redis is never needed; while it is away or slow, answers are computed, and nobody waits for it twice.
//!
//! What is not here: which changes concern whom (their callers say so), and how generations look
//! (`shared::generations`).

mod breaker;
mod pending;
mod revisions;

use std::sync::Arc;
use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use deadpool_postgres::Pool;
use fred::clients::Client;
use fred::interfaces::KeysInterface as _;
use fred::types::Expiration;
use http::{HeaderName, HeaderValue, header};
use serde::Serialize;
use shared::generations::{Generations, Scope};
use shared::ids::ProjectId;
use shared::postgres::DbError;
use shared::telemetry::metrics::{Counter, count};
use tokio_util::sync::CancellationToken;
use xxhash_rust::xxh3::xxh3_128;

use crate::cache::breaker::Breaker;
use crate::cache::pending::Pending;
use crate::cache::revisions::Revisions;
use crate::db;
use crate::routes::Answer;

const X_CACHE: HeaderName = HeaderName::from_static("x-cache");

/// An answer that is larger is not worth its place in Redis.
const MAX_CACHED: usize = 1 << 20;

/// How long an answer stays in this process after it was computed: for requests that looked into
/// Redis before it was there and ask for the flight after it landed.
const LANDED: Duration = Duration::from_secs(1);

/// Bytes of landed answers in this process.
const MAX_LANDED: u64 = 32 << 20;

/// The pause between two attempts to announce a change late.
const ANNOUNCE_PAUSE: Duration = Duration::from_millis(250);

/// How an answer came about, as `X-Cache` says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Hit,
    Miss,
    Bypass,
}

impl Outcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Bypass => "bypass",
        }
    }
}

/// What is asked, in the form that equal questions share.
#[derive(Debug)]
pub(crate) struct Question {
    class: &'static str,
    scope: Scope,
    hash: u128,
    ttl: Duration,
}

impl Question {
    /// A question of a class (a word for metrics and keys) about a scope; `normalised` is equal
    /// exactly when the answer is.
    pub(crate) fn new(
        class: &'static str,
        scope: Scope,
        ttl: Duration,
        normalised: &impl Serialize,
    ) -> Result<Self, serde_json::Error> {
        let hash = xxh3_128(&serde_json::to_vec(normalised)?);
        Ok(Self { class, scope, hash, ttl })
    }
}

/// Answers in Redis, and the computations under way.
#[derive(Debug)]
pub(crate) struct Cache {
    redis: Client,
    generations: Generations,
    revisions: Revisions,
    namespace: String,
    /// Computations by key: equal questions that miss together wait for one query.
    flights: moka::future::Cache<String, Bytes>,
    breaker: Breaker,
    pending: Pending,
}

impl Cache {
    pub(crate) fn new(redis: Client, namespace: String) -> Self {
        let flights = moka::future::Cache::builder()
            .max_capacity(MAX_LANDED)
            .weigher(|key: &String, body: &Bytes| {
                u32::try_from(key.len() + body.len()).unwrap_or(u32::MAX)
            })
            .time_to_live(LANDED)
            .build();
        Self {
            generations: Generations::new(redis.clone(), namespace.clone()),
            revisions: Revisions::default(),
            redis,
            namespace,
            flights,
            breaker: Breaker::new(),
            pending: Pending::new(),
        }
    }

    /// The answer to a question: remembered, or computed and remembered. `compute` makes the whole
    /// body.
    pub(crate) async fn answer(
        &self,
        question: &Question,
        compute: impl Future<Output = Result<Bytes, DbError>>,
    ) -> Answer {
        let (outcome, body) = self.counted_look_up(question, compute).await;
        Ok(respond(outcome, body.map_err(db::failure)?))
    }

    /// As [`Cache::answer`], for questions that are answered even without Postgres: `otherwise` makes
    /// a body, which is not kept.
    pub(crate) async fn answer_or_else(
        &self,
        question: &Question,
        compute: impl Future<Output = Result<Bytes, DbError>>,
        otherwise: impl FnOnce(&DbError) -> Bytes,
    ) -> Response {
        let (outcome, body) = self.counted_look_up(question, compute).await;
        match body {
            Ok(body) => respond(outcome, body),
            Err(error) => respond(Outcome::Bypass, otherwise(&error)),
        }
    }

    async fn counted_look_up(
        &self,
        question: &Question,
        compute: impl Future<Output = Result<Bytes, DbError>>,
    ) -> (Outcome, Result<Bytes, Arc<DbError>>) {
        let found = self.look_up(question, compute).await;
        count(Counter::CacheReadsTotal, found.0.as_str(), question.class, 1);
        found
    }

    async fn look_up(
        &self,
        question: &Question,
        compute: impl Future<Output = Result<Bytes, DbError>>,
    ) -> (Outcome, Result<Bytes, Arc<DbError>>) {
        let Some(key) = self.key(question).await else {
            // Without a generation nobody knows whether a computation under way began before the
            // last change, so none is shared.
            return (Outcome::Bypass, compute.await.map_err(Arc::new));
        };
        match self.fetch(&key).await {
            Ok(Some(body)) => return (Outcome::Hit, Ok(body)),
            Ok(None) => {}
            Err(Away) => return (Outcome::Bypass, compute.await.map_err(Arc::new)),
        }
        // A leader that fails tells its followers; one whose client went away is succeeded.
        let flight = self.flights.try_get_with_by_ref(&key, async {
            let body = compute.await?;
            self.store(&key, &body, question.ttl).await;
            Ok(body)
        });
        (Outcome::Miss, flight.await)
    }

    /// The key under which the answer is kept now, unless Redis can't be used for it.
    async fn key(&self, question: &Question) -> Option<String> {
        if self.pending.concerns(question.scope) || !self.usable() {
            return None;
        }
        let revision = self.revisions.current(question.scope)?;
        let generation = self.generations.current(question.scope).await;
        self.breaker.report(generation.is_ok());
        let scope = match question.scope {
            Scope::Project(project) => project.to_string(),
            Scope::Installation => "all".to_owned(),
            Scope::Monitoring => "monitoring".to_owned(),
        };
        Some(format!(
            "{}:answer:{}:{scope}:{}:{revision}:{:032x}",
            self.namespace,
            question.class,
            generation.ok()?,
            question.hash
        ))
    }

    async fn fetch(&self, key: &str) -> Result<Option<Bytes>, Away> {
        let found = self.redis.get::<Option<Bytes>, _>(key).await;
        self.breaker.report(found.is_ok());
        found.map_err(|_| Away)
    }

    async fn store(&self, key: &str, body: &Bytes, ttl: Duration) {
        if body.len() > MAX_CACHED {
            return;
        }
        let seconds = i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX);
        let expiry = Some(Expiration::EX(seconds));
        let stored: Result<(), _> = self.redis.set(key, body.clone(), expiry, None, false).await;
        self.breaker.report(stored.is_ok());
    }

    /// Whether asking Redis is likely to be faster than not asking it.
    fn usable(&self) -> bool {
        self.generations.is_connected() && self.breaker.allows()
    }

    /// Makes what is cached about the projects unreachable. Called after the commit, before the
    /// answer. When Redis can't be told, their reads go past it until it was told.
    pub(crate) async fn announce(&self, projects: &[ProjectId]) {
        let marked = self.pending.mark(projects);
        // Tried even while reads go past a slow Redis: other instances may be reading from it.
        if self.generations.is_connected() {
            let announced = self.generations.announce(projects.iter().copied()).await;
            self.breaker.report(announced.is_ok());
            if announced.is_ok() {
                self.pending.settle(projects, marked);
                return;
            }
        }
        self.pending.wake();
    }

    /// Keeps track of changes that nobody announced, until the token is cancelled.
    /// The projects that have changed go to `moved`.
    pub(crate) async fn follow_revisions(
        &self,
        pool: &Pool,
        moved: impl Fn(ProjectId),
        until: CancellationToken,
    ) {
        self.revisions.keep_fresh(pool, moved, until).await;
    }

    /// Announces what could not be announced at once, until the token is cancelled.
    pub(crate) async fn announce_late(&self, until: CancellationToken) {
        loop {
            tokio::select! {
                () = self.pending.any() => {}
                () = until.cancelled() => return,
            }
            while !self.announce_pending().await {
                tokio::select! {
                    () = tokio::time::sleep(ANNOUNCE_PAUSE) => {}
                    () = until.cancelled() => return,
                }
            }
        }
    }

    async fn announce_pending(&self) -> bool {
        if !self.generations.is_connected() {
            return false;
        }
        let (projects, marked) = self.pending.snapshot();
        let announced = self.generations.announce(projects.iter().copied()).await.is_ok();
        if announced {
            self.pending.settle(&projects, marked);
        }
        announced
    }
}

fn respond(outcome: Outcome, body: Bytes) -> Response {
    let mut response = Response::new(axum::body::Body::from(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(X_CACHE, HeaderValue::from_static(outcome.as_str()));
    response
}

/// Redis did not answer.
#[derive(Debug)]
struct Away;
