//! How much a key may ask in a minute, counted over all instances.
//!
//! Each instance decides by itself, in memory: what it admitted in the last minute, plus what the others
//! had said they admitted when it last asked. Four times a second it writes its own counts to Redis and
//! reads theirs ([`Limiter::keep_shared`]), for the keys that were used since. No request waits for that.
//!
//! **How far off it can be.** An instance does not know what the others admitted since they last wrote,
//! and wrote since it last read: two intervals at most. So in any minute all of them together admit at
//! most `limit + (instances - 1) × min(limit, requests that reach one instance in two intervals)`: with
//! three instances and 100 requests a second for each, 100 more than the limit. A minute is counted in
//! whole seconds, of which the first is counted in part: what is admitted within it may fall into 59 s.
//! Clocks are taken to agree within a second: that far apart, the use of other instances stops counting a
//! second early or late. What was refused counts nothing, so who keeps asking gets in again.
//!
//! While Redis is away each instance goes by its own counts alone, so that up to `instances × limit` are
//! admitted; nobody is refused for it.
//!
//! What is not here: who a caller is (`access`), and what counts how much (the services).

mod answer;
mod share;
mod window;

use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

pub use answer::{SentryLimit, sentry_limits};

use self::window::Usage;
use crate::config::Settings;
use crate::ids::ProjectId;
use crate::routes::Class;

/// `RATE_LIMITS`: whether keys that have no limits of their own have the usual ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimits {
    /// A thousand submitted errors, a hundred analytics and five hundred other requests a minute.
    On,
    /// Only limits of a key's own hold.
    Off,
}

impl RateLimits {
    /// Reads the setting.
    pub fn read(settings: &Settings<'_>) -> Self {
        settings.parse("RATE_LIMITS", Self::Off, "on or off")
    }

    /// What a key without a limit of its own may ask in a minute.
    fn of(self, class: Class) -> Option<u32> {
        match (self, class) {
            (Self::Off, _) => None,
            (Self::On, Class::Errors) => Some(1_000),
            (Self::On, Class::Analytics) => Some(100),
            (Self::On, Class::General) => Some(500),
        }
    }
}

impl FromStr for RateLimits {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "on" => Ok(Self::On),
            "off" => Ok(Self::Off),
            _ => Err(()),
        }
    }
}

/// The limits that a key has of its own, in requests or submitted errors a minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct KeyLimits {
    /// Submitted errors.
    #[serde(rename = "errors_per_minute")]
    pub errors: Option<i32>,
    /// Requests for numbers over many errors.
    #[serde(rename = "analytics_per_minute")]
    pub analytics: Option<i32>,
    /// All other requests.
    #[serde(rename = "general_per_minute")]
    pub general: Option<i32>,
}

impl KeyLimits {
    fn of(self, class: Class) -> Option<u32> {
        let own = match class {
            Class::Errors => self.errors,
            Class::Analytics => self.analytics,
            Class::General => self.general,
        };
        // Postgres holds positive numbers only.
        own.and_then(|limit| u32::try_from(limit).ok())
    }
}

/// Whose use is counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Holder {
    /// An API key, by its id.
    ApiKey(Uuid),
    /// The DSN key of a project.
    Dsn(ProjectId),
}

/// Who asks, as far as limits go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// Whose use it is.
    pub holder: Holder,
    /// The limits of its own.
    pub limits: KeyLimits,
}

impl Caller {
    /// Whoever holds the DSN of a project. It has no limits but the usual ones.
    pub fn dsn(project: ProjectId) -> Self {
        Self { holder: Holder::Dsn(project), limits: KeyLimits::default() }
    }
}

/// What a key was granted, and where it stands after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Which of the key's limits.
    pub class: Class,
    /// What may be asked in a minute.
    pub limit: u32,
    /// How much of what was asked for fits.
    pub granted: u32,
    /// What may still be asked now.
    pub remaining: u32,
    /// When the whole limit is free again if nothing more is asked, in Unix seconds.
    pub reset_at: i64,
    /// Seconds until something fits again; 0 when something fits now.
    pub retry_after: u32,
}

/// Decides who has asked too much. One for each process.
#[derive(Debug)]
pub struct Limiter {
    defaults: RateLimits,
    /// Under which the counts of this run of the process stand in Redis.
    instance: String,
    /// Of the keys that were used in the last two minutes. Every one of them is in the access table,
    /// which bounds their number.
    counters: RwLock<HashMap<(Holder, Class), Arc<Counter>>>,
}

/// The use of one limit. The lock is held for some ten nanoseconds.
#[derive(Debug, Default)]
struct Counter(Mutex<Usage>);

impl Counter {
    fn lock(&self) -> MutexGuard<'_, Usage> {
        // No code panics while it holds the lock, and counts are whole between two calls anyway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Limiter {
    /// Nobody has asked anything yet.
    pub fn new(defaults: RateLimits) -> Arc<Self> {
        let instance = Uuid::new_v4().simple().to_string();
        Arc::new(Self { defaults, instance, counters: RwLock::default() })
    }

    /// Grants as much of `amount` as fits, and counts what it grants. None: the caller has no limit of
    /// this class.
    pub fn admit(
        &self,
        caller: &Caller,
        class: Class,
        amount: u32,
        now: DateTime<Utc>,
    ) -> Option<Standing> {
        let limit = caller.limits.of(class).or(self.defaults.of(class))?;
        let counter = self.counter((caller.holder, class));
        let mut usage = counter.lock();
        let granted = usage.admit(limit, amount, now.timestamp());
        Some(Standing {
            class,
            limit,
            granted,
            remaining: usage.remaining(limit),
            reset_at: usage.free_at(),
            retry_after: usage.retry_after(limit),
        })
    }

    fn counter(&self, key: (Holder, Class)) -> Arc<Counter> {
        let known = self.counters.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        known.unwrap_or_else(|| {
            let mut counters = self.counters.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(counters.entry(key).or_default())
        })
    }

    /// Forgets limits that nobody has used for two minutes. One that a request holds right now stays.
    fn prune(&self, now: DateTime<Utc>) {
        let mut counters = self.counters.write().unwrap_or_else(PoisonError::into_inner);
        counters.retain(|_, counter| {
            Arc::strong_count(counter) > 1 || !counter.lock().is_idle(now.timestamp())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_760_000_000 + seconds, 0).unwrap()
    }

    fn key(limits: KeyLimits) -> Caller {
        Caller { holder: Holder::ApiKey(Uuid::from_u128(7)), limits }
    }

    fn check(defaults: RateLimits, caller: &Caller, expected: [Option<u32>; 3]) {
        let limiter = Limiter::new(defaults);
        let limits = [Class::Errors, Class::Analytics, Class::General]
            .map(|class| limiter.admit(caller, class, 1, at(0)).map(|standing| standing.limit));
        assert_eq!(limits, expected, "{defaults:?} {caller:?}");
    }

    #[test]
    fn a_limit_of_the_keys_own_holds_always_and_goes_before_the_usual_one() {
        let own = KeyLimits { errors: Some(7), ..KeyLimits::default() };
        check(RateLimits::Off, &key(KeyLimits::default()), [None; 3]);
        check(RateLimits::Off, &key(own), [Some(7), None, None]);
        check(RateLimits::On, &key(own), [Some(7), Some(100), Some(500)]);
        check(RateLimits::On, &Caller::dsn(ProjectId(1)), [Some(1_000), Some(100), Some(500)]);
    }

    #[test]
    fn keys_and_classes_are_counted_apart() {
        let limiter = Limiter::new(RateLimits::On);
        let one = key(KeyLimits { general: Some(1), ..KeyLimits::default() });
        let other = Caller { holder: Holder::Dsn(ProjectId(7)), ..one };
        let granted = |caller, class| limiter.admit(caller, class, 1, at(0)).unwrap().granted;
        assert_eq!(granted(&one, Class::General), 1);
        assert_eq!(granted(&one, Class::General), 0);
        assert_eq!(granted(&one, Class::Errors), 1);
        assert_eq!(granted(&other, Class::General), 1);
    }

    #[test]
    fn of_many_as_many_are_granted_as_fit() {
        let limiter = Limiter::new(RateLimits::On);
        let caller = Caller::dsn(ProjectId(1));
        let ask =
            |amount, second| limiter.admit(&caller, Class::Errors, amount, at(second)).unwrap();
        assert_eq!(ask(990, 0).remaining, 10);
        let standing = ask(25, 20);
        assert_eq!((standing.granted, standing.remaining), (10, 0));
        assert_eq!((standing.retry_after, standing.reset_at), (40, at(80).timestamp()));
        assert_eq!(ask(25, 59).granted, 0);
        assert_eq!(ask(25, 60).granted, 25);
    }

    #[test]
    fn only_what_is_used_is_kept_in_memory() {
        let limiter = Limiter::new(RateLimits::On);
        for project in 1..=1_000 {
            limiter.admit(&Caller::dsn(ProjectId(project)), Class::Errors, 1, at(0)).unwrap();
        }
        limiter.admit(&Caller::dsn(ProjectId(1)), Class::Errors, 1, at(100)).unwrap();
        limiter.prune(at(119));
        assert_eq!(limiter.counters.read().unwrap().len(), 1_000);
        limiter.prune(at(121));
        assert_eq!(limiter.counters.read().unwrap().len(), 1);
    }

    #[test]
    fn threads_grant_no_more_together_than_one() {
        let limiter = Limiter::new(RateLimits::On);
        let caller = Caller::dsn(ProjectId(1));
        let granted: u32 = std::thread::scope(|scope| {
            let ask = || {
                let standings =
                    (0..1_000).map(|_| limiter.admit(&caller, Class::Errors, 1, at(0)).unwrap());
                standings.map(|standing| standing.granted).sum::<u32>()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(granted, 1_000);
    }
}
