//! Many faults one after another under load, each at a moment of its own.
//!
//! The other tests show one fault at a time. Here they meet: a worker is killed while its
//! acknowledgements are held up, ingest while it drains its spool.

use std::collections::BTreeSet;
use std::time::Duration;

use deploy::services::Service;
use shared::lifecycle;
use tokio::sync::watch;
use uuid::Uuid;

use super::client::{Client, System, database_client};
use super::load::{self, Posted};
use super::quiet::{Queues, settle};
use super::relay::{Flow, Relay};

/// How many faults there are.
const FAULTS: usize = 40;

#[tokio::test]
#[ignore = "long: make test-faults"]
#[expect(clippy::print_stderr, reason = "shown when the test fails")]
async fn whatever_was_accepted_is_stored_once() {
    let seed = Uuid::new_v4();
    // With it the same faults can be made again.
    eprintln!("the faults of {seed}");
    let mut relays = None;
    let mut system = System::start_with(|options| {
        let url = options.env["AMQP_URL"].clone();
        let (before_ingest, before_worker) = (Relay::before(&url), Relay::before(&url));
        let options = options
            .set_for(Service::Ingest, "AMQP_URL", &before_ingest.url(&url))
            .set_for(Service::Worker, "AMQP_URL", &before_worker.url(&url));
        relays = Some((before_ingest, before_worker));
        options
    })
    .await;
    let (ingest, worker) = relays.unwrap();
    let queues = Queues::at(system.sandbox.amqp_url(), system.sandbox.namespace()).await;

    let stop = watch::Sender::new(false);
    let posting = lifecycle::spawn(post_until(system.client.clone(), stop.subscribe()));
    let mut random = Random(seed.as_u128() as u64 | 1);
    for _ in 0..FAULTS {
        fault(&mut system, &ingest, &worker, &mut random).await;
        for relay in [&ingest, &worker] {
            relay.set(Flow::Open);
        }
        random.pause(1_000).await;
    }
    stop.send_replace(true);
    let posted = posting.await.unwrap();

    // A connection that was abandoned is noticed by its heartbeats alone.
    worker.cut();
    settle(&mut system.services, &queues).await;
    let stored = stored(&system).await;
    system.counts().await.assert_all(i64::try_from(stored.len()).unwrap());
    let lost = posted.accepted.difference(&stored).count();
    assert_eq!(lost, 0, "of {} events that were accepted", posted.accepted.len());
    let unasked = stored.len() - posted.accepted.len();
    assert!(unasked <= posted.unanswered + posted.refused.len(), "{unasked}");
    assert!(posted.accepted.len() > 10_000, "only {} events", posted.accepted.len());
    system.stop().await;
}

/// One fault, chosen by chance, for up to two seconds.
async fn fault(system: &mut System, ingest: &Relay, worker: &Relay, random: &mut Random) {
    let services = &mut system.services;
    match random.below(9) {
        0 => ingest.set(Flow::NoAnswers),
        1 => worker.set(Flow::NoRequests),
        2 => worker.set(Flow::Nothing),
        3 => {
            ingest.set(Flow::Refused);
            ingest.cut();
        }
        4 => ingest.cut(),
        5 => worker.cut(),
        6 => ingest.abandon(),
        7 => {
            worker.set(Flow::NoRequests);
            random.pause(500).await;
            services.kill(Service::Worker).await;
            worker.set(Flow::Open);
            services.restart(Service::Worker).await.unwrap();
        }
        _ => {
            ingest.set(Flow::NoAnswers);
            random.pause(500).await;
            services.kill(Service::Ingest).await;
            services.restart(Service::Ingest).await.unwrap();
        }
    }
    random.pause(2_000).await;
}

/// Posts until it is told to stop.
async fn post_until(client: Client, stop: watch::Receiver<bool>) -> Posted {
    let mut all = Posted::default();
    while !*stop.borrow() {
        all.add(load::post(&client, 200).await);
    }
    all
}

async fn stored(system: &System) -> BTreeSet<Uuid> {
    let client = database_client(&system.sandbox.database_url()).await;
    let rows = client.query("SELECT event_id FROM events", &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// The same numbers again from the same seed (xorshift); never from zero.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    /// Waits for up to so many milliseconds.
    async fn pause(&mut self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(self.below(milliseconds))).await;
    }
}
