//! Evaluates the rules of projects: once a second those that something has changed for, or whose windows
//! have slid.
//!
//! A project is evaluated in one transaction that holds its row of `alert_evaluations`: take it unless
//! somebody has it, see what changed, measure, decide, write what follows, forget what was seen. Any worker
//! may do it and any may die in the middle: either all of it happened or nothing did, so a rule fires once.
//! Whoever changes a rule takes the same row, so no rule changes under an evaluation.
//!
//! - `rules`: the rules of a project, kept between evaluations.
//! - `agenda`: which moments are looked at.
//! - `standings`: which rules fire, and which are quiet.
//! - `decide`: what begins to fire and what recovers. Pure.
//! - `record`: what follows for firings, `incidents` and `tell` for incidents and notifications, `feed` for
//!   those who look on.
//! - `troubles`: projects whose evaluation failed, which must not hold up the others.

mod agenda;
mod decide;
mod feed;
mod incidents;
mod record;
mod rules;
mod standings;
mod tell;
mod troubles;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use deadpool_postgres::{GenericClient as _, Pool, Transaction};
use shared::alerts::measure::active_errors;
use shared::alerts::slots::{self, SLOT};
use shared::ids::ProjectId;
use shared::live::{Item, Publisher};
use shared::postgres::{DbError, use_until};
use shared::telemetry::ErrorChain;
use shared::telemetry::metrics::{self, Counter, Histogram};
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use self::agenda::{Agenda, Pace};
use self::decide::Turned;
use self::rules::{ProjectRules, RulesCache};
use self::standings::Standings;
use self::tell::{Facts, Told};
use self::troubles::Troubles;
use super::deliver::Outbox;
use super::notice::ToldProject;
use crate::statement::Statement;

const DUE_PROJECTS: Statement = Statement {
    sql: include_str!("sql/due_projects.sql"),
    action: "find rules that have to be evaluated",
};
const CLAIM: Statement =
    Statement { sql: include_str!("sql/claim.sql"), action: "take a project's rules" };
const TOUCHED_ERRORS: Statement = Statement {
    sql: include_str!("sql/touched_errors.sql"),
    action: "find the errors of changed slots",
};
const FINISH: Statement =
    Statement { sql: include_str!("sql/finish.sql"), action: "end an evaluation" };

/// Between two looks at what changed.
const TICK: Duration = Duration::from_secs(1);

/// An evaluation that takes longer has lost its server, or asks for too much: its connection ends, and
/// nothing of it happened.
const EVALUATION_TIMEOUT: Duration = Duration::from_secs(30);

/// After an evaluation its project rests for three times as long as that took, so that the rules of a
/// project take at most a quarter of a connection's time, unless an alert would be late for it.
const REST: u32 = 3;
const LONGEST_REST: Duration = Duration::from_secs(6);

/// Rules are looked at so often even when nothing seems to have changed: a worker of an earlier version
/// stores events and marks no slots.
const AT_LEAST_EVERY: TimeDelta = TimeDelta::seconds(60);

/// The most errors that are looked at because something happened to them. Of more within a second it is
/// chance which ones are; the others are looked at when something happens to them again.
const MAX_TOUCHED: i64 = 200_000;

/// Evaluates rules.
#[derive(Debug)]
pub struct Evaluator {
    pool: Pool,
    rules: RulesCache,
    troubles: Troubles,
}

/// What an evaluation did.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Evaluated {
    /// Firings that began.
    pub fired: usize,
    /// Firings that ended.
    pub recovered: usize,
    /// Whether there is something to deliver.
    pub told: bool,
    /// What the live feed tells of it.
    pub news: Vec<Item>,
    /// Whether there is more of a backlog to work off.
    pub unfinished: bool,
}

/// Who has to know what evaluations did.
#[derive(Debug, Clone)]
pub struct Listeners {
    /// Is woken when something is to be delivered.
    pub outbox: Outbox,
    /// Tells the live feed.
    pub feed: Publisher,
}

impl Evaluator {
    /// An evaluator that has seen no rule yet.
    pub fn new(pool: Pool) -> Self {
        Self { pool, rules: RulesCache::default(), troubles: Troubles::default() }
    }

    /// Evaluates once a second, until the token is cancelled.
    pub async fn run(mut self, listeners: Listeners, shutdown: CancellationToken) {
        let mut timer = tokio::time::interval(TICK);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = timer.tick() => {}
                () = shutdown.cancelled() => return,
            }
            if let Err(error) = self.tick(&listeners, &shutdown).await {
                metrics::count(Counter::EvaluationsTotal, "failed", "", 1);
                tracing::warn!(error = %ErrorChain(&error), "rules can't be evaluated; trying again");
            }
        }
    }

    async fn tick(
        &mut self,
        listeners: &Listeners,
        shutdown: &CancellationToken,
    ) -> Result<(), DbError> {
        let due = self.due().await?;
        for project in self.troubles.in_order(due, Instant::now()) {
            if shutdown.is_cancelled() {
                break;
            }
            match self.evaluate(project).await {
                Ok(None) => {}
                Ok(Some(evaluated)) => listeners.hear(project, evaluated).await,
                // Not about this project.
                Err(error @ DbError::Pool(_)) => return Err(error),
                Err(error) => {
                    metrics::count(Counter::EvaluationsTotal, "failed", "", 1);
                    let (project, error) = (project.0, ErrorChain(&error));
                    tracing::warn!(project.id = project, %error, "a project's rules can't be evaluated");
                }
            }
        }
        Ok(())
    }

    /// The projects whose rules have to be evaluated.
    async fn due(&self) -> Result<Vec<ProjectId>, DbError> {
        use_until(&self.pool, Instant::now() + EVALUATION_TIMEOUT, async |client| {
            let rows = DUE_PROJECTS.rows(client, &[]).await?;
            Ok(rows.iter().map(|row| ProjectId(row.get("project_id"))).collect())
        })
        .await
    }

    /// Evaluates the rules of a project; none when somebody else does.
    ///
    /// # Errors
    /// When Postgres is away or the evaluation takes too long. Then nothing has happened.
    pub async fn evaluate(&mut self, project: ProjectId) -> Result<Option<Evaluated>, DbError> {
        let pace = self.troubles.pace(project);
        let (pool, cache, started) = (self.pool.clone(), &mut self.rules, Instant::now());
        let evaluated = use_until(&pool, started + EVALUATION_TIMEOUT, async |client| {
            let tx = client.transaction().await.map_err(DbError::statement("begin evaluating"))?;
            let Some(claim) = Claim::take(&tx, project).await? else { return Ok(None) };
            let rules = cache.rules(&tx, project, claim.rules_version).await?;
            let evaluation = Evaluation { tx: &tx, claim: &claim, rules, pace, started };
            let evaluated = evaluation.run().await?;
            tx.commit().await.map_err(DbError::statement("commit an evaluation"))?;
            Ok(Some(evaluated))
        })
        .await;
        match &evaluated {
            Err(_) => {
                self.rules.forget(project);
                self.troubles.note(project, Instant::now());
            }
            Ok(Some(evaluated)) if !evaluated.unfinished => self.troubles.end(project),
            Ok(_) => {}
        }
        let evaluated = evaluated?;
        if let Some(evaluated) = &evaluated {
            let seconds = started.elapsed().as_secs_f64();
            metrics::observe(Histogram::EvaluationDurationSeconds, "done", seconds);
            metrics::count(Counter::EvaluationsTotal, "done", "", 1);
            metrics::count(Counter::FiringsTotal, "fired", "", evaluated.fired as u64);
            metrics::count(Counter::FiringsTotal, "recovered", "", evaluated.recovered as u64);
        }
        Ok(evaluated)
    }
}

impl Listeners {
    /// Tells what an evaluation did, after its commit. A feed that can't be told is waited for no longer than a
    /// command to Redis may take: its clients reload when they notice.
    async fn hear(&self, project: ProjectId, evaluated: Evaluated) {
        if evaluated.told {
            self.outbox.wake();
        }
        let news: Vec<(ProjectId, Item)> =
            evaluated.news.into_iter().map(|item| (project, item)).collect();
        if news.is_empty() {
            return;
        }
        if let Err(error) = self.feed.publish_all(&news).await {
            tracing::debug!(error = %ErrorChain(&error), "the live feed was not told of firings");
        }
    }
}

/// The right to evaluate a project, until the transaction ends.
#[derive(Debug)]
struct Claim {
    project: ToldProject,
    rules_version: i64,
    /// Up to when the rules have been evaluated.
    evaluated_at: Option<DateTime<Utc>>,
    /// By the clock of Postgres, which all workers share.
    now: DateTime<Utc>,
    /// Whether notifications are held back.
    holds_back: bool,
}

impl Claim {
    async fn take(tx: &Transaction<'_>, project: ProjectId) -> Result<Option<Self>, DbError> {
        let rows = CLAIM.rows(tx, &[&project.0]).await?;
        Ok(rows.first().map(|row| Self {
            project: ToldProject { id: project, name: row.get("project_name") },
            rules_version: row.get("rules_version"),
            evaluated_at: row.get("evaluated_at"),
            now: row.get("now"),
            holds_back: row.get("holds_back"),
        }))
    }
}

/// An evaluation under way.
struct Evaluation<'a> {
    tx: &'a Transaction<'a>,
    claim: &'a Claim,
    rules: &'a mut ProjectRules,
    pace: Pace,
    started: Instant,
}

impl Evaluation<'_> {
    async fn run(mut self) -> Result<Evaluated, DbError> {
        let (tx, project) = (self.tx, self.claim.project.id);
        let agenda = Agenda::read(tx, self.claim, self.pace).await?;
        let mut standings = Standings::read(tx, project, agenda.since()).await?;
        let errors = self.errors_to_look_at(&agenda, &standings).await?;
        let measured = self.rules.measures.take(tx, project, &agenda.moments, &errors).await?;
        let turned = decide::turned(self.rules, &agenda, &measured, &mut standings);
        let (told, news) = if turned.is_empty() && !self.claim.holds_back {
            (Told::default(), Vec::new())
        } else {
            self.record(&turned).await?
        };
        agenda.forget(tx, project).await?;
        self.finish(&agenda, &standings, told.held).await?;
        Ok(Evaluated {
            fired: turned.iter().filter(|turned| turned.is_firing()).count(),
            recovered: turned.iter().filter(|turned| !turned.is_firing()).count(),
            told: told.sent,
            news,
            unfinished: agenda.is_unfinished(),
        })
    }

    /// The errors that are looked at by themselves: those that something happened to, those about which a
    /// rule fires or is quiet, and all that have events where a rule may become true by time alone or is
    /// new.
    async fn errors_to_look_at(
        &self,
        agenda: &Agenda,
        standings: &Standings,
    ) -> Result<BTreeSet<i64>, DbError> {
        if !self.rules.measures.look_at_each_error() {
            return Ok(BTreeSet::new());
        }
        let mut errors = standings.errors();
        let rows = TOUCHED_ERRORS
            .rows(self.tx, &[&self.claim.project.id.0, &agenda.touched_slots(), &MAX_TOUCHED])
            .await?;
        errors.extend(rows.iter().map(|row| row.get::<_, i64>("error_id")));
        let whole = self.rules.full_look(agenda);
        if let Some(stretch) = self.rules.measures.reach_of_errors(&agenda.moments, whole) {
            errors.extend(active_errors(self.tx, self.claim.project.id, stretch).await?);
        }
        Ok(errors)
    }

    /// Writes what follows from what turned.
    async fn record(&self, turned: &[Turned]) -> Result<(Told, Vec<Item>), DbError> {
        let (tx, claim, rules) = (self.tx, self.claim, &*self.rules);
        let facts = Facts::gather(tx, claim, rules, turned).await?;
        let incidents = incidents::record(tx, claim, rules, turned, &facts).await?;
        let known = (&facts, &incidents);
        record::firings(tx, claim, rules, turned, known).await?;
        let told = tell::record(tx, claim, rules, turned, known).await?;
        let mut news = feed::firings(rules, turned, &facts);
        news.extend(incidents.news.into_iter().map(Item::Incident));
        Ok((told, news))
    }

    /// Says when the project is evaluated next.
    async fn finish(
        &mut self,
        agenda: &Agenda,
        standings: &Standings,
        holds_back: bool,
    ) -> Result<(), DbError> {
        let now = self.claim.now;
        let slides = standings.is_any(now) || self.rules.slides() || holds_back;
        self.rules.settle();
        let due_at = if agenda.is_unfinished() {
            now
        } else if slides {
            slots::end_of_slot(now)
        } else {
            now + AT_LEAST_EVERY
        };
        let rest = (self.started.elapsed() * REST).min(LONGEST_REST);
        let rest = if agenda.is_unfinished() { Duration::ZERO } else { rest };
        let not_before = now + TimeDelta::from_std(rest).unwrap_or(SLOT);
        let evaluated_at = agenda.evaluated_up_to();
        let project = self.claim.project.id;
        FINISH.execute(self.tx, &[&project.0, &evaluated_at, &due_at, &not_before]).await
    }
}
