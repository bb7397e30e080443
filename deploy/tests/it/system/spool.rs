//! The spool: what it outlives, what it refuses, and what it says about itself.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::mem;
use std::path::{Path, PathBuf};
use std::time::Duration;

use deploy::services::{Options, Service, Services};
use deploy::testing::Sandbox;
use http::{Method, StatusCode};
use serde_json::json;
use uuid::Uuid;

use super::client::System;
use super::load;
use super::quiet::{settle, spool_bytes};
use super::relay::{Flow, Relay, system_behind_relay};

const IN_TIME: Duration = Duration::from_secs(5);

/// Events that are spooled, each in a record of its own.
const SPOOLED: i64 = 30;

/// Spools events, kills ingest, damages the segment, and starts ingest again with the broker back.
/// So many events must be stored then, each once, and the damage must be kept and told.
async fn check_damage(damage: impl FnOnce(&Path), stored: i64) {
    let (mut system, relay, queues) = system_behind_relay(Service::Ingest, |options| options).await;
    spool_events(&system, &relay).await;
    system.services.kill(Service::Ingest).await;
    let [segment] = files(&system.services, "spool").try_into().unwrap();
    damage(&segment);
    let damaged = fs::read(&segment).unwrap();
    relay.set(Flow::Open);
    system.services.restart(Service::Ingest).await.unwrap();
    settle(&mut system.services, &queues).await;
    system.counts().await.assert_all(stored);
    assert_eq!(files(&system.services, "spool"), [] as [PathBuf; 0]);
    let [kept] = files(&system.services, "damaged").try_into().unwrap();
    let kept = fs::read(&kept).unwrap();
    assert!(kept.len() < damaged.len() / 10 && damaged.ends_with(&kept), "{} bytes", kept.len());
    let log = fs::read_to_string(system.services.log(Service::Ingest)).unwrap();
    let told = |line: &str| line.contains("ERROR") && line.contains(segment.to_str().unwrap());
    assert!(log.lines().any(told), "{log}");
    system.stop().await;
}

/// Takes the broker away and reports events.
async fn spool_events(system: &System, relay: &Relay) {
    relay.set(Flow::Refused);
    relay.cut();
    for number in 0..SPOOLED {
        let event = json!({"message": format!("spooled {number}"), "source": "spool"});
        system.client.report(event).await;
    }
    assert_eq!(system.counts().await.counted, 0);
}

/// The files of the spool with an extension.
fn files(services: &Services, extension: &str) -> Vec<PathBuf> {
    let folder = fs::read_dir(services.folder().join("spool")).unwrap();
    let paths = folder.map(|file| file.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|found| found == extension)).collect()
}

#[tokio::test]
async fn a_torn_last_record_costs_no_other() {
    let tear = |segment: &Path| {
        let file = OpenOptions::new().write(true).open(segment).unwrap();
        file.set_len(file.metadata().unwrap().len() - 7).unwrap();
    };
    check_damage(tear, SPOOLED - 1).await;
}

#[tokio::test]
async fn garbage_behind_the_last_record_costs_none() {
    let scribble = |segment: &Path| {
        let mut file = OpenOptions::new().append(true).open(segment).unwrap();
        file.write_all(&[0x5a; 700]).unwrap();
    };
    check_damage(scribble, SPOOLED).await;
}

#[tokio::test]
async fn a_full_spool_refuses_until_it_is_drained() {
    const MAX_BYTES: u64 = 16 << 20;
    let bound = |options: Options| options.set("SPOOL_MAX_BYTES", &MAX_BYTES.to_string());
    let (mut system, relay, queues) = system_behind_relay(Service::Ingest, bound).await;
    relay.set(Flow::Refused);
    relay.cut();

    let mut accepted = 0;
    let refused = loop {
        let answer =
            system.client.send(Method::POST, "/api/errors", &[], large_event()).await.unwrap();
        if answer.status != StatusCode::CREATED {
            break answer;
        }
        accepted += 1;
        let bytes = spool_bytes(&system.services).await;
        assert!((accepted * (64 << 10)..=MAX_BYTES).contains(&bytes), "{accepted} {bytes}");
    };
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.body);
    assert_eq!(refused.body["code"], "SERVICE_UNAVAILABLE");
    assert!(refused.header("retry-after").is_some());
    let full = spool_bytes(&system.services).await;
    assert!(full > MAX_BYTES - (1 << 20), "{full}");

    relay.set(Flow::Open);
    let mut expected = i64::try_from(accepted).unwrap();
    system.drained(expected).await;
    let posted = load::post(&system.client, 50).await;
    posted.assert_accepted_within(IN_TIME);
    expected += posted.expected();
    settle(&mut system.services, &queues).await;
    system.counts().await.assert_all(expected);
    assert_eq!(spool_bytes(&system.services).await, 0);
    assert_eq!(files(&system.services, "spool"), [] as [PathBuf; 0]);
    system.stop().await;
}

/// An event that no compression makes much smaller than half of its 200 KB.
fn large_event() -> Vec<u8> {
    let noise: Vec<String> = (0..5_500).map(|_| Uuid::new_v4().to_string()).collect();
    let context = json!({"noise": noise});
    json!({"message": "large", "source": "spool", "context": context}).to_string().into_bytes()
}

#[tokio::test]
async fn a_folder_in_memory_is_no_spool() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let folder = folder.path().to_str().unwrap();
    let options = |options: Options| options.set("SPOOL_DIR", folder).set("ENVIRONMENT", "staging");
    let (system, relay, _) = system_behind_relay(Service::Ingest, options).await;
    relay.set(Flow::Refused);
    relay.cut();
    let not_ready = async {
        loop {
            let ready = system.ingest().get("/ready").await;
            if ready.status == StatusCode::SERVICE_UNAVAILABLE {
                return ready;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let answer = tokio::time::timeout(IN_TIME, not_ready).await.unwrap();
    assert_eq!(answer.body["reason"], "the broker is away and there is no spool");
    let log = fs::read_to_string(system.services.log(Service::Ingest)).unwrap();
    assert!(log.contains("SPOOL_DIR lies in memory"), "{log}");
    system.stop().await;
}

#[tokio::test]
async fn what_lies_in_a_folder_in_memory_is_stored_all_the_same() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let folder = folder.path().to_str().unwrap();
    let in_memory = |options: Options| options.set("SPOOL_DIR", folder);
    let (mut system, relay, queues) = system_behind_relay(Service::Ingest, in_memory).await;
    spool_events(&system, &relay).await;
    system.services.kill(Service::Ingest).await;

    let options = in_memory(Options::within(&system.sandbox)).set("ENVIRONMENT", "staging");
    let started_again = Services::start(options).await.unwrap();
    mem::replace(&mut system.services, started_again).stop().await;
    system.unreported = true;
    settle(&mut system.services, &queues).await;
    system.counts().await.assert_all(SPOOLED);
    system.stop().await;
}

#[tokio::test]
async fn a_spool_that_cannot_be_written_stops_the_start() {
    let sandbox = Sandbox::new().await.unwrap();
    // Below a file, where not even root can make a folder.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let within = file.join("spool");
    let options = Options::within(&sandbox).set("SPOOL_DIR", within.to_str().unwrap());
    let refusal = Services::start(options).await.unwrap_err().to_string();
    let sentence = format!("SPOOL_DIR is {within:?}, which is no folder that can be written");
    assert!(refusal.contains(&sentence), "{refusal}");
    sandbox.close().await.unwrap();
}
