//! Makes what the sequence says happen, in the database and in the model, and compares the two.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use bytes::Bytes;
use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use lapin::options::{BasicGetOptions, QueuePurgeOptions};
use shared::batch::{Batch, Entry, Facet};
use shared::broker::topology::Queue;
use shared::event::Level;
use shared::ids::{ErrorId, EventId, FINGERPRINT_VERSION, ProjectId};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use worker::announce::Announcer;
use worker::persist::{Budgets, Delivered, Message, Persister};
use worker::upkeep::{self, Context, Job, Piece};

use super::changes::Act;
use super::picture::Picture;
use super::sequence::{self, Action, Change, Cut, Delivery, Event, Kind, Step};
use super::state::Model;
use crate::place::{Place, WIDE, batch, entry};

/// The user whose events Postgres refuses.
const POISON: i64 = 666;

/// Budgets that a few events use up. Too small for a part that is given out by the minute.
const FRUGAL: Budgets = Budgets { error_payloads_per_hour: 3, project_bytes: 120 };

const CLEAR: &str = include_str!("clear.sql");
const REFUSE: &str =
    "ALTER TABLE group_users ADD CONSTRAINT refused CHECK (user_hash <> 666) NOT VALID";
const MEND: &str = "ALTER TABLE group_users DROP CONSTRAINT IF EXISTS refused";

pub(super) struct World<'a> {
    place: &'a Place,
    persister: Persister,
    frugal: bool,
    model: Model,
    /// All messages, which may come again.
    sent: Vec<Message>,
    /// The first of the days.
    start: DateTime<Utc>,
}

/// What is done next, in both worlds.
enum Deed {
    Deliver(Vec<Message>),
    Change(ProjectId, ErrorId, Act),
    Upkeep(Job),
}

impl<'a> World<'a> {
    /// An empty world.
    pub(super) async fn new(place: &'a Place, frugal: bool) -> Self {
        place.execute(CLEAR).await;
        place.execute(&format!("{MEND}; {REFUSE}")).await;
        let letters = Queue::Dead.name(place.sandbox.namespace());
        place.channel.queue_purge(letters, QueuePurgeOptions::default()).await.unwrap();
        let budgets = if frugal { FRUGAL } else { WIDE };
        let mut model = Model::new(1..=sequence::PROJECTS, budgets);
        model.refused_user = Some(POISON);
        let first_day = shared::time::now().date_naive() - Days::new(3);
        Self {
            place,
            persister: Persister::new(place.pool.clone(), 90, budgets),
            frugal,
            model,
            sent: Vec::new(),
            start: first_day.and_time(NaiveTime::MIN).and_utc(),
        }
    }

    /// Makes a step happen, and says what differs after it.
    pub(super) async fn play(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Alone(action) => {
                let deed = self.deed(action, true);
                self.run(&deed).await;
                deed.apply(&mut self.model);
                self.compare().await
            }
            Step::AtOnce(one, other) => {
                let deeds = [self.deed(one, false), self.deed(other, false)];
                tokio::join!(self.run(&deeds[0]), self.run(&deeds[1]));
                self.compare_orders(&deeds).await
            }
            Step::CutOff(delivery, cut) => {
                let deed = Deed::Deliver(self.messages(delivery, true));
                self.cut_off(&deed, cut).await;
                self.run(&deed).await;
                deed.apply(&mut self.model);
                self.compare().await
            }
            Step::Replay { mended } => self.replay(*mended).await,
        }
    }

    /// An action with everything decided. One of two at once brings no poison and, under budgets, no
    /// payloads: what is found out and spent by two transactions at once is no promise.
    fn deed(&mut self, action: &Action, alone: bool) -> Deed {
        match action {
            Action::Deliver(delivery) => Deed::Deliver(self.messages(delivery, alone)),
            Action::Change(change) => self.change(change),
            Action::Upkeep(job) => Deed::Upkeep(*job),
        }
    }

    fn change(&self, change: &Change) -> Deed {
        let at = self.time(change.at);
        let act = match change.kind {
            Kind::Resolve => Act::Resolve { at },
            Kind::Unresolve => Act::Unresolve { at },
            Kind::Ignore { until, events } => {
                Act::Ignore { at, until: until.map(|until| self.time(until)), events }
            }
            Kind::Delete => Act::Delete,
            Kind::Merge { other } => {
                Act::Merge { at, other: of_error(change.project, other).error_id }
            }
            Kind::Unmerge => Act::Unmerge { at },
        };
        let named = of_error(change.project, change.error);
        Deed::Change(named.project_id, named.error_id, act)
    }

    fn messages(&mut self, delivery: &Delivery, alone: bool) -> Vec<Message> {
        let mut messages = Vec::with_capacity(delivery.len());
        for message in delivery {
            match message {
                sequence::Message::New(events) => {
                    let entries = events.iter().map(|event| self.entry(event, alone)).collect();
                    self.sent.push(batch(entries).into());
                    messages.extend(self.sent.last().cloned());
                }
                sequence::Message::Again(any) if !self.sent.is_empty() => {
                    messages.push(self.sent[any % self.sent.len()].clone());
                }
                sequence::Message::Again(_) => {}
            }
        }
        messages
    }

    fn entry(&self, event: &Event, alone: bool) -> Entry {
        let named = of_error(event.project, event.error);
        let received_at = self.time(event.received);
        let bytes = event.payload_bytes.filter(|_| alone || !self.frugal);
        let level = [Level::Error, Level::Warning, Level::Fatal][usize::from(event.facet % 3)];
        Entry {
            event_id: event.id.map_or(named.event_id, |id| EventId(Uuid::from_u128(id.into()))),
            client_id: event.id.is_some(),
            received_at,
            occurred_at: received_at - TimeDelta::seconds(event.delay),
            user_hash: if event.poison && alone { Some(POISON) } else { event.user },
            facet: Facet { level, source: format!("source {}", event.facet / 3), ..named.facet },
            payload: named.payload.filter(|_| bytes.is_some()).map(|payload| {
                shared::payload::Payload {
                    bytes: Bytes::from(vec![b'x'; bytes.unwrap_or_default()]),
                    ..payload
                }
            }),
            ..named
        }
    }

    fn time(&self, seconds: i64) -> DateTime<Utc> {
        self.start + TimeDelta::seconds(seconds)
    }

    async fn run(&self, deed: &Deed) {
        match deed {
            Deed::Deliver(messages) => {
                let delivered = Delivered { messages: messages.clone(), unreadable: Vec::new() };
                let shutdown = CancellationToken::new();
                self.persister.store(&delivered, &self.place.dead(), &shutdown).await.unwrap();
            }
            Deed::Change(project, error, act) => act.run(&self.place.pool, *project, *error).await,
            Deed::Upkeep(job) => {
                let context = Context { retention_days: 90, announcer: Announcer::new() };
                while upkeep::once(*job, &self.place.pool, &context).await.unwrap() == Piece::Full {
                }
            }
        }
    }

    /// Runs until the cut. When Postgres makes it, the worker notices and tries again by itself.
    async fn cut_off(&self, deed: &Deed, cut: &Cut) {
        let mut running = pin!(self.run(deed));
        let mut polls = cut.polls;
        let ended = poll_fn(|context| {
            if polls == 0 {
                return Poll::Ready(false);
            }
            polls -= 1;
            running.as_mut().poll(context).map(|()| true)
        });
        if !ended.await && cut.by_postgres {
            self.place.execute(TERMINATE).await;
            running.await;
        }
    }

    /// Sends the dead letters again; with their cause mended all of them can be stored.
    async fn replay(&mut self, mended: bool) -> Result<(), String> {
        let letters = self.take_letters().await;
        let waiting = std::mem::take(&mut self.model.letters);
        let found = letters.iter().map(|letter| letter.batch_id).collect();
        if waiting != found {
            return Err(format!("dead letters {found:?}, expected {waiting:?}"));
        }
        if mended {
            self.place.execute(MEND).await;
            self.model.refused_user = None;
        }
        let messages = letters.into_iter().map(|batch| Message { batch, replayed: true }).collect();
        let deed = Deed::Deliver(messages);
        self.run(&deed).await;
        deed.apply(&mut self.model);
        if mended {
            self.place.execute(REFUSE).await;
            self.model.refused_user = Some(POISON);
        }
        self.compare().await
    }

    async fn take_letters(&self) -> Vec<Batch> {
        let queue = Queue::Dead.name(self.place.sandbox.namespace());
        let options = BasicGetOptions { no_ack: true };
        let mut letters = Vec::new();
        while let Some(letter) = self.place.channel.basic_get(queue.clone(), options).await.unwrap()
        {
            letters.push(Batch::decode(letter.delivery.data.into()).unwrap());
        }
        letters
    }

    async fn compare(&self) -> Result<(), String> {
        let stored = Picture::read(&self.place.pool.get().await.unwrap()).await;
        let differences = stored.differences(&self.model.picture());
        if differences.is_empty() { Ok(()) } else { Err(differences) }
    }

    /// Of two deeds at once either may have come first.
    async fn compare_orders(&mut self, deeds: &[Deed; 2]) -> Result<(), String> {
        let before = self.model.clone();
        let mut failures = String::new();
        for order in [[0, 1], [1, 0]] {
            self.model = before.clone();
            for deed in order {
                deeds[deed].apply(&mut self.model);
            }
            match self.compare().await {
                Ok(()) => return Ok(()),
                Err(differences) => {
                    failures.push_str(&format!("\nin order {order:?}:\n{differences}"))
                }
            }
        }
        Err(failures)
    }
}

/// Ends the sessions that are in the middle of something.
const TERMINATE: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'";

impl Deed {
    fn apply(&self, model: &mut Model) {
        match self {
            Self::Deliver(messages) => model.deliver(messages),
            Self::Change(_, error, act) => act.apply(model, *error),
            Self::Upkeep(Job::PurgeDeleted) => model.purge(),
            Self::Upkeep(Job::WakeIgnored) => model.wake(shared::time::now()),
            // Slots are compared by the hour, partitions hold nothing of their own, and nothing here is
            // old enough to go.
            Self::Upkeep(
                Job::MergeSlots
                | Job::MakePartitions
                | Job::DropOldDays
                | Job::TrimLedger
                | Job::TrimAudit
                | Job::TrimMonitoring
                | Job::TrimAlerts
                | Job::TrimSessions,
            ) => {}
        }
    }
}

/// An event of an error of a project.
fn of_error(project: i32, error: u8) -> Entry {
    let named = entry(&format!("error {error}"));
    let project_id = ProjectId(project);
    let error_id = ErrorId::derive(project_id, FINGERPRINT_VERSION, named.fingerprint);
    Entry { project_id, error_id, ..named }
}
