//! A broker that neither works nor is away: confirms that never come, alarms, a queue that is gone.

use std::time::Duration;

use deploy::engines::{EngineKind, Engines};
use deploy::services::{Options, Service, Services};
use deploy::testing::Sandbox;
use http::StatusCode;
use lapin::options::QueueDeleteOptions;
use shared::broker::topology::Queue;
use shared::lifecycle;

use super::client::{Client, Counts, System};
use super::load;
use super::quiet::{Queues, metric, settle, spool_bytes};
use super::relay::{Flow, system_behind_relay};

/// The five seconds within which an event is durable or refused, and what a busy machine adds.
const IN_TIME: Duration = Duration::from_secs(7);

/// The messages that were spooled, by the reason why the broker did not take them.
const SPOOLED: &str = "errata_spooled_messages_total";

#[tokio::test]
async fn a_confirm_that_never_comes_is_spooled_and_counted_once() {
    let (mut system, relay, queues) = system_behind_relay(Service::Ingest, |options| options).await;
    load::post(&system.client, 20).await.assert_accepted_within(IN_TIME);
    system.drained(20).await.assert_all(20);

    relay.set(Flow::NoAnswers);
    let posted = load::post(&system.client, 200).await;
    posted.assert_accepted_within(IN_TIME);
    assert!(metric(&system.services, Service::Ingest, SPOOLED, "reason=\"timeout\"").await > 0);
    // What went through is stored already, and waits in the spool to be sent a second time.
    assert!(system.drained(21).await.counted < 220);
    assert!(spool_bytes(&system.services).await > 0);

    relay.set(Flow::Open);
    settle(&mut system.services, &queues).await;
    system.counts().await.assert_all(220);
    system.stop().await;
}

#[tokio::test]
async fn a_connection_reset_after_publishing_counts_once() {
    let (mut system, relay, queues) = system_behind_relay(Service::Ingest, |options| options).await;
    for round in 1..=3 {
        relay.set(Flow::NoAnswers);
        let client = system.client.clone();
        let posting = lifecycle::spawn(async move { load::post(&client, 50).await });
        // The worker has it, so it went through; its confirm is held up.
        let before = (round - 1) * 50;
        system.drained(before + 1).await;
        relay.cut();
        relay.set(Flow::Open);
        posting.await.unwrap().assert_accepted_within(IN_TIME);
        system.drained(round * 50).await;
    }
    settle(&mut system.services, &queues).await;
    system.counts().await.assert_all(150);
    system.stop().await;
}

#[tokio::test]
async fn what_is_posted_while_a_queue_is_gone_is_stored() {
    let mut system = System::start().await;
    let queues = Queues::at(system.sandbox.amqp_url(), system.sandbox.namespace()).await;
    let mut expected = 0;
    for queue in [Queue::Events, Queue::Bulk, Queue::Events] {
        // Whatever a queue holds goes with it, so it has to be empty.
        system.drained(expected).await;
        let name = queue.name(&queues.namespace);
        let deleted = queues.channel.queue_delete(name, QueueDeleteOptions::default()).await;
        assert_eq!(deleted.unwrap(), 0, "messages went with the queue");
        let posted = load::post(&system.client, 300).await;
        posted.assert_accepted_within(IN_TIME);
        expected += posted.expected();
        system.drained(expected).await.assert_all(expected);
    }
    let unroutable = "reason=\"unroutable\"";
    assert!(metric(&system.services, Service::Ingest, SPOOLED, unroutable).await > 0);
    settle(&mut system.services, &queues).await;
    system.counts().await.assert_all(expected);
    system.stop().await;
}

/// Alarms of the broker: how one is raised and how it is ended.
const ALARMS: [(&str, &str, &str); 2] = [
    ("set_vm_memory_high_watermark", "1MB", "512MB"),
    ("set_disk_free_limit", "900000GB", "256MB"),
];

#[tokio::test]
async fn alarms_of_the_broker_block_nothing() {
    let engines = Engines::start(&[EngineKind::RabbitMq]).await.unwrap();
    let sandbox = Sandbox::new().await.unwrap();
    let interrupted = through_alarms(&engines, &sandbox, 1).await;
    assert!(interrupted > 0, "no message was under way when an alarm came");
    without_spool(&engines, &sandbox).await;
    sandbox.close().await.unwrap();
    engines.stop().await;
}

/// An alarm that has passed leaves nothing behind that later ones meet, such as channels whose confirm
/// nobody waits for any more.
#[tokio::test]
#[ignore = "long: make test-faults"]
async fn any_number_of_alarms_blocks_nothing() {
    let engines = Engines::start(&[EngineKind::RabbitMq]).await.unwrap();
    let sandbox = Sandbox::new().await.unwrap();
    let interrupted = through_alarms(&engines, &sandbox, 8).await;
    assert!(interrupted > 16, "only {interrupted} messages were under way when alarms came");
    sandbox.close().await.unwrap();
    engines.stop().await;
}

/// Posts while alarms come and go, and checks that everything is taken in time and stored once. How
/// many messages were under way when an alarm came is returned.
async fn through_alarms(engines: &Engines, sandbox: &Sandbox, rounds: usize) -> u64 {
    let options = Options::within(sandbox).set("AMQP_URL", &engines.amqp_url());
    let mut services = Services::start(options).await.unwrap();
    let client = Client::new(services.url(Service::Ingest));
    let queues = Queues::at(&engines.amqp_url(), sandbox.namespace()).await;
    let database = sandbox.database_url();
    let mut expected = 0;
    for (command, raised, ended) in std::iter::repeat_n(ALARMS, rounds).flatten() {
        expected += post_until(&client, alarm(engines, command, raised)).await;
        let posted = load::post(&client, 50).await;
        posted.assert_accepted_within(IN_TIME);
        assert!(spool_bytes(&services).await > 0, "{command} did not block");
        expected += posted.expected();
        expected += post_until(&client, alarm(engines, command, ended)).await;
        Counts::wait_for(&database, expected).await.assert_all(expected);
    }
    let late = metric(&services, Service::Ingest, SPOOLED, "reason=\"timeout\"").await;
    assert_eq!(late, 0, "messages waited for a confirm that could not come");
    let interrupted = metric(&services, Service::Ingest, SPOOLED, "reason=\"interrupted\"").await;
    settle(&mut services, &queues).await;
    Counts::read(&database).await.assert_all(expected);
    services.stop().await;
    interrupted
}

/// Posts until something has happened; how many events were accepted comes back.
async fn post_until(client: &Client, happened: impl Future<Output = ()>) -> i64 {
    let mut happened = std::pin::pin!(happened);
    let mut accepted = 0;
    loop {
        let mut posting = std::pin::pin!(load::post(client, 100));
        let posted = tokio::select! {
            posted = &mut posting => posted,
            () = &mut happened => {
                let posted = posting.await;
                posted.assert_accepted_within(IN_TIME);
                return accepted + posted.expected();
            }
        };
        posted.assert_accepted_within(IN_TIME);
        accepted += posted.expected();
    }
}

/// Ingest without a spool on a broker with an alarm: refused in time, and taken again afterwards.
async fn without_spool(engines: &Engines, sandbox: &Sandbox) {
    let options = Options::within(sandbox).set("AMQP_URL", &engines.amqp_url());
    let services = Services::start(options.set("SPOOL_DIR", "")).await.unwrap();
    let client = Client::new(services.url(Service::Ingest));
    let before = Counts::read(&sandbox.database_url()).await.counted;
    load::post(&client, 10).await.assert_accepted_within(IN_TIME);
    let (command, raised, ended) = ALARMS[0];
    alarm(engines, command, raised).await;
    load::post(&client, 100).await.assert_refused_within(IN_TIME);
    let ready = client.get("/ready").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.body["reason"], "the broker is away and there is no spool");
    alarm(engines, command, ended).await;
    let accepting = async {
        while load::post(&client, 1).await.accepted.is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(IN_TIME, accepting).await.unwrap();
    assert_eq!(client.get("/ready").await.status, StatusCode::OK);
    load::post(&client, 10).await.assert_accepted_within(IN_TIME);
    services.stop().await;
    // What was refused went into the broker with the connection that it blocked, at most.
    let counted = Counts::read(&sandbox.database_url()).await.counted - before;
    assert!((21..=121).contains(&counted), "{counted}");
}

async fn alarm(engines: &Engines, command: &str, limit: &str) {
    let args: &[&str] =
        if command.contains("memory") { &[command, "absolute", limit] } else { &[command, limit] };
    engines.rabbitmqctl(args).await.unwrap();
}
