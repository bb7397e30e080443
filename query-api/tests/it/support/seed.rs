//! Errors and events as the worker would have stored them.

use chrono::{DateTime, TimeDelta, Utc};
use shared::event::{Event, Level};
use shared::fingerprint;
use shared::ids::{ErrorId, EventId, FINGERPRINT_VERSION, Fingerprint, ProjectId};
use shared::payload;
use tokio_postgres::Client;
use xxhash_rust::xxh3::xxh3_128;

/// An error that is being put together; the defaults are one event, a minute ago, in project 1.
#[derive(Debug, Clone)]
pub(crate) struct Seed {
    project: i32,
    message: String,
    exception_type: Option<String>,
    level: Level,
    source: String,
    environment: String,
    release: String,
    status: i16,
    resolved_after: TimeDelta,
    last_seen: DateTime<Utc>,
    events: u32,
    users: u32,
    edit: fn(&mut Event),
    payload_kept: bool,
    named_by: NamedBy,
}

/// What names a seeded error.
#[derive(Debug, Clone, Copy)]
enum NamedBy {
    /// The hash of its message: all that most tests need.
    Message,
    /// The function that names events.
    Function,
}

/// An error that was stored.
#[derive(Debug, Clone)]
pub(crate) struct Seeded {
    pub(crate) id: ErrorId,
    pub(crate) error_id: i64,
    pub(crate) group_id: i64,
    pub(crate) fingerprint: Fingerprint,
    /// Oldest first.
    pub(crate) events: Vec<EventId>,
    pub(crate) last_seen: DateTime<Utc>,
}

impl Seed {
    pub(crate) fn error(message: &str) -> Self {
        Self {
            project: 1,
            message: message.to_owned(),
            exception_type: None,
            level: Level::Error,
            source: "backend".to_owned(),
            environment: "production".to_owned(),
            release: String::new(),
            status: 0,
            resolved_after: TimeDelta::zero(),
            last_seen: shared::time::now() - TimeDelta::minutes(1),
            events: 1,
            users: 0,
            edit: |_| {},
            payload_kept: true,
            named_by: NamedBy::Message,
        }
    }

    pub(crate) fn project(self, project: i32) -> Self {
        Self { project, ..self }
    }

    pub(crate) fn exception(self, kind: &str) -> Self {
        Self { exception_type: Some(kind.to_owned()), ..self }
    }

    pub(crate) fn level(self, level: Level) -> Self {
        Self { level, ..self }
    }

    pub(crate) fn source(self, source: &str) -> Self {
        Self { source: source.to_owned(), ..self }
    }

    pub(crate) fn environment(self, environment: &str) -> Self {
        Self { environment: environment.to_owned(), ..self }
    }

    pub(crate) fn release(self, release: &str) -> Self {
        Self { release: release.to_owned(), ..self }
    }

    pub(crate) fn status(self, status: i16) -> Self {
        Self { status, ..self }
    }

    /// Resolved so long after it was first seen.
    pub(crate) fn resolved_after(self, resolved_after: TimeDelta) -> Self {
        Self { status: 1, resolved_after, ..self }
    }

    pub(crate) fn last_seen(self, last_seen: DateTime<Utc>) -> Self {
        Self { last_seen, ..self }
    }

    pub(crate) fn seen_ago(self, ago: TimeDelta) -> Self {
        self.last_seen(shared::time::now() - ago)
    }

    /// So many events, a second apart, the newest at `last_seen`.
    pub(crate) fn events(self, events: u32) -> Self {
        Self { events, ..self }
    }

    pub(crate) fn users(self, users: u32) -> Self {
        Self { users, ..self }
    }

    /// Changes each event before it is stored.
    pub(crate) fn edit(self, edit: fn(&mut Event)) -> Self {
        Self { edit, ..self }
    }

    /// Only the count of the events was kept.
    pub(crate) fn without_payload(self) -> Self {
        Self { payload_kept: false, ..self }
    }

    /// Named as ingest names an event with this message and type.
    pub(crate) fn named_by_function(self) -> Self {
        Self { named_by: NamedBy::Function, ..self }
    }

    fn fingerprint(&self) -> Fingerprint {
        let input = fingerprint::Input {
            exception_type: self.exception_type.as_deref(),
            message: &self.message,
            ..fingerprint::Input::default()
        };
        match self.named_by {
            NamedBy::Message => Fingerprint(xxh3_128(self.message.as_bytes()).to_be_bytes()),
            NamedBy::Function => fingerprint::group(input).fingerprint,
        }
    }

    /// The id that ingest would answer.
    pub(crate) fn id(&self) -> ErrorId {
        ErrorId::derive(ProjectId(self.project), FINGERPRINT_VERSION, self.fingerprint())
    }

    /// Stores everything the worker would store.
    pub(crate) async fn store(self, db: &Client) -> Seeded {
        let row = db.query_one("SELECT nextval('group_ids')", &[]).await.unwrap();
        let group_id: i64 = row.get(0);
        let facet = self.store_facet(db, group_id).await;
        self.store_error(db, group_id).await;
        let mut events = Vec::new();
        for index in 0..self.events {
            let before = TimeDelta::seconds(i64::from(self.events - 1 - index));
            events.push(self.store_event(db, group_id, facet, self.last_seen - before).await);
        }
        self.store_stats(db, group_id, *events.last().unwrap()).await;
        for user in 0..self.users {
            run(
                db,
                "INSERT INTO group_users VALUES ($1, $2, $3, date_trunc('hour', $4::timestamptz))",
                &[&self.project, &group_id, &i64::from(user), &self.last_seen],
            )
            .await;
        }
        Seeded {
            id: self.id(),
            error_id: group_id,
            group_id,
            fingerprint: self.fingerprint(),
            events,
            last_seen: self.last_seen,
        }
    }

    async fn store_facet(&self, db: &Client, group_id: i64) -> i32 {
        let sql = "INSERT INTO facets (project_id, level, source, environment, release)
                   VALUES ($1, $2, $3, $4, $5)
                   ON CONFLICT (project_id, level, source, environment, release)
                   DO UPDATE SET release = excluded.release
                   RETURNING facet_id";
        let level = self.level.code();
        let row = db
            .query_one(
                sql,
                &[&self.project, &level, &self.source, &self.environment, &self.release],
            )
            .await
            .unwrap();
        let facet: i32 = row.get(0);
        let sql = "INSERT INTO group_facets VALUES ($1, $2, $3)";
        run(db, sql, &[&self.project, &group_id, &facet]).await;
        facet
    }

    async fn store_error(&self, db: &Client, id: i64) {
        let first_seen = self.last_seen - TimeDelta::seconds(i64::from(self.events - 1));
        let resolved_at = (self.status == 1).then(|| first_seen + self.resolved_after);
        let fingerprint = self.fingerprint();
        run(
            db,
            "INSERT INTO groups (project_id, group_id, error_id, fingerprint, fingerprint_version)
             VALUES ($1, $2, $2, $3, 1)",
            &[&self.project, &id, &fingerprint.0.as_slice()],
        )
        .await;
        let sql = "INSERT INTO error_names VALUES ($1, $2, $3)";
        run(db, sql, &[&self.project, &self.id().0, &id]).await;
        run(
            db,
            "INSERT INTO errors
               (project_id, error_id, public_id, status, exception_type, message, resolved_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                &self.project,
                &id,
                &self.id().0,
                &self.status,
                &self.exception_type,
                &self.message,
                &resolved_at,
            ],
        )
        .await;
    }

    async fn store_stats(&self, db: &Client, id: i64, latest: EventId) {
        let first_seen = self.last_seen - TimeDelta::seconds(i64::from(self.events - 1));
        run(
            db,
            "INSERT INTO error_stats VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                &self.project,
                &id,
                &i64::from(self.events),
                &i64::from(self.users),
                &first_seen,
                &self.last_seen,
                &latest.0,
                &today(),
                &self.level.code(),
                &self.source,
            ],
        )
        .await;
    }

    async fn store_event(
        &self,
        db: &Client,
        group_id: i64,
        facet: i32,
        occurred_at: DateTime<Utc>,
    ) -> EventId {
        let mut event = self.event(occurred_at);
        (self.edit)(&mut event);
        let stored = payload::encode(&event).unwrap();
        let bytes = self.payload_kept.then(|| stored.bytes.to_vec());
        run(
            db,
            "INSERT INTO events (project_id, group_id, occurred_at, received_at, event_id, day,
                                 facet_id, encoding, payload)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                &self.project,
                &group_id,
                &occurred_at,
                &event.received_at,
                &event.event_id.0,
                &today(),
                &facet,
                &stored.encoding,
                &bytes,
            ],
        )
        .await;
        for group in [0, group_id] {
            for (table, column, unit) in [
                ("event_hours", "hour", "date_trunc('hour', $3::timestamptz)"),
                ("event_slots", "slot", "date_bin('10 seconds', $3, '2000-01-01T00:00Z')"),
            ] {
                let sql = format!(
                    "INSERT INTO {table} AS t VALUES ($1, $2, {unit}, $4, 1)
                     ON CONFLICT (project_id, group_id, {column}, facet_id)
                     DO UPDATE SET events = t.events + 1"
                );
                run(db, &sql, &[&self.project, &group, &occurred_at, &facet]).await;
            }
        }
        event.event_id
    }

    fn event(&self, occurred_at: DateTime<Utc>) -> Event {
        let json = serde_json::json!({
            "event_id": EventId::generate(),
            "project_id": self.project,
            "timestamp": occurred_at,
            "received_at": shared::time::now(),
            "level": self.level,
            "message": self.message,
            "source": self.source,
            "environment": self.environment,
            "exception_type": self.exception_type,
            "release": Some(&self.release).filter(|release| !release.is_empty()),
        });
        serde_json::from_value(json).unwrap()
    }
}

fn today() -> chrono::NaiveDate {
    shared::time::day(shared::time::now())
}

async fn run(db: &Client, sql: &str, values: &[&(dyn tokio_postgres::types::ToSql + Sync)]) {
    db.execute(sql, values).await.unwrap();
}
