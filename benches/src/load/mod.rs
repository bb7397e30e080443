//! The load generator: sends errors on a fixed schedule, whatever the answers do.
//!
//! Latency is counted from the moment at which a request was due, not from the moment at which it
//! could be sent: a service that stalls therefore shows in the figures of every request that should
//! have been sent meanwhile. What the services store is not known here.

pub mod envelope;
pub mod event;
mod form;
mod lane;
pub mod mix;
mod plan;
mod schedule;
pub mod tally;
pub mod words;

use std::io;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::runtime::{Builder, Handle};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use envelope::Envelopes;
pub use form::Form;
use lane::{Lane, Target};
pub use plan::Plan;
use schedule::Schedule;
use tally::{Failure, Second, Tally};

/// Why a run could not take place.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The address can't be read.
    #[error("the address of the service is not a URL")]
    Url {
        /// What is wrong with it.
        #[source]
        source: http::uri::InvalidUri,
    },
    /// The address is of another kind.
    #[error("the address of the service must begin with http:// and name a host")]
    Scheme,
    /// The key can't be sent.
    #[error("the API key has characters that a header can't carry")]
    Key,
    /// Nobody answers at the address.
    #[error("cannot connect to {authority} ({})", failure.as_label())]
    Connect {
        /// Host and port.
        authority: String,
        /// Why not.
        failure: Failure,
    },
    /// The operating system gave no threads or sockets.
    #[error("cannot {action}")]
    System {
        /// What was tried.
        action: &'static str,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

/// The outcome of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What became of the requests.
    pub tally: Tally,
    /// For each error of the mix, whether an event of it was sent.
    pub seen: Vec<bool>,
    /// When the first request was due.
    pub begun: Instant,
    /// From then to the last answer.
    pub elapsed: Duration,
    /// The share of the time in which the generator had work to do, from 0 to 1.
    pub busy: f64,
}

impl Outcome {
    /// Distinct errors among the events sent.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.seen.iter().filter(|seen| **seen).count()
    }

    /// Whether the figures are those of the service. Otherwise the generator was too slow, and they
    /// partly are its own.
    #[must_use]
    pub fn kept_up(&self) -> bool {
        self.tally.lag.quantile(0.99) < Duration::from_millis(10) && self.busy < 0.9
    }
}

/// What all lanes share.
#[derive(Debug)]
struct Run {
    plan: Plan,
    target: Target,
    schedule: Schedule,
    envelopes: Envelopes,
    books: Mutex<Books>,
}

#[derive(Debug)]
struct Books {
    tally: Tally,
    /// For each error, whether an event of it was sent.
    seen: Vec<bool>,
}

/// Sends everything, tells `progress` about each second, and returns after the last answer.
///
/// Runs on the calling thread and one more, so call it outside of a runtime.
///
/// # Errors
/// When the plan makes no sense or nobody answers at the address; what goes wrong later is counted.
pub fn run(plan: Plan, mut progress: impl FnMut(&Second)) -> Result<Outcome, LoadError> {
    let system = |action| move |source| LoadError::System { action, source };
    let target = plan.target()?;
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(system("start a runtime"))?;
    runtime.block_on(async {
        let lanes = connect(&target, plan.connections).await?;
        let run = Run::new(plan, target).map_err(system("pack the envelopes"))?;
        let run = Arc::new(run);
        let pacer = Arc::clone(&run);
        let takers = lanes.len();
        let pacing = std::thread::Builder::new().name("pacer".to_owned());
        let pacing = pacing.spawn(move || pacer.schedule.pace(takers));
        let pacing = pacing.map_err(system("start the pacing thread"))?;
        run.drive(lanes, &mut progress).await;
        let elapsed = run.schedule.due(0).elapsed();
        // It ends before the lanes do, having released the last request.
        let _ended = pacing.join();
        Ok(run.outcome(elapsed))
    })
}

async fn connect(target: &Target, connections: usize) -> Result<Vec<Lane>, LoadError> {
    let mut lanes = Vec::with_capacity(connections);
    for _ in 0..connections.max(1) {
        let lane = Lane::connect(target).await;
        lanes.push(lane.map_err(|failure| {
            let authority = target.authority.clone();
            LoadError::Connect { authority, failure }
        })?);
    }
    Ok(lanes)
}

impl Run {
    fn new(plan: Plan, target: Target) -> io::Result<Self> {
        let per = Duration::from_secs(plan.per_request());
        let errors = plan.events.mix.errors();
        let envelopes = Envelopes::new(if plan.form == Form::Envelope { errors } else { 0 })?;
        let schedule = Schedule::new(plan.rate, per, plan.requests());
        let seen = vec![false; usize::try_from(errors).unwrap_or(0)];
        let books = Mutex::new(Books { tally: Tally::default(), seen });
        Ok(Self { plan, target, schedule, envelopes, books })
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Counting never panics half way.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn drive(self: &Arc<Self>, lanes: Vec<Lane>, progress: &mut impl FnMut(&Second)) {
        let mut working = JoinSet::new();
        for lane in lanes {
            working.spawn(Arc::clone(self).work(lane));
        }
        let second = Duration::from_secs(1);
        let mut seconds = interval_at(Instant::now() + second, second);
        seconds.set_missed_tick_behavior(MissedTickBehavior::Burst);
        loop {
            tokio::select! {
                biased;
                _ = seconds.tick() => progress(&self.books().tally.end_second()),
                ended = working.join_next() => if ended.is_none() { break },
            }
        }
        let rest = self.books().tally.end_second();
        progress(&rest);
    }

    async fn work(self: Arc<Self>, mut lane: Lane) {
        let events = self.plan.per_request();
        let mut size = 0;
        while let Some(due) = self.schedule.next().await {
            let body = self.body(due.number, size);
            size = body.len();
            self.books().tally.sent(events, due.at.elapsed(), due.awaited);
            let outcome = lane.post(&self.target, body).await;
            self.books().tally.done(events, due.at.elapsed(), outcome);
        }
    }

    /// The body of a request, about as long as the one before.
    fn body(&self, request: u64, size: usize) -> Bytes {
        let first = self.plan.first + request * self.plan.per_request();
        let numbers = first..first + self.plan.per_request();
        let body = match self.plan.form {
            Form::Envelope => self.envelopes.body(&self.plan.events, first).unwrap_or_default(),
            Form::Single | Form::Batch(_) => self.json(numbers.clone(), size).into(),
        };
        let mut books = self.books();
        for error in numbers.map(|number| self.plan.events.error(number)) {
            if let Some(seen) = usize::try_from(error).ok().and_then(|at| books.seen.get_mut(at)) {
                *seen = true;
            }
        }
        body
    }

    fn json(&self, numbers: Range<u64>, size: usize) -> String {
        let first = numbers.start;
        let batch = matches!(self.plan.form, Form::Batch(_));
        let mut body = String::with_capacity(size + 256);
        for number in numbers {
            if batch {
                body.push(if number == first { '[' } else { ',' });
            }
            // Writing to a string can't fail.
            let _infallible = self.plan.events.write(number, &mut body);
        }
        if batch {
            body.push(']');
        }
        body
    }

    fn outcome(&self, elapsed: Duration) -> Outcome {
        let books = self.books();
        let busy = Handle::current().metrics().worker_total_busy_duration(0);
        Outcome {
            tally: books.tally.clone(),
            seen: books.seen.clone(),
            begun: self.schedule.due(0),
            elapsed,
            busy: busy.as_secs_f64() / elapsed.as_secs_f64().max(f64::EPSILON),
        }
    }
}
