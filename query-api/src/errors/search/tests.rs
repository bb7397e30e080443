//! How Postgres goes about the statements, among 100,000 errors.

use deploy::testing::Sandbox;
use serde_json::Value;
use shared::config::{Environment, Settings};
use shared::generations::Scope;
use tokio_postgres::NoTls;

use super::*;
use crate::fields::QueryFields;

#[test]
fn a_search_text_is_no_pattern() {
    assert_eq!(like_pattern(r"50%_a\b"), r"%50\%\_a\\b%");
}

/// One plan that was run, as `EXPLAIN (ANALYZE, FORMAT JSON)` tells it.
#[derive(Debug)]
struct Plan {
    nodes: Vec<Value>,
}

impl Plan {
    fn of(mut explained: Value) -> Self {
        let mut open = vec![explained[0]["Plan"].take()];
        let mut nodes = Vec::new();
        while let Some(mut node) = open.pop() {
            if let Value::Array(below) = node["Plans"].take() {
                open.extend(below);
            }
            nodes.push(node);
        }
        Self { nodes }
    }

    fn scans_of(&self, relation: &str) -> impl Iterator<Item = &str> {
        let scans = self.nodes.iter().filter(move |node| {
            node["Relation Name"].as_str().is_some_and(|name| name.starts_with(relation))
        });
        scans.filter_map(|node| node["Node Type"].as_str())
    }

    /// What it sorts with more than a page in memory, or on disk.
    fn unbounded_sorts(&self) -> Vec<&Value> {
        let bounded = |node: &&Value| {
            node["Sort Method"] == "top-N heapsort" || node["Actual Rows"].as_f64() <= Some(1_000.0)
        };
        let sorts = self.nodes.iter().filter(|node| !node["Sort Method"].is_null());
        sorts.filter(|sort| !bounded(sort)).collect()
    }

    fn uses_index(&self, index: &str) -> bool {
        self.nodes.iter().any(|node| node["Index Name"] == index)
    }
}

/// A migrated database with many errors.
struct Place {
    sandbox: Sandbox,
    db: tokio_postgres::Client,
}

impl Place {
    async fn new() -> Self {
        let sandbox = Sandbox::new().await.unwrap();
        let url = sandbox.database_url();
        let lookup = |name: &str| (name == "DATABASE_URL").then(|| url.clone());
        let config = shared::config::PostgresConfig::read(&Settings::new(&lookup), 2);
        worker::migrate::run(&config, Environment::Development).await.unwrap();
        let (db, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        drop(shared::lifecycle::spawn(connection));
        db.batch_execute(include_str!("../../../tests/many_errors.sql")).await.unwrap();
        Self { sandbox, db }
    }

    async fn explain(&self, statement: &Statement) -> Plan {
        let values: Vec<(&(dyn ToSql + Sync), Type)> = statement
            .values
            .iter()
            .map(|(value, kind)| (value.as_ref() as &(dyn ToSql + Sync), kind.clone()))
            .collect();
        let sql = format!("EXPLAIN (ANALYZE, FORMAT JSON) {}", statement.text);
        let rows = self.db.query_typed(&sql, &values).await.unwrap();
        Plan::of(rows[0].get(0))
    }
}

fn request(query: &str) -> ListRequest {
    let pairs: Vec<(String, String)> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let mut fields = QueryFields::new(&pairs);
    let request = ListRequest::read(&mut fields);
    fields.finish().unwrap();
    request
}

fn reaches() -> [Reach; 2] {
    let one = Reach { projects: vec![ProjectId(1)], scope: Scope::Project(ProjectId(1)) };
    let all = Reach { projects: vec![ProjectId(1), ProjectId(2)], scope: Scope::Installation };
    [one, all]
}

const FILTERS: [&str; 16] = [
    "",
    "level=error",
    "source=source-3",
    "environment=staging",
    "release=release-7",
    "environment=staging&release=release-7",
    "status=ignored",
    "resolved=true",
    "regressed=true",
    "status=unresolved&regressed=false",
    "q=c81e728d",
    "q=TimeoutError",
    "q=zz",
    "since=2020-01-01T00:00:00Z&until=2040-01-01T00:00:00Z",
    "level=error,fatal&source=source-1&environment=dev&status=unresolved&q=region",
    "offset=500",
];

#[tokio::test]
async fn no_filter_sort_or_cursor_reads_events_or_sorts_without_bound() {
    let place = Place::new().await;
    for reach in &reaches() {
        for filter in FILTERS {
            let count = place.explain(&count_statement(reach, &request(filter))).await;
            assert_eq!(count.scans_of("event").next(), None, "{filter}");
            for sort in ["last_seen", "first_seen", "count", "users"] {
                for order in ["asc", "desc"] {
                    let mut request = request(&format!("sort={sort}&order={order}&{filter}"));
                    check_page(&place, reach, &request).await;
                    request.offset = 0;
                    let key = match request.sort {
                        Sort::LastSeen | Sort::FirstSeen => 1_790_000_000_000_000,
                        Sort::Count | Sort::Users => 50,
                    };
                    let cursor = Cursor { key, project: ProjectId(1), error_id: 50_000 };
                    request.cursor = Some(cursor);
                    check_page(&place, reach, &request).await;
                }
            }
        }
    }
    place.sandbox.close().await.unwrap();
}

/// A page is sorted by what no index gives, or comes in the order of one.
async fn check_page(place: &Place, reach: &Reach, request: &ListRequest) {
    let plan = place.explain(&page_statement(reach, request)).await;
    assert_eq!(plan.scans_of("event").next(), None, "{request:?}");
    assert_eq!(plan.unbounded_sorts(), Vec::<&Value>::new(), "{request:?}");
    let sorted = plan.nodes.iter().any(|node| !node["Sort Method"].is_null());
    assert!(sorted || plan.uses_index("error_stats_by_last_seen"), "{request:?}: {plan:?}");
}

#[tokio::test]
async fn the_newest_errors_come_in_the_order_of_an_index() {
    let place = Place::new().await;
    for reach in &reaches() {
        let plan = place.explain(&page_statement(reach, &request("limit=100"))).await;
        assert!(plan.uses_index("error_stats_by_last_seen"), "{plan:?}");
        let read = plan.nodes.iter().filter(|node| node["Relation Name"] == "error_stats");
        let rows: f64 = read.map(|node| node["Actual Rows"].as_f64().unwrap()).sum();
        assert!(rows <= 101.0, "{rows} rows were read");
    }
    place.sandbox.close().await.unwrap();
}

#[tokio::test]
async fn a_search_goes_by_the_trigram_index() {
    let place = Place::new().await;
    let [reach, _] = reaches();
    for search in ["c81e728d", "nowhere to be found", "EER C81E728D"] {
        let request = request(&format!("q={search}"));
        for statement in [page_statement(&reach, &request), count_statement(&reach, &request)] {
            let plan = place.explain(&statement).await;
            assert!(plan.uses_index("errors_by_text"), "{search}: {plan:?}");
            assert_eq!(plan.scans_of("errors").find(|scan| *scan == "Seq Scan"), None);
        }
    }
    place.sandbox.close().await.unwrap();
}

#[tokio::test]
async fn errors_that_came_back_are_found_by_their_index() {
    let place = Place::new().await;
    let some = "UPDATE errors SET regressed = true WHERE error_id % 1000 = 0; ANALYZE errors";
    place.db.batch_execute(some).await.unwrap();
    for reach in &reaches() {
        let request = request("regressed=true&status=unresolved");
        for statement in [page_statement(reach, &request), count_statement(reach, &request)] {
            let plan = place.explain(&statement).await;
            assert!(plan.uses_index("errors_regressed"), "{plan:?}");
        }
    }
    place.sandbox.close().await.unwrap();
}
