//! A shop that reports its errors: what `make up DEMO=1` shows to somebody who looks at the system for the
//! first time.
//!
//! - [`shop`]: which programs there are, and what goes wrong in them when.
//! - [`stage`]: what stands around the errors: projects, rules, who looks after what.
//!
//! Nothing is measured here.

pub mod shop;
pub mod stage;

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::load::mix::scatter;
use shop::Shop;
use stage::Stage;

/// Events of the past that are reported at once.
const AT_ONCE: usize = 8;

/// How often something may happen.
const TICK: Duration = Duration::from_millis(500);

/// Of the share of a day that a tick is, so much happens: a newcomer has not got all day.
const HASTE: f64 = 300.0;

/// The wait after a report that nobody took.
const PAUSE: Duration = Duration::from_secs(5);

/// Tells of so many days of the past, unless it was told before, and then reports what happens until it is ended.
///
/// # Errors
/// When the system does not answer at the beginning. Later it is waited for.
pub async fn run(url: &str, key: &str, days: u32) -> anyhow::Result<()> {
    let shop = Shop::new()?;
    let stage = Stage::set(url, key, &shop).await.context("cannot set the stage")?;
    if stage.is_empty().await? {
        tracing::info!("reporting the errors of the last {days} days …");
        tell_past(&stage, &shop, days).await?;
        stage.settle(&shop).await?;
    }
    tracing::info!("reporting what happens now");
    live(&stage, &shop).await;
    Ok(())
}

async fn tell_past(stage: &Stage, shop: &Shop, days: u32) -> anyhow::Result<()> {
    let past = shop.past(now(), days).into_iter();
    let reports = past.map(|happening| stage.report(shop, happening));
    stream::iter(reports).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    Ok(())
}

async fn live(stage: &Stage, shop: &Shop) {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let now = now();
        let share = TICK.as_secs_f64() / 86_400.0 * HASTE;
        for happening in shop.during(now, share, seed(now)) {
            if let Err(error) = stage.report(shop, happening).await {
                tracing::info!("{error:#}");
                sleep(PAUSE).await;
            }
        }
    }
}

/// Seconds since 1970.
fn now() -> f64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "milliseconds of today fit"
)]
fn seed(now: f64) -> u64 {
    scatter((now * 1_000.0) as u64)
}
