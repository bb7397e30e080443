//! Who listens: a key for each project with listeners, and one for those that listen to all.
//!
//! The value of a key is the place in the stream from which on everything about its projects is written.
//! It outlives its listeners by a minute, so that a client that comes back within it misses nothing.

use std::collections::BTreeSet;

use fred::clients::Client;
use fred::interfaces::{KeysInterface as _, StreamsInterface as _};
use fred::types::{Expiration, SetOptions};

use super::{LiveError, MAX_ENTRIES, StreamId, stream};
use crate::ids::ProjectId;

/// How long a project counts as listened to after the last word of a listener.
const LIFETIME_SECS: i64 = 60;

/// What somebody listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audience {
    /// One project.
    Project(ProjectId),
    /// All projects.
    All,
}

impl Audience {
    /// Whether a project is among what is listened to.
    pub fn hears(self, project: ProjectId) -> bool {
        match self {
            Self::Project(own) => own == project,
            Self::All => true,
        }
    }
}

/// Those of some projects that somebody listens to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listened {
    all: bool,
    projects: BTreeSet<ProjectId>,
}

impl Listened {
    /// Whether somebody listens to the project.
    pub fn to(&self, project: ProjectId) -> bool {
        self.all || self.projects.contains(&project)
    }
}

/// Reads and writes who listens.
#[derive(Debug, Clone)]
pub struct Attendance {
    redis: Client,
    namespace: String,
}

impl Attendance {
    /// The attendance under the installation's namespace.
    pub fn new(redis: Client, namespace: &str) -> Self {
        Self { redis, namespace: namespace.to_owned() }
    }

    fn key(&self, audience: Audience) -> String {
        match audience {
            Audience::Project(project) => format!("{}:live:listeners:{project}", self.namespace),
            Audience::All => format!("{}:live:listeners:all", self.namespace),
        }
    }

    /// Which of the projects are listened to, by one command.
    ///
    /// # Errors
    /// When Redis is away or slow.
    pub async fn among(&self, projects: &[ProjectId]) -> Result<Listened, LiveError> {
        let keys = projects.iter().copied().map(Audience::Project).chain([Audience::All]);
        let keys: Vec<String> = keys.map(|audience| self.key(audience)).collect();
        let mut found: Vec<Option<String>> = self.redis.mget(keys).await?;
        let all = found.pop().flatten().is_some();
        let listened = projects.iter().zip(found).filter(|(_, since)| since.is_some());
        Ok(Listened { all, projects: listened.map(|(project, _)| *project).collect() })
    }

    /// From where on everything about an audience is in the stream; none: it is not listened to.
    ///
    /// # Errors
    /// When Redis is away or slow.
    pub async fn since(&self, audience: Audience) -> Result<Option<StreamId>, LiveError> {
        let keys: Vec<String> = [audience, Audience::All].map(|one| self.key(one)).into();
        let found: Vec<Option<String>> = self.redis.mget(keys).await?;
        // Either is enough, so the one that began first counts.
        Ok(found.into_iter().flatten().filter_map(|since| since.parse().ok()).min())
    }

    /// Says that somebody listens. Those come back that nobody was known to listen to any more: what
    /// happened there meanwhile may not have been written.
    ///
    /// # Errors
    /// When Redis is away or slow.
    pub async fn listen(&self, audiences: &[Audience]) -> Result<Vec<Audience>, LiveError> {
        if audiences.is_empty() {
            return Ok(Vec::new());
        }
        let pipeline = self.redis.pipeline();
        for audience in audiences {
            let () = pipeline.expire(self.key(*audience), LIFETIME_SECS, None).await?;
        }
        let known: Vec<i64> = pipeline.all().await?;
        let lapsed = audiences.iter().zip(known).filter(|(_, known)| *known == 0);
        let lapsed: Vec<Audience> = lapsed.map(|(audience, _)| *audience).collect();
        for audience in &lapsed {
            self.begin(*audience).await?;
        }
        Ok(lapsed)
    }

    /// The entry that marks the beginning comes first: an id before it was given to nobody who listened.
    async fn begin(&self, audience: Audience) -> Result<(), LiveError> {
        let key = self.key(audience);
        let (bound, fields) = (("MAXLEN", "~", MAX_ENTRIES), ("listening", key.as_str()));
        let since: String =
            self.redis.xadd(stream(&self.namespace), false, bound, "*", fields).await?;
        let expiry = Some(Expiration::EX(LIFETIME_SECS));
        let () = self.redis.set(key, since, expiry, Some(SetOptions::NX), false).await?;
        Ok(())
    }
}
