//! A project whose rules can't be evaluated.

use std::time::Duration;

use shared::config::{RedisConfig, Settings};
use shared::lifecycle;
use shared::live::Publisher;
use tokio_util::sync::CancellationToken;
use worker::alerts::deliver::Outbox;
use worker::alerts::evaluate::{Evaluator, Listeners};

use super::{NOW, Rules, events};

/// A second project with the same rules, of which the first can't be evaluated and comes first.
const TWO_PROJECTS: &str = "
    INSERT INTO projects (id, name, slug) VALUES (2, 'other', 'other');
    INSERT INTO alert_rules SELECT (copy.rule).* FROM (
        SELECT jsonb_populate_record(r, '{\"project_id\": 2}') AS rule FROM alert_rules r) copy;
    INSERT INTO alert_evaluations (project_id) VALUES (2);
    ALTER TABLE alert_evaluations ADD CHECK (project_id <> 1 OR evaluated_at IS NULL)";

fn listeners(rules: &Rules) -> Listeners {
    let sandbox = &rules.place.sandbox;
    let lookup = |name: &str| (name == "REDIS_URL").then(|| sandbox.redis_url().to_owned());
    let redis = shared::redis::client(&RedisConfig::read(&Settings::new(&lookup))).unwrap();
    Listeners { outbox: Outbox::new(), feed: Publisher::new(redis, sandbox.namespace()) }
}

#[tokio::test]
async fn a_project_that_can_not_be_evaluated_holds_up_no_other() {
    let rules = Rules::new().await;
    rules.rule("error_count > 0 in 5 minutes").await;
    rules.store(events("a", 1, NOW)).await;
    rules.place.execute(TWO_PROJECTS).await;
    let (evaluator, shutdown) =
        (Evaluator::new(rules.place.pool.clone()), CancellationToken::new());
    let evaluating = lifecycle::spawn(evaluator.run(listeners(&rules), shutdown.clone()));
    let evaluated = "alert_evaluations WHERE project_id = 2 AND evaluated_at IS NOT NULL";
    while rules.count(evaluated).await == 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shutdown.cancel();
    evaluating.await.unwrap();
    // The first was tried, and nothing of it has happened.
    assert_eq!(rules.count("alert_evaluations WHERE evaluated_at IS NULL").await, 1);
    assert_eq!(rules.count("firings").await, 0);
    rules.close().await;
}
