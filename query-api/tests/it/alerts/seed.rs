//! Firings and notifications as the worker would have stored them.

use chrono::TimeDelta;
use serde_json::Value;
use shared::channels::Severity;
use shared::ids::ProjectId;
use uuid::Uuid;
use worker::alerts::notice::{
    News, Notice, ToldDigest, ToldError, ToldFiring, ToldProject, ToldRule,
};

use crate::support::Server;

/// A firing that is being put together; open, and about all errors together.
#[derive(Debug, Clone)]
pub(crate) struct Fired {
    project: i32,
    rule: Uuid,
    error: i64,
    incident: Option<Uuid>,
    ended: bool,
}

fn uuid_of(thing: &Value) -> Uuid {
    thing["id"].as_str().unwrap().parse().unwrap()
}

fn project_of(thing: &Value) -> i32 {
    i32::try_from(thing["project_id"].as_i64().unwrap()).unwrap()
}

/// The public id of an error of this number.
pub(crate) fn error_name(error: i64) -> Uuid {
    Uuid::from_u128(u128::try_from(error).unwrap())
}

impl Fired {
    /// A firing of a rule.
    pub(crate) fn of(rule: &Value) -> Self {
        Self {
            project: project_of(rule),
            rule: uuid_of(rule),
            error: 0,
            incident: None,
            ended: false,
        }
    }

    /// About one error.
    pub(crate) fn about(self, error: i64) -> Self {
        Self { error, ..self }
    }

    pub(crate) fn in_incident(self, incident: &Value) -> Self {
        Self { incident: Some(uuid_of(incident)), ..self }
    }

    /// It is over, and the rule stays quiet for an hour.
    pub(crate) fn ended(self) -> Self {
        Self { ended: true, ..self }
    }

    pub(crate) async fn store(self, server: &Server) -> Uuid {
        let id = Uuid::now_v7();
        let started = shared::time::now() - TimeDelta::minutes(5);
        let (ended, reason) = match self.ended {
            true => (Some(started + TimeDelta::minutes(1)), Some("recovered")),
            false => (None, None),
        };
        let name = (self.error != 0).then(|| error_name(self.error));
        server
            .db
            .execute(
                "INSERT INTO firings (project_id, firing_id, rule_id, error_id, error_name, rule_name,
                   condition, severity, threshold, value, window_end, started_at, ended_at,
                   end_reason, cooldown_until, muted, incident_id)
                 VALUES ($1, $2, $3, $4, $5, 'r', 'error_count > 50 in 5 minutes', 'high', 50, 73.5,
                   $6, $6, $7, $8, $6::timestamptz + interval '1 hour', false, $9)",
                &[
                    &self.project,
                    &id,
                    &self.rule,
                    &self.error,
                    &name,
                    &started,
                    &ended,
                    &reason,
                    &self.incident,
                ],
            )
            .await
            .unwrap();
        id
    }
}

/// A notification that is being put together.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    project: i32,
    rule: Uuid,
    firing: Option<Uuid>,
    held: bool,
    digest: Option<Uuid>,
    /// Channels and how far their deliveries are.
    deliveries: Vec<(&'static str, &'static str)>,
}

impl Told {
    /// That a rule fired, or a digest of what was held back.
    pub(crate) fn of(rule: &Value, firing: Option<Uuid>) -> Self {
        let (project, rule) = (project_of(rule), uuid_of(rule));
        Self { project, rule, firing, held: false, digest: None, deliveries: Vec::new() }
    }

    pub(crate) fn through(mut self, channel: &'static str, status: &'static str) -> Self {
        self.deliveries.push((channel, status));
        self
    }

    pub(crate) fn held(self) -> Self {
        Self { held: true, ..self }
    }

    pub(crate) fn in_digest(self, digest: Uuid) -> Self {
        Self { digest: Some(digest), ..self }
    }

    pub(crate) async fn store(self, server: &Server) -> Uuid {
        let id = Uuid::now_v7();
        let kind = if self.firing.is_some() { "fired" } else { "digest" };
        let channels = match self.deliveries.as_slice() {
            [] => vec!["email"],
            some => some.iter().map(|(channel, _)| *channel).collect(),
        };
        let content = serde_json::to_value(self.notice()).unwrap();
        server
            .db
            .execute(
                "INSERT INTO notifications (project_id, delivery_id, rule_id, firing_id, kind, channels,
                   content, held, digest_id, created_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now())",
                &[
                    &self.project,
                    &id,
                    &self.rule,
                    &self.firing,
                    &kind,
                    &channels,
                    &content,
                    &self.held,
                    &self.digest,
                ],
            )
            .await
            .unwrap();
        for (channel, status) in &self.deliveries {
            server
                .db
                .execute(
                    "INSERT INTO deliveries (project_id, delivery_id, channel, status, attempts,
                       next_attempt_at, last_error, created_at, finished_at)
                     VALUES ($1, $2, $3, $4, 2, now(), 'it answered 404', now(),
                       CASE WHEN $4 <> 'pending' THEN now() END)",
                    &[&self.project, &id, channel, status],
                )
                .await
                .unwrap();
        }
        id
    }

    fn notice(&self) -> Notice {
        let now = shared::time::now();
        let news = match self.firing {
            Some(firing_id) => News::Fired(ToldFiring {
                firing_id,
                incident_id: None,
                started_at: now,
                ended_at: None,
                value: 73.5,
                error: Some(ToldError {
                    id: error_name(7),
                    title: "it broke".to_owned(),
                    culprit: None,
                    level: "error".to_owned(),
                    source: "backend".to_owned(),
                    events: 73,
                }),
                top_errors: Vec::new(),
            }),
            None => News::Digest(ToldDigest {
                from: now,
                until: now,
                fired: 12,
                recovered: 0,
                firings: Vec::new(),
            }),
        };
        Notice {
            project: ToldProject { id: ProjectId(self.project), name: "Default".to_owned() },
            rule: ToldRule {
                id: self.rule,
                name: "r".to_owned(),
                condition: "error_count > 50 in 5 minutes".to_owned(),
                metric: "error_count".to_owned(),
                comparison: ">".to_owned(),
                threshold: 50.0,
                window: "5 minutes".to_owned(),
                severity: Severity::High,
            },
            news,
        }
    }
}
