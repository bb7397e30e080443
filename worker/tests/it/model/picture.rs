//! Everything that is compared: what the database holds, or what it ought to hold.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use chrono::{DateTime, NaiveDate, Utc};
use deadpool_postgres::Object;
use tokio_postgres::Row;
use uuid::Uuid;

/// Project, public id of the error (none: the whole project), hour, level and source.
pub(super) type Total = (i32, Option<Uuid>, DateTime<Utc>, i16, String);

/// Project, hour, outcome and reason.
pub(super) type Ending = (i32, DateTime<Utc>, String, String);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Picture {
    /// By public id, which tells the project, too.
    pub(super) errors: BTreeMap<Uuid, Error>,
    /// What each fingerprint counts, of errors that hold several, by its own id.
    pub(super) parts: BTreeMap<Uuid, Part>,
    /// The last hour of each error's users.
    pub(super) users: BTreeMap<(Uuid, i64), DateTime<Utc>>,
    /// Level and source under which each error was seen.
    pub(super) facets: BTreeSet<(Uuid, i16, String)>,
    /// Error, event and day of receipt, and whether the payload was kept.
    pub(super) events: BTreeSet<(Uuid, Uuid, NaiveDate, bool)>,
    /// Events of deleted errors that upkeep has not removed yet.
    pub(super) deleted: i64,
    /// By the hour in which events happened.
    pub(super) happened: BTreeMap<Total, i64>,
    /// By the hour of receipt: merging of slots changes nothing about it.
    pub(super) received: BTreeMap<Total, i64>,
    pub(super) payload_bytes: BTreeMap<(i32, NaiveDate), i64>,
    pub(super) ledger: BTreeMap<Ending, i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Error {
    /// 0 unresolved, 1 resolved, 2 ignored.
    pub(super) status: i16,
    pub(super) regressed: bool,
    pub(super) resolved_at: Option<DateTime<Utc>>,
    pub(super) ignored_until: Option<DateTime<Utc>>,
    pub(super) ignored_until_count: Option<i64>,
    pub(super) events: i64,
    pub(super) users: i64,
    pub(super) first_seen: DateTime<Utc>,
    pub(super) last_seen: DateTime<Utc>,
    pub(super) latest: Uuid,
    pub(super) level: i16,
    pub(super) source: String,
}

/// What one fingerprint counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) events: i64,
    pub(super) users: i64,
    pub(super) first_seen: DateTime<Utc>,
    pub(super) last_seen: DateTime<Utc>,
    pub(super) latest: Uuid,
}

impl Picture {
    /// What the database holds.
    pub(super) async fn read(client: &Object) -> Self {
        let query = async |sql: &str| client.query(sql, &[]).await.unwrap();
        Self {
            errors: query(ERRORS).await.iter().map(error).collect(),
            parts: query(PARTS).await.iter().map(part).collect(),
            users: query(USERS)
                .await
                .iter()
                .map(|row| ((row.get(0), row.get(1)), row.get(2)))
                .collect(),
            facets: query(FACETS)
                .await
                .iter()
                .map(|row| (row.get(0), row.get(1), row.get(2)))
                .collect(),
            events: query(EVENTS)
                .await
                .iter()
                .map(|row| (row.get(0), row.get(1), row.get(2), row.get(3)))
                .collect(),
            deleted: query(DELETED).await[0].get(0),
            happened: query(&totals("event_hours", "hour")).await.iter().map(total).collect(),
            received: query(&totals("event_slots", "slot")).await.iter().map(total).collect(),
            payload_bytes: query(PAYLOAD_BYTES)
                .await
                .iter()
                .map(|row| ((row.get(0), row.get(1)), row.get(2)))
                .collect(),
            ledger: query(LEDGER)
                .await
                .iter()
                .map(|row| ((row.get(0), row.get(1), row.get(2), row.get(3)), row.get(4)))
                .collect(),
        }
    }

    /// What differs from the expected picture; nothing when they are equal.
    pub(super) fn differences(&self, expected: &Self) -> String {
        let mut text = String::new();
        maps(&mut text, "errors", &self.errors, &expected.errors);
        maps(&mut text, "fingerprints", &self.parts, &expected.parts);
        maps(&mut text, "users", &self.users, &expected.users);
        let facets = (&self.facets, &expected.facets);
        maps(&mut text, "facets", &as_map(facets.0), &as_map(facets.1));
        maps(&mut text, "events", &as_map(&self.events), &as_map(&expected.events));
        let deleted = |events| BTreeMap::from([((), events)]);
        maps(&mut text, "deleted events", &deleted(self.deleted), &deleted(expected.deleted));
        maps(&mut text, "event_hours", &self.happened, &expected.happened);
        maps(&mut text, "event_slots", &self.received, &expected.received);
        maps(&mut text, "payload_bytes", &self.payload_bytes, &expected.payload_bytes);
        maps(&mut text, "ledger", &self.ledger, &expected.ledger);
        text
    }
}

/// Adds what differs between two maps, entry by entry.
fn maps<K: Ord + Debug, V: PartialEq + Debug>(
    text: &mut String,
    what: &str,
    stored: &BTreeMap<K, V>,
    expected: &BTreeMap<K, V>,
) {
    let keys: BTreeSet<&K> = stored.keys().chain(expected.keys()).collect();
    for key in keys {
        let (stored, expected) = (stored.get(key), expected.get(key));
        if stored != expected {
            text.push_str(&format!("{what} {key:?}: {stored:?}, expected {expected:?}\n"));
        }
    }
}

fn as_map<K: Ord + Clone>(set: &BTreeSet<K>) -> BTreeMap<K, ()> {
    set.iter().map(|key| (key.clone(), ())).collect()
}

fn error(row: &Row) -> (Uuid, Error) {
    let error = Error {
        status: row.get("status"),
        regressed: row.get("regressed"),
        resolved_at: row.get("resolved_at"),
        ignored_until: row.get("ignored_until"),
        ignored_until_count: row.get("ignored_until_count"),
        events: row.get("event_count"),
        users: row.get("user_count"),
        first_seen: row.get("first_seen"),
        last_seen: row.get("last_seen"),
        latest: row.get("latest_event_id"),
        level: row.get("level"),
        source: row.get("source"),
    };
    (row.get("public_id"), error)
}

fn part(row: &Row) -> (Uuid, Part) {
    let part = Part {
        events: row.get("event_count"),
        users: row.get("user_count"),
        first_seen: row.get("first_seen"),
        last_seen: row.get("last_seen"),
        latest: row.get("latest_event_id"),
    };
    (row.get("name"), part)
}

fn total(row: &Row) -> (Total, i64) {
    ((row.get(0), row.get(1), row.get(2), row.get(3), row.get(4)), row.get(5))
}

const ERRORS: &str = "SELECT * FROM errors FULL JOIN error_stats USING (project_id, error_id)";

const PARTS: &str = "SELECT * FROM group_stats LEFT JOIN error_names USING (project_id, group_id)";

const USERS: &str = "SELECT public_id, user_hash, max(seen_hour) FROM group_users
    JOIN groups USING (project_id, group_id) JOIN errors USING (project_id, error_id) GROUP BY 1, 2";

const FACETS: &str = "SELECT public_id, level, source FROM group_facets
    JOIN groups USING (project_id, group_id) JOIN errors USING (project_id, error_id)
    JOIN facets USING (project_id, facet_id)";

const EVENTS: &str = "SELECT public_id, event_id, day, payload IS NOT NULL FROM events
    JOIN groups USING (project_id, group_id) JOIN errors USING (project_id, error_id)";

const DELETED: &str = "SELECT count(*) FROM events
    WHERE NOT EXISTS (SELECT FROM groups g
      WHERE g.project_id = events.project_id AND g.group_id = events.group_id)";

const PAYLOAD_BYTES: &str = "SELECT project_id, day, bytes FROM payload_bytes WHERE bytes <> 0";

const LEDGER: &str = "SELECT project_id, hour, outcome, reason, sum(events)::bigint FROM ledger
    WHERE events <> 0 GROUP BY 1, 2, 3, 4";

/// A roll-up by the hour, without what belonged to deleted errors.
fn totals(table: &str, start: &str) -> String {
    format!(
        "SELECT t.project_id, public_id, date_trunc('hour', {start}), level, source, sum(events)::bigint
         FROM {table} t
         JOIN facets f ON f.project_id = t.project_id AND f.facet_id = t.facet_id
         LEFT JOIN groups g ON g.project_id = t.project_id AND g.group_id = t.group_id
         LEFT JOIN errors e ON e.project_id = g.project_id AND e.error_id = g.error_id
         WHERE t.group_id = 0 OR e.public_id IS NOT NULL
         GROUP BY 1, 2, 3, 4, 5"
    )
}
