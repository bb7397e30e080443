//! Makes one notification of those that were held back.

use chrono::{DateTime, Utc};
use deadpool_postgres::Transaction;
use serde_json::Value;
use shared::postgres::DbError;
use uuid::Uuid;

use super::super::Claim;
use super::super::rules::Rule;
use super::Notification;
use crate::alerts::notice::{Digested, MAX_DIGESTED, News, Notice, ToldDigest, ToldFiring};
use crate::statement::Statement;

const TAKE_HELD: Statement =
    Statement { sql: include_str!("../sql/take_held.sql"), action: "take what is held back" };

/// The digest of everything that is held back of a rule, which then is no longer.
pub(super) async fn of_held<'a>(
    tx: &Transaction<'_>,
    claim: &Claim,
    rule: &'a Rule,
) -> Result<Notification<'a>, DbError> {
    let digest_id = Uuid::now_v7();
    let rows = TAKE_HELD.rows(tx, &[&claim.project.id.0, &rule.id(), &digest_id]).await?;
    let mut held: Vec<(Uuid, Notice)> = rows
        .iter()
        .filter_map(|row| {
            let notice = serde_json::from_value(row.get::<_, Value>("content")).ok()?;
            Some((row.get("delivery_id"), notice))
        })
        .collect();
    held.sort_unstable_by_key(|(delivery_id, _)| *delivery_id);
    let lines = held.into_iter().filter_map(|(_, notice)| line(notice.news)).collect();
    let news = News::Digest(digest(lines, claim.now));
    let notice = Notice { project: claim.project.clone(), rule: rule.told.clone(), news };
    Ok(Notification { delivery_id: digest_id, ..Notification::new(rule, None, &notice, false) })
}

/// Drops what is held back of a rule that is muted by now.
pub(super) async fn drop_held(
    tx: &Transaction<'_>,
    claim: &Claim,
    rule: &Rule,
) -> Result<(), DbError> {
    TAKE_HELD.execute(tx, &[&claim.project.id.0, &rule.id(), &None::<Uuid>]).await
}

fn line(news: News) -> Option<Digested> {
    let (firing, recovered) = match news {
        News::Fired(firing) => (firing, false),
        News::Recovered(firing) => (firing, true),
        // A digest is never held back.
        News::Digest(_) => return None,
    };
    let ToldFiring { firing_id, started_at, ended_at, value, error, .. } = firing;
    let at = ended_at.unwrap_or(started_at);
    let error = error.map(|error| (error.id, error.title));
    Some(Digested { firing_id, recovered, at, value, error })
}

fn digest(mut lines: Vec<Digested>, now: DateTime<Utc>) -> ToldDigest {
    let times = || lines.iter().map(|line| line.at);
    let (from, until) = (times().min().unwrap_or(now), times().max().unwrap_or(now));
    let recovered = lines.iter().filter(|line| line.recovered).count();
    let fired = lines.len() - recovered;
    lines.truncate(MAX_DIGESTED);
    ToldDigest { from, until, fired: fired as u64, recovered: recovered as u64, firings: lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_counts_all_and_names_the_first() {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        let lines = (0..1_500)
            .map(|number| Digested {
                firing_id: Uuid::from_u128(number),
                recovered: number % 3 == 0,
                at: at(i64::try_from(number).unwrap()),
                value: 1.0,
                error: None,
            })
            .collect();
        let digest = digest(lines, at(9_999));
        assert_eq!((digest.fired, digest.recovered), (1_000, 500));
        assert_eq!((digest.from, digest.until), (at(0), at(1_499)));
        assert_eq!(digest.firings.len(), MAX_DIGESTED);
    }
}
