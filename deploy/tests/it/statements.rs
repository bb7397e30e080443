//! What the API document promises about security, performance and caching, and what shows it.
//!
//! The list is read by people; the test below only sees to it that what it names exists.

use std::fs;
use std::path::Path;

/// Where a statement is shown.
enum Shown {
    /// By tests, each as the file, from the root of the project, and the name of the function.
    By(&'static [(&'static str, &'static str)]),
    /// By figures: a test says nothing about speed. The heading of the file that has them.
    Measured(&'static str),
    /// Nowhere: it is advice to whoever runs the system.
    Advice,
}

use Shown::{Advice, By, Measured};

/// A part of the document, a statement, and where it is shown.
const STATEMENTS: &[(&str, &str, Shown)] = &[
    (
        "security",
        "all endpoints need a valid API key, but for the health check",
        By(&[
            (
                "deploy/tests/it/system/permissions.rs",
                "every_route_asks_every_key_for_its_permission",
            ),
            ("query-api/tests/it/scope.rs", "without_a_good_key_nothing_is_told"),
            ("query-api/tests/it/scope.rs", "an_expired_key_is_no_key"),
        ]),
    ),
    (
        "security",
        "team members have permissions by their role",
        By(&[
            (
                "deploy/tests/it/system/permissions.rs",
                "every_route_asks_every_key_for_its_permission",
            ),
            ("query-api/tests/it/settings/team.rs", "roles_allow_what_they_say"),
        ]),
    ),
    (
        "security",
        "data of a project is for its own keys",
        By(&[
            ("deploy/tests/it/system/permissions.rs", "ids_of_another_project_are_not_there"),
            ("query-api/tests/it/scope.rs", "reads_keep_to_their_projects"),
            ("query-api/tests/it/scope.rs", "writes_keep_to_their_projects"),
        ]),
    ),
    (
        "security",
        "all input is validated before it is processed",
        By(&[
            (
                "deploy/tests/it/system/malformed/mod.rs",
                "bad_requests_are_refused_in_bounded_memory_and_reach_nobody",
            ),
            ("query-api/tests/it/openapi.rs", "parameters_hold_to_the_openapi_document"),
            ("query-api/tests/it/settings/api_keys.rs", "every_bad_field_of_a_key_is_named"),
        ]),
    ),
    (
        "security",
        "queries are parameterised",
        By(&[
            ("query-api/tests/it/sql.rs", "every_statement_fits_the_schema_and_none_scans_events"),
            ("query-api/src/errors/search/tests.rs", "a_search_text_is_no_pattern"),
            ("query-api/tests/it/injection.rs", "what_looks_like_sql_is_text"),
        ]),
    ),
    (
        "security",
        "sensitive data is sanitised",
        By(&[(
            "deploy/tests/it/system/secrets/mod.rs",
            "no_secret_reaches_a_disk_a_broker_a_cache_or_a_log",
        )]),
    ),
    (
        "security",
        "cross-origin requests are allowed as configured",
        By(&[
            ("query-api/tests/it/http.rs", "any_page_may_read_unless_origins_are_listed"),
            ("query-api/tests/it/http.rs", "listed_origins_alone_may_read"),
            ("ingest/tests/it/origins.rs", "a_key_works_only_in_pages_that_it_names"),
        ]),
    ),
    (
        "security",
        "keys are strong and unique",
        By(&[
            ("query-api/tests/it/settings/api_keys.rs", "a_key_is_shown_once_and_works_at_once"),
            (
                "query-api/tests/it/settings/secrets.rs",
                "secrets_are_in_no_later_answer_and_not_in_the_database",
            ),
        ]),
    ),
    ("security", "production is reached by HTTPS", Advice),
    (
        "rate limiting",
        "1,000 errors, 100 analytics and 500 other requests a minute for each key",
        By(&[
            ("query-api/tests/it/limits.rs", "the_usual_limits_hold_when_they_are_on"),
            (
                "query-api/tests/it/limits.rs",
                "a_limited_key_is_told_where_it_stands_and_then_to_wait",
            ),
            ("ingest/tests/it/limits.rs", "a_limited_key_is_told_where_it_stands_and_then_to_wait"),
            (
                "ingest/tests/it/limits.rs",
                "three_instances_admit_together_hardly_more_than_the_limit",
            ),
        ]),
    ),
    ("performance", "more than 1,000 reports a minute", Measured("## Figures")),
    ("performance", "cached answers within 100 ms", Measured("## Reads")),
    (
        "performance",
        "99.9 % of uptime",
        By(&[
            (
                "deploy/tests/it/system/monitoring.rs",
                "a_broker_that_stops_is_noticed_counted_and_forgiven",
            ),
            (
                "deploy/tests/it/system/monitoring.rs",
                "without_postgres_health_is_told_and_nothing_that_went_on_counts_as_down",
            ),
            ("query-api/tests/it/monitoring.rs", "uptime_is_what_failed_and_missed_checks_leave"),
        ]),
    ),
    (
        "performance",
        "parts scale horizontally",
        By(&[
            (
                "deploy/tests/it/system/exact.rs",
                "four_workers_with_the_same_ids_in_opposite_orders_agree",
            ),
            (
                "query-api/tests/it/cache_instances.rs",
                "every_kind_of_change_is_in_the_next_read_through_another_instance",
            ),
            (
                "ingest/tests/it/limits.rs",
                "three_instances_admit_together_hardly_more_than_the_limit",
            ),
        ]),
    ),
    (
        "performance",
        "events are processed in the background",
        By(&[("deploy/tests/it/system/reading.rs", "one_error_the_whole_way")]),
    ),
    (
        "performance",
        "the indexes that reads need exist by themselves",
        By(&[
            (
                "query-api/src/errors/search/tests.rs",
                "no_filter_sort_or_cursor_reads_events_or_sorts_without_bound",
            ),
            ("query-api/src/errors/search/tests.rs", "a_search_goes_by_the_trigram_index"),
            ("query-api/tests/it/sql.rs", "every_statement_fits_the_schema_and_none_scans_events"),
        ]),
    ),
    (
        "caching",
        "lists 2 minutes; statistics, trends and uptime 5; health and metrics 30 s; performance 1 minute",
        By(&[
            ("query-api/src/config.rs", "without_variables_it_works_on_localhost"),
            ("query-api/tests/it/cache.rs", "an_answer_lives_no_longer_than_its_setting_says"),
        ]),
    ),
    (
        "caching",
        "frequent reads come from Redis",
        By(&[
            ("query-api/tests/it/cache.rs", "an_answer_is_computed_once_and_then_found"),
            ("query-api/tests/it/cache.rs", "equal_misses_wait_for_one_query"),
        ]),
    ),
    (
        "caching",
        "the cache is invalidated when errors are created, resolved or deleted",
        By(&[
            ("query-api/tests/it/cache.rs", "a_change_is_visible_in_the_very_next_read"),
            (
                "query-api/tests/it/cache_instances.rs",
                "every_kind_of_change_is_in_the_next_read_through_another_instance",
            ),
            ("deploy/tests/it/system/reading.rs", "a_list_shows_new_events_within_a_second"),
            (
                "deploy/tests/it/system/cache.rs",
                "a_worker_that_dies_between_its_commit_and_the_announcement_leaves_nothing_stale",
            ),
        ]),
    ),
    (
        "caching",
        "without Redis everything works",
        By(&[
            ("query-api/tests/it/cache.rs", "without_redis_everything_works"),
            (
                "query-api/tests/it/cache_faults.rs",
                "reads_go_on_and_are_never_stale_whatever_happens_to_redis",
            ),
        ]),
    ),
    (
        "caching",
        "hit rates can be watched",
        By(&[("query-api/tests/it/cache.rs", "an_answer_is_computed_once_and_then_found")]),
    ),
];

#[test]
fn every_statement_is_shown_by_something_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |path: &str| {
        fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    };
    for (part, statement, shown) in STATEMENTS {
        let name = format!("{part}: {statement}");
        match shown {
            By(tests) => {
                assert!(!tests.is_empty(), "{name}");
                for (file, test) in *tests {
                    let text = read(file);
                    assert!(
                        text.contains(&format!("fn {test}(")),
                        "{name}: {test} is not in {file}"
                    );
                }
            }
            Measured(heading) => {
                let text = read("benches/README.md");
                assert!(text.lines().any(|line| line == *heading), "{name}: no {heading}");
            }
            Advice => {}
        }
    }
}
