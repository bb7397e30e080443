//! Who may do what: API keys, DSN keys and permissions.
//!
//! The whole table is held in memory and refreshed when the row `access_version` moves, so that no
//! request waits for Postgres. While Postgres is away the last known table holds.

mod load;
mod mint;
mod named_project;
mod origin;
mod permission;
mod usage;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use chrono::{DateTime, Utc};
use deadpool_postgres::{Client, Pool};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

pub use mint::{KeyGrant, MAX_KEYS, Minted, NoRandomness, store_key};
pub use named_project::named_project;
pub use permission::{Permission, Permissions, UnknownPermission};

use self::load::RuleTexts;
use self::usage::LastUse;
use crate::config::Environment;
use crate::fingerprint::rules::ProjectRules;
use crate::ids::ProjectId;
use crate::postgres::{DbError, use_until};
use crate::rate_limit::{Caller, Holder, KeyLimits};
use crate::sanitise;
use crate::telemetry::ErrorChain;

/// A revoked key stops working everywhere within a second: half of it is the poll, the rest slack.
const POLL: Duration = Duration::from_millis(500);

/// A Postgres that needs longer for the whole table has gone silent. Nobody waits for it any longer, and
/// the next attempt gets another connection.
const LOAD_TIMEOUT: Duration = Duration::from_secs(5);

/// SHA-256 of a key. Lookups go by the hash, so their time tells nothing about a stored key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

impl KeyHash {
    /// Hashes a key as a client sent it.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }
}

/// An API key without the key.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Its id.
    pub id: Uuid,
    /// The one project it belongs to; none: the whole installation.
    pub project_id: Option<ProjectId>,
    /// What it may do.
    pub permissions: Permissions,
    /// When it stops working.
    pub expires_at: Option<DateTime<Utc>>,
    /// How much it may ask, where that is its own.
    pub limits: KeyLimits,
    /// The origins of pages that may use it; none: any.
    pub allowed_origins: Vec<String>,
    last_use: LastUse,
}

impl ApiKey {
    /// Notes that somebody has shown the key; one store to memory.
    pub fn note_use(&self, now: DateTime<Utc>) {
        self.last_use.note(now);
    }

    fn is_valid(&self, now: DateTime<Utc>) -> bool {
        self.expires_at.is_none_or(|expiry| now < expiry)
    }

    /// The key as limits see it.
    pub fn caller(&self) -> Caller {
        Caller { holder: Holder::ApiKey(self.id), limits: self.limits }
    }
}

/// What ingest has to know about a project.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// Whether the address of the submitting client is kept.
    pub keep_ip_addresses: bool,
    /// What is masked beyond and except the built-in rules.
    pub sanitising_rules: Arc<sanitise::Rules>,
    /// Which events belong together, and which are discarded, by its own rules.
    pub rules: Arc<ProjectRules>,
}

/// All keys and projects at one version.
#[derive(Debug, Default)]
pub struct AccessTable {
    version: i64,
    keys: HashMap<KeyHash, ApiKey>,
    dsn_keys: HashMap<Uuid, ProjectId>,
    projects: HashMap<ProjectId, Project>,
    /// The texts that rules were read from, of projects that have some.
    rule_texts: HashMap<ProjectId, RuleTexts>,
}

impl AccessTable {
    /// The key, when it exists and has not expired.
    pub fn key(&self, key: &str, now: DateTime<Utc>) -> Option<&ApiKey> {
        self.keys.get(&KeyHash::of(key)).filter(|found| found.is_valid(now))
    }

    /// The key of this id, when it exists and has not expired. Keys are few, so that it looks through
    /// them.
    pub fn key_by_id(&self, id: Uuid, now: DateTime<Utc>) -> Option<&ApiKey> {
        self.keys.values().find(|key| key.id == id && key.is_valid(now))
    }

    /// All keys that have not expired.
    pub fn valid_keys(&self, now: DateTime<Utc>) -> impl Iterator<Item = &ApiKey> {
        self.keys.values().filter(move |key| key.is_valid(now))
    }

    /// The project that a DSN's public key submits to.
    pub fn dsn_project(&self, dsn_key: Uuid) -> Option<ProjectId> {
        self.dsn_keys.get(&dsn_key).copied()
    }

    /// A project by its id.
    pub fn project(&self, id: ProjectId) -> Option<&Project> {
        self.projects.get(&id)
    }

    /// Takes over what is noted of keys that were known before.
    fn go_on_from(&mut self, before: &Self) {
        for (hash, key) in &mut self.keys {
            if let Some(known) = before.keys.get(hash) {
                key.last_use = known.last_use.clone();
            }
        }
    }

    /// The ids of all projects.
    pub fn project_ids(&self) -> impl Iterator<Item = ProjectId> + '_ {
        self.projects.keys().copied()
    }
}

/// The table that is kept up to date.
#[derive(Debug, Clone, Default)]
pub struct Access {
    table: Arc<ArcSwapOption<AccessTable>>,
    /// One load at a time, so that a slow one never puts an older table over a newer one.
    loading: Arc<tokio::sync::Mutex<()>>,
}

impl Access {
    /// An empty seat; [`Access::keep_fresh`] fills it.
    pub fn new() -> Self {
        Self::default()
    }

    /// The table, once it was loaded for the first time.
    pub fn table(&self) -> Option<Arc<AccessTable>> {
        self.table.load_full()
    }

    /// Loads the table and loads it again whenever it changed, until the token is cancelled.
    pub async fn keep_fresh(
        self,
        pool: Pool,
        environment: Environment,
        shutdown: CancellationToken,
    ) {
        let mut failing = false;
        while !shutdown.is_cancelled() {
            match self.refresh(&pool, environment).await {
                Ok(()) => failing = false,
                Err(error) => {
                    if !failing {
                        tracing::warn!(
                            error = %ErrorChain(&error),
                            "keys can't be refreshed; the last known ones hold"
                        );
                    }
                    failing = true;
                }
            }
            tokio::select! {
                () = tokio::time::sleep(POLL) => {}
                () = shutdown.cancelled() => {}
            }
        }
    }

    /// Loads the table now, if it changed. For a service that changed it itself.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn refresh(&self, pool: &Pool, environment: Environment) -> Result<(), DbError> {
        let _alone = self.loading.lock().await;
        let known = self.table();
        let loading = async |client: &mut Client| {
            load::changed_since(client, known.as_deref(), environment).await
        };
        let loaded = use_until(pool, Instant::now() + LOAD_TIMEOUT, loading).await?;
        if let Some(mut table) = loaded {
            if let Some(known) = known {
                table.go_on_from(&known);
            }
            tracing::debug!(version = table.version, keys = table.keys.len(), "keys loaded");
            self.table.store(Some(Arc::new(table)));
        }
        Ok(())
    }
}
