//! Which cached answers still hold.
//!
//! Each project has a generation in Redis, an opaque value that is part of the key of every cached
//! answer. Whoever changes data commits first and then moves the generation; whoever reads asks for
//! the generation first and then queries. So an answer under a generation is never older than it.
//! Answers about the system itself have one of their own, which moves when a part of it turns well or
//! unwell.
//! What is lost when the process dies in between is mended by `revisions`.

use fred::clients::Client;
use fred::interfaces::{ClientLike as _, KeysInterface as _};
use fred::types::{Expiration, SetOptions};
use uuid::Uuid;

use crate::ids::ProjectId;

/// A generation outlives every answer cached under it.
const LIFETIME_SECS: i64 = 24 * 3600;

/// What an answer is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// One project.
    Project(ProjectId),
    /// All projects.
    Installation,
    /// How the system itself fares.
    Monitoring,
}

/// Redis did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[error("failed to reach the cache")]
pub struct CacheUnavailable(#[source] pub fred::error::Error);

/// Reads and moves generations.
#[derive(Debug, Clone)]
pub struct Generations {
    redis: Client,
    namespace: String,
}

impl Generations {
    /// Generations under the installation's namespace.
    pub fn new(redis: Client, namespace: String) -> Self {
        Self { redis, namespace }
    }

    fn key(&self, scope: Scope) -> String {
        match scope {
            Scope::Project(project) => format!("{}:generation:{project}", self.namespace),
            Scope::Installation => format!("{}:generation:all", self.namespace),
            Scope::Monitoring => format!("{}:generation:monitoring", self.namespace),
        }
    }

    /// The generation now. One that Redis has lost starts at a value that was never used before, so
    /// that no older answer can be found under it.
    ///
    /// # Errors
    /// When Redis is away or slow.
    pub async fn current(&self, scope: Scope) -> Result<String, CacheUnavailable> {
        let key = self.key(scope);
        let found: Option<String> = self.redis.get(&key).await.map_err(CacheUnavailable)?;
        if let Some(generation) = found {
            return Ok(generation);
        }
        let fresh = fresh();
        let () = self
            .redis
            .set(&key, &fresh, Some(Expiration::EX(LIFETIME_SECS)), Some(SetOptions::NX), false)
            .await
            .map_err(CacheUnavailable)?;
        // Another reader may have been first; its value is the one that counts.
        let settled: Option<String> = self.redis.get(&key).await.map_err(CacheUnavailable)?;
        Ok(settled.unwrap_or(fresh))
    }

    /// Moves the generations of the projects and of the installation: what was cached before is
    /// never read again.
    ///
    /// # Errors
    /// When Redis is away or slow; the caller announces again.
    pub async fn announce(
        &self,
        projects: impl IntoIterator<Item = ProjectId>,
    ) -> Result<(), CacheUnavailable> {
        self.move_all(projects.into_iter().map(Scope::Project).chain([Scope::Installation])).await
    }

    /// Moves the generation of answers about the system itself.
    ///
    /// # Errors
    /// When Redis is away or slow; the caller announces again.
    pub async fn announce_monitoring(&self) -> Result<(), CacheUnavailable> {
        self.move_all([Scope::Monitoring]).await
    }

    async fn move_all(
        &self,
        scopes: impl IntoIterator<Item = Scope>,
    ) -> Result<(), CacheUnavailable> {
        let generation = fresh();
        let pipeline = self.redis.pipeline();
        for scope in scopes {
            let () = pipeline
                .set(self.key(scope), &generation, Some(Expiration::EX(LIFETIME_SECS)), None, false)
                .await
                .map_err(CacheUnavailable)?;
        }
        let () = pipeline.all().await.map_err(CacheUnavailable)?;
        Ok(())
    }

    /// Whether Redis is connected; a caller skips the cache at once when it is not.
    pub fn is_connected(&self) -> bool {
        self.redis.is_connected()
    }
}

fn fresh() -> String {
    Uuid::new_v4().simple().to_string()
}
