//! Rules over stored events: when they fire, what follows, that it happens once, and how it is told.

mod budget;
mod deliver;
mod incidents;
mod late;
mod merged;
mod metrics;
mod model;
mod scene;
mod state;
mod troubles;

use chrono::{DateTime, TimeDelta, Utc};
use shared::alerts::condition::Condition;
use shared::batch::Entry;
use uuid::Uuid;
use worker::alerts::evaluate::{Evaluated, Evaluator};

use crate::place::{PROJECT, Place, batch, entry};

/// A place with rules.
struct Rules {
    place: Place,
    evaluator: Evaluator,
}

/// A rule as tests make one.
#[derive(Clone, Copy)]
struct Rule<'a> {
    condition: &'a str,
    notifications: &'a [&'a str],
    cooldown: i32,
    create_incident: bool,
}

impl Default for Rule<'_> {
    fn default() -> Self {
        Self { condition: "", notifications: &["webhook"], cooldown: 0, create_incident: false }
    }
}

impl Rules {
    async fn new() -> Self {
        let place = Place::new().await;
        let evaluator = Evaluator::new(place.pool.clone());
        Self { place, evaluator }
    }

    /// Makes a rule of a condition, and nothing else about it matters.
    async fn rule(&self, condition: &str) -> Uuid {
        self.make(Rule { condition, ..Rule::default() }).await
    }

    async fn make(&self, rule: Rule<'_>) -> Uuid {
        let condition: Condition = rule.condition.parse().unwrap();
        let resolved = condition.resolve(None, None).unwrap();
        let window = resolved.window.short();
        let sql =
            "INSERT INTO alert_rules (project_id, name, condition, threshold, time_window, enabled,
                notifications, severity, cooldown_seconds, create_incident)
            VALUES ($1, $2, $2, $3, $4, true, $5, 'high', $6, $7) RETURNING rule_id";
        let client = self.place.pool.get().await.unwrap();
        let row = client
            .query_one(
                sql,
                &[
                    &PROJECT.0,
                    &condition.to_string(),
                    &resolved.threshold,
                    &window,
                    &rule.notifications,
                    &rule.cooldown,
                    &rule.create_incident,
                ],
            )
            .await
            .unwrap();
        self.changed().await;
        row.get(0)
    }

    /// Tells that rules changed, as whoever changes one does.
    async fn changed(&self) {
        let users = "bool_or(condition LIKE 'users_affected%')";
        let sql = format!(
            "INSERT INTO alert_evaluations (project_id, users_since)
            SELECT project_id, CASE WHEN {users} THEN clock_timestamp() END FROM alert_rules GROUP BY 1
            ON CONFLICT (project_id) DO UPDATE SET rules_version = alert_evaluations.rules_version + 1,
                due_at = clock_timestamp(),
                users_since = coalesce(alert_evaluations.users_since, excluded.users_since)"
        );
        self.place.execute(&sql).await;
    }

    async fn store(&self, entries: Vec<Entry>) {
        self.place.store(&[batch(entries)]).await;
    }

    /// Evaluates now, without the rest after the last evaluation.
    async fn evaluate(&mut self) -> Evaluated {
        self.place.execute("UPDATE alert_evaluations SET not_before = now()").await;
        self.evaluator.evaluate(PROJECT).await.unwrap().expect("nobody else evaluates")
    }

    /// How many firings began and how many ended in an evaluation.
    async fn turns(&mut self) -> (usize, usize) {
        let evaluated = self.evaluate().await;
        (evaluated.fired, evaluated.recovered)
    }

    /// Lets time pass, as far as stored events, firings and notifications know it.
    async fn pass(&self, seconds: i64) {
        self.place
            .execute(&format!(
                "UPDATE event_slots SET slot = slot - interval '{seconds} seconds';
                UPDATE user_slots SET slot = slot - interval '{seconds} seconds';
                UPDATE error_arrivals SET arrived_at = arrived_at - interval '{seconds} seconds';
                UPDATE changed_slots SET slot = slot - interval '{seconds} seconds';
                UPDATE firings SET started_at = started_at - interval '{seconds} seconds',
                    ended_at = ended_at - interval '{seconds} seconds',
                    cooldown_until = cooldown_until - interval '{seconds} seconds';
                UPDATE notifications SET created_at = created_at - interval '{seconds} seconds';
                UPDATE alert_evaluations SET evaluated_at = evaluated_at - interval '{seconds} seconds'"
            ))
            .await;
    }

    async fn count(&self, what: &str) -> i64 {
        self.place.value(&format!("SELECT count(*) FROM {what}")).await
    }

    async fn close(self) {
        self.place.close().await;
    }
}

/// Some events of an error that were received a time ago.
fn events(message: &str, count: usize, ago: TimeDelta) -> Vec<Entry> {
    (0..count).map(|_| received(message, ago)).collect()
}

fn received(message: &str, ago: TimeDelta) -> Entry {
    let at: DateTime<Utc> = shared::time::now() - ago;
    Entry { received_at: at, occurred_at: at, ..entry(message) }
}

const NOW: TimeDelta = TimeDelta::zero();
