//! Rules that look at each error see what it holds by then: all that was merged, and nothing that was taken out.

use super::{NOW, PROJECT, Rules, events};
use crate::model::changes::Act;
use crate::place::entry;

async fn change(rules: &Rules, error: &str, act: Act) {
    act.run(&rules.place.pool, PROJECT, entry(error).error_id).await;
}

#[tokio::test]
async fn rules_count_what_was_merged_together_until_it_is_taken_apart() {
    let mut rules = Rules::new().await;
    rules.rule("error_count > 5 in 5 minutes per error").await;
    rules.store([events("a", 3, NOW), events("b", 3, NOW)].concat()).await;
    assert_eq!(rules.turns().await, (0, 0));
    let merge = Act::Merge { at: shared::time::now(), other: entry("b").error_id };
    change(&rules, "a", merge).await;
    // The next event, of whichever fingerprint, is judged by all.
    rules.store(events("b", 1, NOW)).await;
    assert_eq!(rules.turns().await, (1, 0));
    let sql =
        "SELECT value || ' of ' || message FROM firings JOIN errors ON public_id = error_name";
    assert_eq!(rules.place.value::<String>(sql).await, "7 of a");
    change(&rules, "b", Act::Unmerge { at: shared::time::now() }).await;
    assert_eq!(rules.turns().await, (0, 1));
    assert_eq!(rules.count("firings").await, 1);
    rules.close().await;
}

#[tokio::test]
async fn a_firing_about_an_error_ends_when_it_becomes_part_of_another() {
    let mut rules = Rules::new().await;
    rules.rule("error_count > 2 in 5 minutes per error").await;
    rules.store([events("a", 1, NOW), events("b", 3, NOW)].concat()).await;
    assert_eq!(rules.turns().await, (1, 0));
    let merge = Act::Merge { at: shared::time::now(), other: entry("b").error_id };
    change(&rules, "a", merge).await;
    rules.store(events("a", 1, NOW)).await;
    assert_eq!(rules.turns().await, (1, 1));
    let sql =
        "SELECT message FROM firings JOIN errors ON public_id = error_name WHERE ended_at IS NULL";
    assert_eq!(rules.place.value::<String>(sql).await, "a");
    rules.close().await;
}
