//! The rules of a project that has thousands: written straight into the database, as one change.

use anyhow::Context as _;
use shared::alerts::condition::Condition;

use crate::load::mix::scatter;
use crate::system::database::Database;

/// The project that development has.
const PROJECT: i32 = 1;

const WINDOWS: [&str; 4] = ["1 minute", "5 minutes", "15 minutes", "1 hour"];

/// Services whose events rules ask for, besides the one that reports.
const SERVICES: u64 = 200;

/// One in so many rules looks at each error by itself.
const OF_EACH_ERROR: u64 = 10;

/// Nothing that is measured here reaches a million.
const LEAST_THRESHOLD: u64 = 1_000_000;

/// The condition of a rule, by its number: a tenth `per error`; half of them about one of many services,
/// the others about everything, a level, an environment, the service that reports, or several of these.
#[must_use]
pub fn condition(number: u64) -> String {
    let random = scatter(number);
    let service = (random >> 32) % SERVICES;
    let filters = match random % 12 {
        0 => String::new(),
        1 => " where level = error".to_owned(),
        2 => " where level in (error, fatal)".to_owned(),
        3 => " where environment = production".to_owned(),
        4 => " where source = shop-backend".to_owned(),
        5 => " where source = shop-backend and level = warning".to_owned(),
        6..9 => format!(" where source = service-{service}"),
        9..11 => format!(" where source = service-{service} and environment = production"),
        _ => format!(" where source = service-{service} and level != info"),
    };
    let metric = if (random >> 8).is_multiple_of(5) { "error_rate" } else { "error_count" };
    let threshold = LEAST_THRESHOLD + (random >> 16) % 1_000 * 1_000;
    let window = choose(random >> 24);
    let scope = if number.is_multiple_of(OF_EACH_ERROR) { " per error" } else { "" };
    format!("{metric} > {threshold} in {window}{filters}{scope}")
}

fn choose(random: u64) -> &'static str {
    // The remainder is below the number of windows.
    WINDOWS.get((random % WINDOWS.len() as u64) as usize).copied().unwrap_or_default()
}

/// Makes so many rules, and waits until they have been evaluated once.
///
/// # Errors
/// When a statement fails.
pub async fn make(database: &Database, number: u64) -> anyhow::Result<()> {
    let (mut conditions, mut thresholds, mut windows) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..number {
        let condition: Condition = condition(number).parse().context("no condition")?;
        let resolved = condition.resolve(None, None);
        let resolved =
            resolved.map_err(|_| anyhow::anyhow!("{condition} leaves something open"))?;
        conditions.push(condition.to_string());
        thresholds.push(resolved.threshold);
        windows.push(resolved.window.short());
    }
    let sql = include_str!("sql/insert_rules.sql");
    database.query(sql, &[&PROJECT, &conditions, &thresholds, &windows]).await?;
    Ok(())
}

/// Removes all rules and whatever followed from them, so that the project is as if it never had any.
///
/// # Errors
/// When a statement fails.
pub async fn remove(database: &Database) -> anyhow::Result<()> {
    database.execute(include_str!("sql/remove_rules.sql")).await.context("cannot remove the rules")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_rule_can_be_read_and_a_tenth_looks_at_each_error() {
        let texts: Vec<String> = (0..5_000).map(condition).collect();
        for text in &texts {
            let condition: Condition = text.parse().unwrap();
            assert!(condition.resolve(None, None).unwrap().threshold >= 1e6);
        }
        assert_eq!(texts.iter().filter(|text| text.ends_with(" per error")).count(), 500);
        assert!(texts.iter().collect::<BTreeSet<_>>().len() > 4_500);
    }
}
