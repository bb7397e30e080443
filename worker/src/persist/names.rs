//! Leads the public ids that ingest answered to groups and errors, and makes new ones.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use shared::batch::Entry;
use shared::ids::{ErrorId, ProjectId};
use shared::postgres::DbError;

use super::arrival::Arrival;
use crate::statement::Statement;

const FIND: Statement =
    Statement { sql: include_str!("sql/find_names.sql"), action: "find the errors of a batch" };
const INSERT: Statement =
    Statement { sql: include_str!("sql/insert_names.sql"), action: "name new errors" };

/// The bigints behind a public id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    /// All events of one fingerprint.
    pub(super) group_id: i64,
    /// The error that the group is part of now.
    pub(super) error_id: i64,
    /// Whether the error's row exists.
    pub(super) known: bool,
    /// The hour in which payloads of the error were kept last, and how many of that hour.
    pub(super) payload_hour: Option<DateTime<Utc>>,
    pub(super) payloads: u32,
}

/// Where the ids of a batch lead.
pub(super) type Names = HashMap<(ProjectId, ErrorId), Name>;

/// Leads every id of the events to its group, making groups for ids never seen.
///
/// A name made here may stay without an error, when all its events turn out to be stored already;
/// nothing shows such a name.
pub(super) async fn resolve(
    tx: &Transaction<'_>,
    arrivals: &[Arrival<'_>],
) -> Result<Names, DbError> {
    let wanted: BTreeMap<(ProjectId, ErrorId), &Entry> = arrivals
        .iter()
        .map(|arrival| ((arrival.project_id, arrival.error_id), arrival.entry))
        .collect();
    let mut names = find(tx, wanted.keys()).await?;
    let new: Vec<&Entry> = wanted
        .iter()
        .filter(|(key, _)| !names.contains_key(*key))
        .map(|(_, entry)| *entry)
        .collect();
    if !new.is_empty() {
        insert(tx, &new).await?;
        // Reads what this transaction or a faster one has made.
        let made = new.iter().map(|entry| (entry.project_id, entry.error_id)).collect::<Vec<_>>();
        names.extend(find(tx, made.iter()).await?);
    }
    Ok(names)
}

async fn find(
    tx: &Transaction<'_>,
    wanted: impl Iterator<Item = &(ProjectId, ErrorId)>,
) -> Result<Names, DbError> {
    let (projects, names): (Vec<i32>, Vec<uuid::Uuid>) =
        wanted.map(|(project, name)| (project.0, name.0)).unzip();
    let rows = FIND.rows(tx, &[&projects, &names]).await?;
    Ok(rows
        .iter()
        .map(|row| {
            let key = (ProjectId(row.get("project_id")), ErrorId(row.get("name")));
            let name = Name {
                group_id: row.get("group_id"),
                error_id: row.get("error_id"),
                known: row.get("known"),
                payload_hour: row.get("payload_hour"),
                payloads: u32::try_from(row.get::<_, i32>("payloads")).unwrap_or_default(),
            };
            (key, name)
        })
        .collect())
}

async fn insert(tx: &Transaction<'_>, new: &[&Entry]) -> Result<(), DbError> {
    let projects: Vec<i32> = new.iter().map(|entry| entry.project_id.0).collect();
    let names: Vec<uuid::Uuid> = new.iter().map(|entry| entry.error_id.0).collect();
    let fingerprints: Vec<&[u8]> = new.iter().map(|entry| entry.fingerprint.0.as_slice()).collect();
    let versions: Vec<i16> = new.iter().map(|entry| i16::from(entry.fingerprint_version)).collect();
    INSERT.execute(tx, &[&projects, &names, &fingerprints, &versions]).await
}
