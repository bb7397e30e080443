//! Tells the other instances what this one admitted, and learns what they did.
//!
//! A limit has one hash in Redis, with a field for each instance that holds all it admitted in the last
//! minute. Written twice it says the same, so a write whose answer was lost is simply made again.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use fred::clients::Client;
use fred::interfaces::{ClientLike as _, HashesInterface as _, KeysInterface as _};
use tokio_util::sync::CancellationToken;

use super::{Counter, Holder, Limiter};
use crate::generations::CacheUnavailable;
use crate::routes::Class;
use crate::telemetry::ErrorChain;

/// How often. The bound of the error in the module's description goes by it.
const INTERVAL: Duration = Duration::from_millis(250);

/// How often limits that nobody uses any more are looked for, in rounds of sharing.
const PRUNE_ROUNDS: u32 = 100;

/// Limits of one pipeline.
const CHUNK: usize = 256;

/// Commands for each of them.
const COMMANDS: usize = 3;

/// Longer than anything in a hash counts.
const LIFETIME_SECS: i64 = 180;

impl Limiter {
    /// Shares counts with the other instances until the token is cancelled, and then once more.
    pub async fn keep_shared(
        self: Arc<Self>,
        redis: Client,
        namespace: String,
        shutdown: CancellationToken,
    ) {
        let (mut failing, mut rounds) = (false, 0);
        while !shutdown.is_cancelled() {
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = shutdown.cancelled() => {}
            }
            let now = crate::time::now();
            rounds = (rounds + 1) % PRUNE_ROUNDS;
            if rounds == 0 {
                self.prune(now);
            }
            // A client that is not connected would keep the commands and time out.
            if !redis.is_connected() {
                continue;
            }
            let shared = self.share(&redis, &namespace, now).await;
            if let (Err(error), false) = (&shared, failing) {
                let error = ErrorChain(error);
                tracing::warn!(%error, "rate limits can't be shared; each instance counts alone");
            }
            failing = shared.is_err();
        }
    }

    /// Shares the counts of the limits that were used since.
    ///
    /// # Errors
    /// When Redis is away or slow; the next call shares them.
    pub async fn share(
        &self,
        redis: &Client,
        namespace: &str,
        now: DateTime<Utc>,
    ) -> Result<(), CacheUnavailable> {
        let used = self.used();
        for (done, chunk) in used.chunks(CHUNK).enumerate() {
            if let Err(error) = self.share_chunk(redis, namespace, chunk, now.timestamp()).await {
                let left = used.iter().skip(done * CHUNK);
                left.for_each(|(_, counter)| counter.lock().mark_asked());
                return Err(CacheUnavailable(error));
            }
        }
        Ok(())
    }

    /// The limits that were used since the last call.
    fn used(&self) -> Vec<((Holder, Class), Arc<Counter>)> {
        let counters = self.counters.read().unwrap_or_else(PoisonError::into_inner);
        let used = counters.iter().filter(|(_, counter)| counter.lock().take_asked());
        used.map(|(key, counter)| (*key, Arc::clone(counter))).collect()
    }

    async fn share_chunk(
        &self,
        redis: &Client,
        namespace: &str,
        chunk: &[((Holder, Class), Arc<Counter>)],
        now: i64,
    ) -> Result<(), fred::error::Error> {
        let keys: Vec<String> =
            chunk.iter().map(|((holder, class), _)| key(namespace, *holder, *class)).collect();
        let pipeline = redis.pipeline();
        for (key, (_, counter)) in keys.iter().zip(chunk) {
            let text = counter.lock().own_text();
            let () = pipeline.hset(key, (self.instance.as_str(), text)).await?;
            let () = pipeline.expire(key, LIFETIME_SECS, None).await?;
            let () = pipeline.hgetall(key).await?;
        }
        let answers: Vec<fred::types::Value> = pipeline.all().await?;
        let hashes = answers.into_iter().skip(COMMANDS - 1).step_by(COMMANDS);
        let removing = redis.pipeline();
        for ((key, (_, counter)), hash) in keys.iter().zip(chunk).zip(hashes) {
            let said: HashMap<String, String> = hash.convert()?;
            let silent = self.take_others(counter, &said, now);
            if !silent.is_empty() {
                let () = removing.hdel(key, silent).await?;
            }
        }
        // Nothing is asked where nothing was queued.
        removing.all::<Vec<fred::types::Value>>().await.map(drop)
    }

    /// Takes over what the others said; answers the fields of those who have gone.
    fn take_others(
        &self,
        counter: &Counter,
        said: &HashMap<String, String>,
        now: i64,
    ) -> Vec<String> {
        let others = said.iter().filter(|(instance, _)| **instance != self.instance);
        let texts = others.map(|(instance, text)| (instance.as_str(), text.as_str()));
        let mut usage = counter.lock();
        usage.set_others(texts, now).into_iter().map(str::to_owned).collect()
    }
}

fn key(namespace: &str, holder: Holder, class: Class) -> String {
    let class = class.as_str();
    match holder {
        Holder::ApiKey(id) => format!("{namespace}:rate:key:{id}:{class}"),
        Holder::Dsn(project) => format!("{namespace}:rate:dsn:{project}:{class}"),
    }
}
