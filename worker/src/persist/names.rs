//! Leads the public ids that ingest answered to groups and errors, and makes new ones.
//!
//! An event has one id, and besides it those that earlier versions of the fingerprint function give it.
//! Where its id is known, that decides; else an error that is known under an earlier id takes the event; else
//! the event begins a new one. Whichever it is, all of its ids lead there from then on, so that ingest
//! processes of two versions do not split an error, whoever of them comes first.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
const ADOPT: Statement =
    Statement { sql: include_str!("sql/adopt_names.sql"), action: "give errors further names" };

/// The bigints behind a public id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name {
    /// All events of one fingerprint.
    pub(super) group_id: i64,
    /// The error that the group is part of now.
    pub(super) error_id: i64,
    /// Whether the error's row exists.
    pub(super) known: bool,
    /// Whether the error holds other groups, too.
    pub(super) merged: bool,
    /// The hour in which payloads of the error were kept last, and how many of that hour.
    pub(super) payload_hour: Option<DateTime<Utc>>,
    pub(super) payloads: u32,
}

/// A public id in its project.
type Key = (ProjectId, ErrorId);

/// Where the ids of a batch lead.
pub(super) type Names = HashMap<Key, Name>;

/// Leads every id of the events to its group, making groups for ids never seen.
///
/// A name made here may stay without an error, when all its events turn out to be stored already;
/// nothing shows such a name.
pub(super) async fn resolve(
    tx: &Transaction<'_>,
    arrivals: &[Arrival<'_>],
) -> Result<Names, DbError> {
    let wanted: BTreeMap<Key, &Entry> = arrivals
        .iter()
        .map(|arrival| ((arrival.project_id, arrival.error_id), arrival.entry))
        .collect();
    let all: BTreeSet<Key> = wanted.values().flat_map(|entry| ids(entry)).collect();
    let mut names = find(tx, all.iter()).await?;
    let new: BTreeMap<Key, &Entry> = wanted
        .values()
        .filter(|entry| !ids(entry).any(|id| names.contains_key(&id)))
        .map(|entry| (first_claimed(entry), *entry))
        .collect();
    if !new.is_empty() {
        insert(tx, &new).await?;
        // Reads what this transaction or a faster one has made.
        names.extend(find(tx, new.keys()).await?);
    }
    let adopted = unnamed(&wanted, &names);
    if !adopted.is_empty() {
        adopt(tx, &adopted).await?;
        names.extend(find(tx, adopted.keys()).await?);
    }
    Ok(names)
}

/// All ids of an event: its own, then those of earlier versions, the latest first.
fn ids(entry: &Entry) -> impl Iterator<Item = Key> {
    let ids = std::iter::once(entry.error_id).chain(entry.earlier_ids.iter().copied());
    ids.map(|id| (entry.project_id, id))
}

/// The id under which a new error is claimed: the earliest version's, because that is the one that every
/// version knows. Of two workers that meet the error in two versions one waits there for the other.
fn first_claimed(entry: &Entry) -> Key {
    let earliest = entry.earlier_ids.last().copied();
    (entry.project_id, earliest.unwrap_or(entry.error_id))
}

/// Ids that lead nowhere yet, each with the group that another id of its event leads to.
fn unnamed(wanted: &BTreeMap<Key, &Entry>, names: &Names) -> BTreeMap<Key, i64> {
    let mut unnamed = BTreeMap::new();
    for entry in wanted.values().filter(|entry| !entry.earlier_ids.is_empty()) {
        let Some(group) = ids(entry).find_map(|id| names.get(&id)).map(|name| name.group_id) else {
            continue;
        };
        for id in ids(entry).filter(|id| !names.contains_key(id)) {
            unnamed.entry(id).or_insert(group);
        }
    }
    unnamed
}

async fn find(tx: &Transaction<'_>, wanted: impl Iterator<Item = &Key>) -> Result<Names, DbError> {
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
                merged: row.get("merged"),
                payload_hour: row.get("payload_hour"),
                payloads: u32::try_from(row.get::<_, i32>("payloads")).unwrap_or_default(),
            };
            (key, name)
        })
        .collect())
}

async fn insert(tx: &Transaction<'_>, new: &BTreeMap<Key, &Entry>) -> Result<(), DbError> {
    let (projects, names): (Vec<i32>, Vec<uuid::Uuid>) =
        new.keys().map(|(project, name)| (project.0, name.0)).unzip();
    let entries = || new.values();
    let fingerprints: Vec<&[u8]> = entries().map(|entry| entry.fingerprint.0.as_slice()).collect();
    let versions: Vec<i16> = entries().map(|entry| i16::from(entry.fingerprint_version)).collect();
    INSERT.execute(tx, &[&projects, &names, &fingerprints, &versions]).await
}

async fn adopt(tx: &Transaction<'_>, adopted: &BTreeMap<Key, i64>) -> Result<(), DbError> {
    let (projects, names): (Vec<i32>, Vec<uuid::Uuid>) =
        adopted.keys().map(|(project, name)| (project.0, name.0)).unzip();
    let groups: Vec<i64> = adopted.values().copied().collect();
    ADOPT.execute(tx, &[&projects, &names, &groups]).await
}
