//! The channels that an administrator has set up: how they are stored, and how a stored one becomes
//! something to send with.
//!
//! Changing them is the query API's business; it and the worker both send through them.

mod stored;

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;

pub use self::stored::{Integration, Unusable};

use crate::channels::SendError;
use crate::postgres::DbError;

/// One of the services outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the documentation")]
pub enum Name {
    Slack,
    Email,
    Webhook,
    Sms,
}

impl Name {
    /// All of them, in the order of lists.
    pub const ALL: [Self; 4] = [Self::Slack, Self::Email, Self::Webhook, Self::Sms];

    /// The name in JSON, paths and Postgres.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Email => "email",
            Self::Webhook => "webhook",
            Self::Sms => "sms",
        }
    }
}

impl FromStr for Name {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|name| name.as_str() == text).ok_or(())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How far an integration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Nothing is set.
    NotConfigured,
    /// Saved, and not used since.
    Configured,
    /// The last message went out.
    Connected,
    /// The last message did not go out, or the stored secrets can't be read.
    Error,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::NotConfigured, Self::Configured, Self::Connected, Self::Error];

    /// The word in JSON and in Postgres.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotConfigured => "not_configured",
            Self::Configured => "configured",
            Self::Connected => "connected",
            Self::Error => "error",
        }
    }

    /// The status that a word of the table means; the table allows no other.
    pub(crate) fn of_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|status| status.as_str() == word).unwrap_or(Self::Error)
    }
}

/// Reads an integration. There is a row for each.
///
/// # Errors
/// When Postgres is away.
pub async fn load(client: &impl GenericClient, name: Name) -> Result<Option<Integration>, DbError> {
    let sql = include_str!("sql/load.sql");
    let action = "read an integration";
    let statement = client.prepare_cached(sql).await.map_err(DbError::statement(action))?;
    let row = client.query_opt(&statement, &[&name.as_str()]).await;
    Ok(row.map_err(DbError::statement(action))?.map(|row| Integration::from_row(name, &row)))
}

/// The addresses of the members that mail goes to where an integration names no recipients: all who
/// have joined but viewers, the first 50.
///
/// # Errors
/// When Postgres is away.
pub async fn members(client: &impl GenericClient) -> Result<Vec<String>, DbError> {
    let sql = include_str!("sql/members.sql");
    let action = "read the members' addresses";
    let statement = client.prepare_cached(sql).await.map_err(DbError::statement(action))?;
    let rows = client.query(&statement, &[]).await.map_err(DbError::statement(action))?;
    Ok(rows.iter().map(|row| row.get("email")).collect())
}

/// Notes how a message fared that was sent with these settings, and when; nothing, and no time, when
/// they have changed since.
///
/// # Errors
/// When Postgres is away.
pub async fn note_outcome(
    client: &impl GenericClient,
    integration: &Integration,
    failure: Option<&SendError>,
) -> Result<Option<DateTime<Utc>>, DbError> {
    let status = if failure.is_some() { Status::Error } else { Status::Connected };
    let error = failure.map(SendError::sentence);
    let sql = include_str!("sql/note_outcome.sql");
    let action = "note how a message fared";
    let statement = client.prepare_cached(sql).await.map_err(DbError::statement(action))?;
    let name = integration.name.as_str();
    let row = client
        .query_opt(&statement, &[&name, &integration.revision, &status.as_str(), &error])
        .await
        .map_err(DbError::statement(action))?;
    Ok(row.map(|row| row.get("last_test")))
}
