//! `GET /api/monitoring/ledger`: what became of every event that was received, by project and hour.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::api::{ApiError, FieldErrorKind};
use shared::ids::ProjectId;
use shared::ledger::{self, NO_PROJECT, Outcome};
use tokio_postgres::Row;

use crate::app::App;
use crate::call::Call;
use crate::db;
use crate::fields::QueryFields;
use crate::routes::Answer;
use crate::success;

/// The range without `since`.
const DEFAULT_RANGE: TimeDelta = TimeDelta::hours(24);

/// The longest range of one request.
const MAX_RANGE: TimeDelta = TimeDelta::days(31);

/// Project-hours of one answer.
const MAX_LIMIT: i64 = 10_000;

#[derive(Debug, Serialize)]
struct Ledger {
    #[serde(with = "shared::time::json")]
    since: DateTime<Utc>,
    #[serde(with = "shared::time::json")]
    until: DateTime<Utc>,
    /// The sums of the hours below.
    totals: Account,
    hours: Vec<ProjectHour>,
    /// Whether the range holds older hours than these.
    truncated: bool,
}

#[derive(Debug, Serialize)]
struct ProjectHour {
    project_id: Option<ProjectId>,
    #[serde(with = "shared::time::json")]
    hour: DateTime<Utc>,
    #[serde(flatten)]
    account: Account,
}

/// How many events ended how.
#[derive(Debug, Default, Serialize)]
struct Account {
    accepted: i64,
    /// Accepted, and not ended yet: in the spool, in the queue, or lost.
    pending: i64,
    stored: i64,
    deduplicated: i64,
    counted_only: i64,
    filtered: i64,
    dead_lettered: i64,
    rate_limited: i64,
    invalid: i64,
    unavailable: i64,
    /// Never sent, by the word of clients.
    client_discarded: i64,
    /// Sent and no events: nothing is kept of them.
    discarded: i64,
    reasons: Vec<Reason>,
}

/// A part of an outcome that has a reason.
#[derive(Debug, Serialize)]
struct Reason {
    outcome: &'static str,
    reason: String,
    events: i64,
}

/// What is asked for.
#[derive(Debug)]
struct Range {
    since: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
}

impl Range {
    fn read(fields: &mut QueryFields<'_>) -> Self {
        let until = fields.time("until").unwrap_or_else(Utc::now);
        let since = fields.time("since").unwrap_or(until - DEFAULT_RANGE);
        if since > until || until - since > MAX_RANGE {
            let message = "must lie before `until`, and at most 31 days";
            fields.problem(FieldErrorKind::OutOfRange, "since", message);
        }
        Self { since, until, limit: fields.number("limit", 1_000, 1..=MAX_LIMIT) }
    }
}

/// `GET /api/monitoring/ledger`.
pub(crate) async fn ledger(app: Arc<App>, call: Call) -> Answer {
    let mut fields = call.fields();
    let reach = call.reach(&mut fields);
    let range = Range::read(&mut fields);
    fields.finish()?;
    // Of no project in particular: also what came without one, or belonged to one that was deleted.
    let project = reach?.project().map(|project| project.0);
    let rows = read(&app, project, &range).await?;
    Ok(success::ok(Ledger::new(range, &rows)))
}

async fn read(app: &App, project: Option<i32>, range: &Range) -> Result<Vec<Row>, ApiError> {
    let endings = Outcome::OF_ACCEPTED.map(Outcome::as_str);
    // One more than is shown tells whether there are more.
    let hours = range.limit + 1;
    let (since, until) = (ledger::hour(range.since), range.until);
    let values: db::Params<'_> = &[&project, &since, &until, &hours, &endings.as_slice()];
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let sql = include_str!("sql/ledger.sql");
    db::query(&client, "read the ledger", sql, values).await.map_err(db::failure)
}

impl Ledger {
    fn new(range: Range, rows: &[Row]) -> Self {
        let limit = usize::try_from(range.limit).unwrap_or(usize::MAX);
        let mut ledger = Self {
            since: range.since,
            until: range.until,
            totals: Account::default(),
            hours: Vec::new(),
            truncated: false,
        };
        // The rows of one project and hour follow each other.
        for row in rows {
            let (hour, project_id) = (row.get("hour"), known(row.get("project_id")));
            let is_same = |last: &ProjectHour| (last.hour, last.project_id) == (hour, project_id);
            if !ledger.hours.last().is_some_and(is_same) {
                if ledger.hours.len() == limit {
                    ledger.truncated = true;
                    break;
                }
                let account = Account::default();
                ledger.hours.push(ProjectHour { project_id, hour, account });
            }
            if let Some(last) = ledger.hours.last_mut() {
                last.account.add(row);
                ledger.totals.add(row);
            }
        }
        let accounts = ledger.hours.iter_mut().map(|hour| &mut hour.account);
        accounts.chain([&mut ledger.totals]).for_each(Account::settle);
        ledger
    }
}

/// The project, where it is known.
fn known(project: i32) -> Option<ProjectId> {
    (project != NO_PROJECT.0).then_some(ProjectId(project))
}

impl Account {
    /// Adds a row of the ledger. Outcomes of later versions are left out of an answer that has no
    /// field for them.
    fn add(&mut self, row: &Row) {
        let name: &str = row.get("outcome");
        let Some(outcome) = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == name)
        else {
            return;
        };
        let (reason, events): (String, i64) = (row.get("reason"), row.get("events"));
        *self.field(outcome) += events;
        if reason.is_empty() || events == 0 {
            return;
        }
        let outcome = outcome.as_str();
        let is_same = |known: &&mut Reason| (known.outcome, &known.reason) == (outcome, &reason);
        match self.reasons.iter_mut().find(is_same) {
            Some(known) => known.events += events,
            None => self.reasons.push(Reason { outcome, reason, events }),
        }
    }

    fn field(&mut self, outcome: Outcome) -> &mut i64 {
        match outcome {
            Outcome::Accepted => &mut self.accepted,
            Outcome::Stored => &mut self.stored,
            Outcome::Deduplicated => &mut self.deduplicated,
            Outcome::CountedOnly => &mut self.counted_only,
            Outcome::Filtered => &mut self.filtered,
            Outcome::DeadLettered => &mut self.dead_lettered,
            Outcome::RateLimited => &mut self.rate_limited,
            Outcome::Invalid => &mut self.invalid,
            Outcome::Unavailable => &mut self.unavailable,
            Outcome::ClientDiscarded => &mut self.client_discarded,
            Outcome::Discarded => &mut self.discarded,
        }
    }

    /// What was accepted and has not ended.
    fn settle(&mut self) {
        let ended: i64 = Outcome::OF_ACCEPTED.map(|outcome| *self.field(outcome)).iter().sum();
        self.pending = self.accepted - ended;
    }
}
