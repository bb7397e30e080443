//! The ledger as the tests check it: what was accepted is the sum of what it became.

use std::time::Duration;

use super::client::database_client;

/// Sums of the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    /// Accepted, by the word of the process or by what arrived from it.
    pub(crate) accepted: i64,
    /// Accepted, and stored with or without payload.
    pub(crate) stored: i64,
    /// Accepted, and not ended.
    pub(crate) pending: i64,
    /// Ended, and never reported: by processes that were killed, or that gave up on an event which
    /// arrived all the same.
    pub(crate) unreported: i64,
}

impl Account {
    pub(crate) async fn read(database: &str) -> Self {
        let rows = database_client(database).await.query(include_str!("account.sql"), &[]).await;
        let mut account = Self { accepted: 0, stored: 0, pending: 0, unreported: 0 };
        for row in rows.unwrap() {
            let (reported, ended): (i64, i64) = (row.get("reported"), row.get("ended"));
            account.accepted += reported.max(ended);
            account.stored += row.get::<_, i64>("stored");
            account.pending += reported.max(ended) - ended;
            account.unreported += reported.max(ended) - reported;
        }
        account
    }

    /// Waits until every event that was accepted has ended. What ingest has not reported yet can't be
    /// waited for: end it first.
    pub(crate) async fn settled(database: &str) -> Self {
        let settling = async {
            loop {
                let account = Self::read(database).await;
                if account.pending == 0 {
                    return account;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(60), settling).await {
            Ok(account) => account,
            Err(_) => panic!("events were accepted and lost: {:?}", Self::read(database).await),
        }
    }
}
