//! Reads the stream.

use std::collections::HashMap;
use std::time::Duration;

use fred::clients::Client;
use fred::interfaces::{ClientLike as _, StreamsInterface as _};
use fred::types::Value;
use fred::types::config::Options;
use fred::types::streams::XReadResponse;

use super::{Kind, LiveError, StreamId, stream};
use crate::ids::ProjectId;

/// How long Redis holds a read for something new. Short, so that a connection that died in silence is
/// noticed soon.
const BLOCK: Duration = Duration::from_secs(1);

/// A read that was held for its whole time has this long to come back.
const SLACK: Duration = Duration::from_millis(500);

/// Entries of one read; each may have 64 KiB.
const PAGE: u64 = 16;

/// An entry of the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub id: StreamId,
    /// What it tells; none: nothing to clients, or nothing that this version knows.
    pub told: Option<Told>,
}

/// An item as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The project that it is about.
    pub project: ProjectId,
    /// Its kind.
    pub kind: Kind,
    /// A JSON object.
    pub json: String,
}

type Fields = HashMap<String, String>;

/// Reads the stream.
#[derive(Debug, Clone)]
pub struct Reader {
    redis: Client,
    stream: String,
}

impl Reader {
    /// Reads the stream under the installation's namespace.
    pub fn new(redis: Client, namespace: &str) -> Self {
        Self { redis, stream: stream(namespace) }
    }

    /// The ids of the oldest and the newest entry, if there is any.
    ///
    /// # Errors
    /// When Redis is away or slow.
    pub async fn ends(&self) -> Result<Option<(StreamId, StreamId)>, LiveError> {
        let pipeline = self.redis.pipeline();
        let () = pipeline.xrange(&self.stream, "-", "+", Some(1)).await?;
        let () = pipeline.xrevrange(&self.stream, "+", "-", Some(1)).await?;
        let ends: Vec<Value> = pipeline.all().await?;
        let mut ids = Vec::new();
        for end in ends {
            let entries: Vec<(String, Fields)> = end.into_xread_value()?;
            ids.extend(entries.first().and_then(|(id, _)| id.parse::<StreamId>().ok()));
        }
        Ok(ids.first().copied().zip(ids.last().copied()))
    }

    /// Some entries after an id, in order; none: there are none.
    ///
    /// # Errors
    /// When Redis is away or slow.
    pub async fn after(&self, id: StreamId) -> Result<Vec<Entry>, LiveError> {
        let start = id.next().to_string();
        let found: Vec<(String, Fields)> =
            self.redis.xrange_values(&self.stream, start, "+", Some(PAGE)).await?;
        Ok(entries(found))
    }

    /// As [`Self::after`], but waits a second for something to come. It holds the connection meanwhile,
    /// so nothing else may use the same client.
    ///
    /// # Errors
    /// When Redis is away or slow.
    pub async fn wait_after(&self, id: StreamId) -> Result<Vec<Entry>, LiveError> {
        let patient = Options { timeout: Some(BLOCK + SLACK), ..Options::default() };
        let block = u64::try_from(BLOCK.as_millis()).unwrap_or(1_000);
        let reader = self.redis.with_options(&patient);
        let found: Value =
            reader.xread(Some(PAGE), Some(block), &self.stream, id.to_string()).await?;
        // Nothing has come.
        if found.is_null() {
            return Ok(Vec::new());
        }
        let found: XReadResponse<String, String, String, String> = found.into_xread_response()?;
        Ok(found.into_values().flat_map(entries).collect())
    }
}

fn entries(found: Vec<(String, Fields)>) -> Vec<Entry> {
    let entry =
        |(id, fields): (String, Fields)| Some(Entry { id: id.parse().ok()?, told: told(fields) });
    found.into_iter().filter_map(entry).collect()
}

fn told(mut fields: Fields) -> Option<Told> {
    let project = ProjectId(fields.get("project")?.parse().ok()?);
    let kind = fields.get("kind")?.parse().ok()?;
    Some(Told { project, kind, json: fields.remove("json")? })
}
