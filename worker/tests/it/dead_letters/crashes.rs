//! Commands that end before their work is done: no letter is lost, and no event counts twice.

use shared::broker::topology::Queue;
use worker::dead_letters::commands::Which;
use worker::dead_letters::desk::{Desk, DeskError};

use super::LIMIT;
use crate::place::{Place, batch, broker_config, entry};

impl Place {
    /// Waits until the broker has noticed that a command was killed.
    async fn until_nobody_is_at_the_desk(&self) {
        let config = broker_config(&self.sandbox);
        let waiting = async {
            loop {
                match Desk::open(&config, self.sandbox.namespace()).await {
                    Ok(desk) => return desk.close().await.unwrap(),
                    Err(error) => assert!(matches!(error, DeskError::Taken), "{error:?}"),
                }
            }
        };
        tokio::time::timeout(LIMIT, waiting).await.unwrap();
    }
}

#[tokio::test]
async fn a_replay_that_is_cut_off_before_the_letter_is_removed_counts_once() {
    let place = Place::new().await;
    let refused = entry("refused");
    place.refuse(refused.event_id).await;
    place.store(&[batch(vec![refused])]).await;
    place.mend().await;

    let desk = place.desk().await;
    let mut pass = desk.pass().await.unwrap();
    let letter = pass.next().await.unwrap().unwrap();
    pass.publish(&letter).await.unwrap();
    // Nothing is put back: what the connection held returns with its end, as after a crash.
    desk.close().await.unwrap();
    place.until(Queue::Dead, |letters| letters == 1).await;

    place.replay(&Which::All).await;
    assert_eq!(place.deliver_replayed().await, (2, 1));
    assert_eq!(place.letters().await.len(), 0);
    place.assert_counts(1).await;
    place.close().await;
}

#[tokio::test]
async fn a_replay_that_is_killed_loses_nothing_and_counts_nothing_twice() {
    let place = Place::new().await;
    place.bury_many(300).await;
    for left in [200, 100, 1] {
        let mut replaying = tokio::process::Command::new(env!("CARGO_BIN_EXE_worker"))
            .args(["dead-letters", "replay", "--all"])
            .env("AMQP_URL", place.sandbox.amqp_url())
            .env("NAMESPACE", place.sandbox.namespace())
            .stdout(std::process::Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        place.until(Queue::Dead, |letters| letters <= left).await;
        replaying.kill().await.unwrap();
        place.until_nobody_is_at_the_desk().await;
    }
    // The letter that was in hand last may return late.
    let replaying = async {
        let mut stored = 0;
        while stored < 300 {
            place.replay(&Which::All).await;
            stored += place.deliver_replayed().await.1;
        }
    };
    tokio::time::timeout(LIMIT, replaying).await.unwrap();
    place.assert_counts(300).await;
    // The letters were buried by a transaction that was lost, so the ledger did not know them.
    place.forget_all_but(300);
    place.close().await;
}
