//! Who changed which setting: entries that are written in the same transaction as the change, so that
//! there is never one without the other.
//!
//! An entry holds names and values that every administrator may read. A secret never enters one:
//! [`Changes::hidden`] tells that it changed and nothing more.

mod changes;

use std::str::FromStr;

use deadpool_postgres::{GenericClient as _, Transaction};
use uuid::Uuid;

pub use changes::Changes;

use crate::postgres::DbError;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the documentation; they stand in the answers")]
pub enum Action {
    ApiKeyCreated,
    ApiKeyUpdated,
    ApiKeyDeleted,
    MemberInvited,
    MemberJoined,
    MemberUpdated,
    MemberRemoved,
    ProjectCreated,
    ProjectUpdated,
    ProjectDeleted,
    IntegrationUpdated,
    IntegrationDeleted,
    RuleCreated,
    RuleUpdated,
    RuleDeleted,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 15] = [
        Self::ApiKeyCreated,
        Self::ApiKeyUpdated,
        Self::ApiKeyDeleted,
        Self::MemberInvited,
        Self::MemberJoined,
        Self::MemberUpdated,
        Self::MemberRemoved,
        Self::ProjectCreated,
        Self::ProjectUpdated,
        Self::ProjectDeleted,
        Self::IntegrationUpdated,
        Self::IntegrationDeleted,
        Self::RuleCreated,
        Self::RuleUpdated,
        Self::RuleDeleted,
    ];

    /// The name in JSON and in Postgres: the kind of thing, and what became of it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ApiKeyCreated => "api_key.created",
            Self::ApiKeyUpdated => "api_key.updated",
            Self::ApiKeyDeleted => "api_key.deleted",
            Self::MemberInvited => "member.invited",
            Self::MemberJoined => "member.joined",
            Self::MemberUpdated => "member.updated",
            Self::MemberRemoved => "member.removed",
            Self::ProjectCreated => "project.created",
            Self::ProjectUpdated => "project.updated",
            Self::ProjectDeleted => "project.deleted",
            Self::IntegrationUpdated => "integration.updated",
            Self::IntegrationDeleted => "integration.deleted",
            Self::RuleCreated => "rule.created",
            Self::RuleUpdated => "rule.updated",
            Self::RuleDeleted => "rule.deleted",
        }
    }

    /// The kind of thing that it was done to.
    pub fn target_kind(self) -> &'static str {
        let name = self.as_str();
        name.split_once('.').map_or(name, |(kind, _)| kind)
    }
}

/// The text names no action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be an action such as api_key.created")]
pub struct UnknownAction;

impl FromStr for Action {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownAction)
    }
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The key that was used; none where none was asked for.
    pub key_id: Option<Uuid>,
    /// The key's name, or what stands for one.
    pub name: String,
    /// The member whose own the key is.
    pub member: Option<Member>,
    /// The request that brought the change.
    pub request_id: Option<String>,
}

/// A member of the team, as an entry names one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Their id.
    pub id: Uuid,
    /// Their name.
    pub name: String,
}

impl Actor {
    /// An operator at the command line.
    pub fn command_line() -> Self {
        Self { key_id: None, name: "command line".to_owned(), member: None, request_id: None }
    }

    /// Whoever used the key; none when the key is gone by now.
    ///
    /// # Errors
    /// When Postgres is away.
    pub async fn with_key(
        tx: &Transaction<'_>,
        key_id: Uuid,
        request_id: &str,
    ) -> Result<Option<Self>, DbError> {
        let sql = include_str!("sql/actor.sql");
        let statement =
            tx.prepare_cached(sql).await.map_err(DbError::statement("prepare reading an actor"))?;
        let row = tx.query_opt(&statement, &[&key_id]).await;
        let row = row.map_err(DbError::statement("read who asks"))?;
        Ok(row.map(|row| {
            let member = row.get::<_, Option<Uuid>>("member_id").map(|id| Member {
                id,
                name: row.get::<_, Option<String>>("member_name").unwrap_or_default(),
            });
            Self {
                key_id: Some(key_id),
                name: row.get("name"),
                member,
                request_id: Some(request_id.to_owned()),
            }
        }))
    }
}

/// What it was done to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its id, or its name where it has no other.
    pub id: String,
    /// Its name at that time.
    pub name: String,
}

impl Target {
    /// A thing by its id and its name.
    pub fn new(id: impl ToString, name: impl Into<String>) -> Self {
        Self { id: id.to_string(), name: name.into() }
    }
}

/// Writes an entry. It is there when the transaction commits, as the change is.
///
/// # Errors
/// When Postgres is away.
pub async fn record(
    tx: &Transaction<'_>,
    actor: &Actor,
    action: Action,
    target: &Target,
    changes: Changes,
) -> Result<(), DbError> {
    let sql = include_str!("sql/record.sql");
    let statement =
        tx.prepare_cached(sql).await.map_err(DbError::statement("prepare an audit entry"))?;
    let member = actor.member.as_ref();
    tx.execute(
        &statement,
        &[
            &Uuid::now_v7(),
            &actor.key_id,
            &actor.name,
            &member.map(|member| member.id),
            &member.map(|member| member.name.as_str()),
            &action.as_str(),
            &action.target_kind(),
            &target.id,
            &target.name,
            &changes.into_json(),
            &actor.request_id,
        ],
    )
    .await
    .map_err(DbError::statement("write an audit entry"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn actions_have_names_of_their_own_that_start_with_the_kind() {
        let names: BTreeSet<&str> = Action::ALL.into_iter().map(Action::as_str).collect();
        assert_eq!(names.len(), Action::ALL.len());
        let kinds: BTreeSet<&str> = Action::ALL.into_iter().map(Action::target_kind).collect();
        assert_eq!(
            kinds.into_iter().collect::<Vec<_>>(),
            ["api_key", "integration", "member", "project", "rule"]
        );
    }
}
