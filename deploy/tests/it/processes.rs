//! Looking at processes and waiting for what they do.

use std::fs;
use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Whether a process runs; one that only waits for its status to be collected does not.
pub(crate) fn runs(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}

/// Waits until something holds, which must be soon.
#[track_caller]
pub(crate) fn soon(what: &str, holds: impl Fn() -> bool) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let deadline = Instant::now() + Duration::from_secs(20);
        while !holds() {
            assert!(Instant::now() < deadline, "{what} did not happen ({caller})");
            sleep(Duration::from_millis(20)).await;
        }
    }
}
