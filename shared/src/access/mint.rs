//! New keys: made from random numbers, shown once, stored as a hash.

use std::fmt;

use chrono::{DateTime, Utc};
use deadpool_postgres::{GenericClient as _, Transaction};
use uuid::Uuid;

use super::{KeyHash, Permission};
use crate::audit::Changes;
use crate::config::Environment;
use crate::ids::ProjectId;
use crate::postgres::DbError;
use crate::rate_limit::KeyLimits;

/// Nobody guesses one of 2^256.
const RANDOM_BYTES: usize = 32;

/// Every service holds all keys in memory, and a list shows all of them.
pub const MAX_KEYS: i64 = 1_000;

/// There were no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("the system has no random numbers")]
pub struct NoRandomness(#[source] getrandom::Error);

/// A secret text that was just made, and what is stored of it.
pub struct Minted {
    /// The text. It is shown once.
    pub text: String,
    /// What is stored.
    pub hash: KeyHash,
}

impl fmt::Debug for Minted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Minted")
    }
}

impl Minted {
    /// The text of a key, behind a prefix that tells what it is for.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn key(environment: Environment) -> Result<Self, NoRandomness> {
        Self::behind(match environment {
            Environment::Production => "sk_live_",
            Environment::Development | Environment::Staging => "sk_test_",
        })
    }

    /// The text of a token.
    ///
    /// # Errors
    /// When the system has no random numbers.
    pub fn token() -> Result<Self, NoRandomness> {
        Self::behind("")
    }

    /// Whether a text has the form of a token, so that it is worth a look-up.
    pub fn is_token(text: &str) -> bool {
        text.len() == 2 * RANDOM_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    fn behind(prefix: &str) -> Result<Self, NoRandomness> {
        let mut random = [0_u8; RANDOM_BYTES];
        getrandom::fill(&mut random).map_err(NoRandomness)?;
        let text = format!("{prefix}{}", hex::encode(random));
        let hash = KeyHash::of(&text);
        Ok(Self { text, hash })
    }

    /// What lists show of a key: enough to tell it from others.
    pub fn preview(&self) -> String {
        let last_four: String =
            self.text.chars().skip(self.text.chars().count().saturating_sub(4)).collect();
        format!("sk_****{last_four}")
    }
}

/// What a key is to be.
#[derive(Debug, Clone, Default)]
pub struct KeyGrant {
    /// What the key is for.
    pub name: String,
    /// The one project it belongs to; none: the whole installation.
    pub project_id: Option<ProjectId>,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// When it stops working.
    pub expires_at: Option<DateTime<Utc>>,
    /// How many requests a minute it may send, where it has limits of its own.
    pub limits: KeyLimits,
    /// The pages that may use it in a browser; none named: any that the installation allows.
    pub allowed_origins: Vec<String>,
    /// The member whose own it is.
    pub member_id: Option<Uuid>,
    /// Whether whoever makes it may not touch owners, so that the key may not either.
    pub below_owners: bool,
}

impl KeyGrant {
    /// What the audit log says of a new key.
    pub fn changes(&self) -> Changes {
        let names: Vec<&str> = self.permissions.iter().map(|known| known.as_str()).collect();
        Changes::new()
            .field("name", None::<&str>, &self.name)
            .field("permissions", None::<&str>, names)
            .field("project_id", None::<i32>, self.project_id)
            .field("expires_at", None::<&str>, self.expires_at.map(crate::time::format))
            .field("rate_limits", KeyLimits::default(), self.limits)
            .field("allowed_origins", Vec::<&str>::new(), &self.allowed_origins)
    }
}

/// Stores a key by its hash, and answers its id. None where there are [`MAX_KEYS`] already.
///
/// # Errors
/// When Postgres is away.
pub async fn store_key(
    tx: &Transaction<'_>,
    minted: &Minted,
    grant: &KeyGrant,
) -> Result<Option<Uuid>, DbError> {
    let sql = include_str!("sql/insert_key.sql");
    let statement =
        tx.prepare_cached(sql).await.map_err(DbError::statement("prepare storing a key"))?;
    let permissions: Vec<&str> = grant.permissions.iter().map(|known| known.as_str()).collect();
    let row = tx
        .query_opt(
            &statement,
            &[
                &grant.project_id.map(|project| project.0),
                &grant.name,
                &minted.hash.0.as_slice(),
                &minted.preview(),
                &permissions,
                &grant.expires_at,
                &grant.limits.errors,
                &grant.limits.analytics,
                &grant.limits.general,
                &grant.allowed_origins,
                &grant.member_id,
                &MAX_KEYS,
                &grant.below_owners,
            ],
        )
        .await
        .map_err(DbError::statement("store a key"))?;
    Ok(row.map(|row| row.get("id")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_tell_what_they_are_for_and_hide_in_logs() {
        for (environment, prefix) in [
            (Environment::Production, "sk_live_"),
            (Environment::Staging, "sk_test_"),
            (Environment::Development, "sk_test_"),
        ] {
            let key = Minted::key(environment).unwrap();
            let random = key.text.strip_prefix(prefix).unwrap();
            assert_eq!(hex::decode(random).unwrap().len(), RANDOM_BYTES);
            assert_eq!(key.hash, KeyHash::of(&key.text));
            let end = key.preview();
            assert!(key.text.ends_with(end.strip_prefix("sk_****").unwrap()));
            assert_eq!(end.len(), "sk_****7890".len());
            assert_eq!(format!("{key:?}"), "Minted");
        }
    }

    #[test]
    fn tokens_have_a_form() {
        assert!(Minted::is_token(&Minted::token().unwrap().text));
        for other in [String::new(), "x".repeat(64), "0".repeat(63), "0".repeat(65)] {
            assert!(!Minted::is_token(&other), "{other}");
        }
    }

    #[test]
    fn no_two_are_the_same() {
        assert_ne!(Minted::token().unwrap().text, Minted::token().unwrap().text);
    }
}
