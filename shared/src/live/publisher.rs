//! Writes items to the stream.

use fred::clients::{Client, Pipeline};
use fred::interfaces::{KeysInterface as _, StreamsInterface as _};

use super::{Item, LiveError, MAX_ENTRIES, MAX_ITEM_BYTES, stream};
use crate::ids::ProjectId;

/// A stream that nobody has written to for so long goes: nobody resumes from it any more.
const LIFETIME_SECS: i64 = 3_600;

/// Writes items to the stream. No call takes longer than a command to Redis may.
#[derive(Debug, Clone)]
pub struct Publisher {
    redis: Client,
    stream: String,
}

impl Publisher {
    /// Writes to the stream under the installation's namespace.
    pub fn new(redis: Client, namespace: &str) -> Self {
        Self { redis, stream: stream(namespace) }
    }

    /// Tells the listeners of a project. Call it after the commit of what is told.
    ///
    /// # Errors
    /// When Redis is away or slow. The item may have been written all the same.
    pub async fn publish(&self, project: ProjectId, item: &Item) -> Result<(), LiveError> {
        let pipeline = self.redis.pipeline();
        self.add(&pipeline, project, item).await?;
        self.send(&pipeline).await
    }

    /// Tells the listeners of several projects, in one exchange with Redis.
    ///
    /// # Errors
    /// As [`Self::publish`]; some of the items may have been written.
    pub async fn publish_all(&self, items: &[(ProjectId, Item)]) -> Result<(), LiveError> {
        let pipeline = self.redis.pipeline();
        for (project, item) in items {
            self.add(&pipeline, *project, item).await?;
        }
        self.send(&pipeline).await
    }

    async fn add(
        &self,
        pipeline: &Pipeline<Client>,
        project: ProjectId,
        item: &Item,
    ) -> Result<(), LiveError> {
        let (mut kind, mut json) = (item.kind(), item.json()?);
        if json.len() > MAX_ITEM_BYTES {
            (kind, json) = (Item::Refresh.kind(), Item::Refresh.json()?);
        }
        let fields = [("project", project.to_string()), ("kind", kind.to_string()), ("json", json)];
        let bound = ("MAXLEN", "~", MAX_ENTRIES);
        let () = pipeline.xadd(&self.stream, false, bound, "*", fields.to_vec()).await?;
        Ok(())
    }

    async fn send(&self, pipeline: &Pipeline<Client>) -> Result<(), LiveError> {
        let () = pipeline.expire(&self.stream, LIFETIME_SECS, None).await?;
        let _written: Vec<fred::types::Value> = pipeline.all().await?;
        Ok(())
    }
}
