//! Numbers for combinations of level, source, environment and release.
//!
//! Numbered outside of the storing transaction: a number that nothing uses is harmless, and what was
//! committed can be remembered.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;

use deadpool_postgres::{GenericClient as _, Object};
use shared::batch::Facet;
use shared::event::Level;
use shared::ids::ProjectId;
use shared::postgres::DbError;

use super::arrival::Delivered;

/// Combinations of one project. A client that puts a timestamp into `release` must not fill tables.
const MAX_PER_PROJECT: i64 = 10_000;

/// Combinations remembered by this process; beyond it they are asked for again.
const MAX_REMEMBERED: usize = 100_000;

type Key = (ProjectId, Facet);

/// Numbers of facets.
pub(super) type Resolved = HashMap<Key, i32>;

/// Remembers the numbers of facets.
#[derive(Debug, Default)]
pub(super) struct Facets {
    known: Mutex<Resolved>,
}

impl Facets {
    /// The numbers of all facets of the messages.
    pub(super) async fn resolve(
        &self,
        client: &Object,
        delivered: &Delivered,
    ) -> Result<Resolved, DbError> {
        let wanted: BTreeSet<Key> =
            delivered.entries().map(|entry| (entry.project_id, entry.facet.clone())).collect();
        let mut resolved = self.recall(&wanted);
        let unknown: Vec<Key> =
            wanted.into_iter().filter(|key| !resolved.contains_key(key)).collect();
        if unknown.is_empty() {
            return Ok(resolved);
        }
        let mut found = number(client, &unknown).await?;
        let beyond: Vec<Key> = unknown.into_iter().filter(|key| !found.contains_key(key)).collect();
        let rest: Vec<Key> =
            beyond.iter().map(rest_of).collect::<BTreeSet<_>>().into_iter().collect();
        let rest = if rest.is_empty() { Resolved::new() } else { number(client, &rest).await? };
        for key in beyond {
            if let Some(id) = rest.get(&rest_of(&key)) {
                found.insert(key, *id);
            }
        }
        self.remember(&found);
        resolved.extend(found);
        Ok(resolved)
    }

    fn recall(&self, wanted: &BTreeSet<Key>) -> Resolved {
        let known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        wanted.iter().filter_map(|key| Some((key.clone(), *known.get(key)?))).collect()
    }

    fn remember(&self, found: &Resolved) {
        let mut known = self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.len() + found.len() > MAX_REMEMBERED {
            known.clear();
        }
        known.extend(found.iter().map(|(key, id)| (key.clone(), *id)));
    }
}

/// What a combination beyond the bound is counted under: its level alone.
fn rest_of((project, facet): &Key) -> Key {
    let nameless = Facet {
        level: facet.level,
        source: String::new(),
        environment: String::new(),
        release: String::new(),
    };
    (*project, nameless)
}

/// Numbers new combinations as far as the bound allows, and returns all that have a number.
async fn number(client: &Object, keys: &[Key]) -> Result<Resolved, DbError> {
    let projects: Vec<i32> = keys.iter().map(|(project, _)| project.0).collect();
    let levels: Vec<i16> = keys.iter().map(|(_, facet)| facet.level.code()).collect();
    let sources: Vec<&str> = keys.iter().map(|(_, facet)| facet.source.as_str()).collect();
    let environments: Vec<&str> =
        keys.iter().map(|(_, facet)| facet.environment.as_str()).collect();
    let releases: Vec<&str> = keys.iter().map(|(_, facet)| facet.release.as_str()).collect();
    client
        .execute(
            include_str!("sql/insert_facets.sql"),
            &[&projects, &levels, &sources, &environments, &releases, &MAX_PER_PROJECT],
        )
        .await
        .map_err(DbError::statement("number facets"))?;
    let rows = client
        .query(
            include_str!("sql/find_facets.sql"),
            &[&projects, &levels, &sources, &environments, &releases],
        )
        .await
        .map_err(DbError::statement("find facets"))?;
    Ok(rows
        .iter()
        .map(|row| {
            let facet = Facet {
                level: Level::from_code(row.get("level")),
                source: row.get("source"),
                environment: row.get("environment"),
                release: row.get("release"),
            };
            ((ProjectId(row.get("project_id")), facet), row.get("facet_id"))
        })
        .collect())
}
