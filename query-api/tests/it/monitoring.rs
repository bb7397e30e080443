//! `/api/monitoring/services`, `metrics`, `uptime` and `/api/analytics/performance`: every number from
//! what is stored, and what a checker stores.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{READER, READER_1, Server, WRITER};

const SERVICES: &str = "/api/monitoring/services";
const METRICS: &str = "/api/monitoring/metrics";
const UPTIME: &str = "/api/monitoring/uptime";
const PERFORMANCE: &str = "/api/analytics/performance";

/// Another process checks, for long: the service under test stands by.
const ANOTHER_CHECKS: &str = "INSERT INTO check_lease (holder, renewed_at)
     VALUES (gen_random_uuid(), now() + interval '1 hour');";

/// A statement that stores a period; its times are seconds ago.
fn period(component: &str, (began, last): (f64, f64), healthy: bool) -> String {
    format!(
        "INSERT INTO health_periods VALUES ('{component}', now() - interval '{began} s',
           now() - interval '{last} s', {healthy}, 10, 1.234, '{{\"seeded\": true}}');"
    )
}

/// A service that stands by, over what was stored before.
async fn over(prepare: &str) -> Server {
    Server::start_over(&format!("{ANOTHER_CHECKS}{prepare}"), &[]).await
}

#[track_caller]
fn assert_near(value: &Value, expected: f64, tolerance: f64) {
    let number = value.as_f64().unwrap();
    assert!((number - expected).abs() <= tolerance, "{number} is not about {expected}");
}

/// What is said of a part, by its name.
fn part<'a>(data: &'a Value, name: &str) -> &'a Value {
    data["services"].as_array().unwrap().iter().find(|part| part["name"] == name).unwrap()
}

#[tokio::test]
async fn services_are_as_their_last_check_says() {
    let server = over(
        &[
            period("database", (7_200.0, 3_620.0), true),
            period("database", (3_615.0, 3_600.0), false),
            period("database", (3_595.0, 1.0), true),
            period("queue", (86_400.0 * 3.0, 1.0), true),
            period("ingest", (100.0, 1.0), true),
            period("worker", (100.0, 1.0), false),
            // Nobody has checked it for a minute.
            period("query-api", (100.0, 60.0), true),
        ]
        .concat(),
    )
    .await;
    let data = server.get(SERVICES).key(READER).send().await.data();
    for (name, status, uptime) in [
        ("Database", "healthy", 99.7222),
        ("Cache Service", "unknown", 0.0),
        ("Message Queue", "healthy", 100.0),
        ("Ingest", "healthy", 100.0),
        ("Worker", "unhealthy", 0.0),
        ("Query API", "unknown", 40.0),
    ] {
        let part = part(&data, name);
        assert_eq!(part["status"], status, "{name}");
        assert_near(&part["uptime_percent"], uptime, 1.0);
    }
    assert_eq!(data["services"].as_array().unwrap().len(), 6);
    assert_eq!(data["overall_health"], "unhealthy");
    let database = part(&data, "Database");
    assert_near(&database["uptime_percent"], 99.7222, 0.01);
    assert_eq!(
        (&database["response_time_ms"], &database["details"]),
        (&json!(1.23), &json!({"seeded": true}))
    );
    let cache = part(&data, "Cache Service");
    assert_eq!((&cache["response_time_ms"], &cache["last_checked"]), (&json!(0.0), &Value::Null));

    // The cache may have been connecting when the first answer was made.
    let again = server.until(SERVICES, |answer| answer.header("x-cache") == Some("hit")).await;
    assert_eq!(again.data()["overall_health"], "unhealthy");
    server.stop().await;
}

#[tokio::test]
async fn monitoring_belongs_to_the_installation() {
    let server = over("").await;
    for path in [SERVICES, METRICS, UPTIME] {
        server.get(path).send().await.fails(401, "AUTHENTICATION_ERROR");
        server.get(path).key(READER_1).send().await.fails(403, "AUTHORIZATION_ERROR");
    }
    assert_eq!(server.get(PERFORMANCE).key(READER_1).send().await.status, 200);
    server.get(PERFORMANCE).key(WRITER).send().await.fails(403, "AUTHORIZATION_ERROR");
    server.stop().await;
}

#[tokio::test]
async fn uptime_is_what_failed_and_missed_checks_leave() {
    let (day, hour) = (86_400.0, 3_600.0);
    let server = over(
        &[
            period("ingest", (20.0 * day, 10.0 * day), true),
            period("ingest", (10.0 * day - 5.0, 10.0 * day - hour), false),
            period("ingest", (10.0 * day - hour, 3.0 * day), true),
            // Nobody checked for half an hour.
            period("ingest", (3.0 * day - 0.5 * hour, 0.0), true),
            // Not on the way of accepting errors.
            period("worker", (day, 0.0), false),
        ]
        .concat(),
    )
    .await;
    let began: DateTime<Utc> =
        server.db.query_one("SELECT now() - interval '3 days'", &[]).await.unwrap().get(0);
    let data = server.get(UPTIME).key(READER).send().await.data();
    assert_near(&data["uptime_percent_24h"], 100.0, 0.0);
    assert_near(&data["uptime_percent_7d"], 100.0 * (1.0 - 0.5 / 168.0), 0.001);
    // Of the twenty days since the first check.
    assert_near(&data["uptime_percent_30d"], 100.0 * (1.0 - 1.5 / 480.0), 0.001);
    assert_near(&data["current_uptime_hours"], 71.5, 0.01);
    assert_eq!(data["incidents_count"], 2);
    let last = shared::time::parse(data["last_downtime"].as_str().unwrap()).unwrap();
    assert!((began - last).abs() < TimeDelta::minutes(1), "{last}");

    let strip = |name: &str| -> Vec<Option<f64>> {
        let stretches = data[name].as_array().unwrap().iter();
        stretches.map(|stretch| stretch["uptime_percent"].as_f64()).collect()
    };
    assert_eq!(strip("hours"), [Some(100.0); 24]);
    let days = strip("days");
    assert_eq!(days.len(), 30);
    assert_eq!(days[0], None, "nothing is known of before the first check");
    // An hour of one day or two, and half an hour of one or two others.
    let down: f64 = days.iter().flatten().map(|percent| 100.0 - percent).sum();
    let first = 100.0 / 24.0 * 1.5;
    assert!((down - first).abs() < 1.0, "{days:?}");
    server.stop().await;
}

#[tokio::test]
async fn before_the_first_check_nothing_is_made_up() {
    let server = over("").await;
    assert_eq!(
        server.get(UPTIME).key(READER).send().await.data(),
        json!({
            "current_uptime_hours": null, "uptime_percent_24h": null, "uptime_percent_7d": null,
            "uptime_percent_30d": null, "incidents_count": 0, "last_downtime": null,
            "hours": [], "days": [],
        })
    );
    let services = server.get(SERVICES).key(READER).send().await.data();
    assert_eq!(services["overall_health"], "unknown");
    let performance = server.get(PERFORMANCE).key(READER).send().await.data();
    for field in ["availability_percent", "performance_score", "p95_response_time"] {
        assert_eq!(performance[field], Value::Null, "{field}");
    }
    for field in ["avg_response_time", "error_rate_percent", "throughput_rpm"] {
        assert_eq!(performance[field], 0.0, "{field}");
    }
    server.stop().await;
}

/// So many that what the service under test adds of itself does not show.
const MANY: i64 = 60_000_000;

#[tokio::test]
async fn performance_is_measured_over_all_instances() {
    let server = over(&format!(
        "{}
         INSERT INTO traffic
         SELECT date_trunc('minute', now()) - minute * interval '1 minute', service,
                gen_random_uuid(), 60, {half} / 60, {half} / 60 / 100, {half} / 60 * 245.0,
                -- A tenth above 100 ms, a tenth of that above 400.
                array_fill(0::bigint, ARRAY[12]) || ARRAY[{half} / 60 * 90 / 100, 0, 0,
                  {half} / 60 * 9 / 100, 0, 0, {half} / 60 / 100]::bigint[]
         FROM generate_series(0, 59) AS minute, unnest(ARRAY['ingest', 'query-api']) AS service;
         -- Before the last hour.
         INSERT INTO traffic VALUES (now() - interval '62 minutes', 'ingest', gen_random_uuid(), 60,
           {MANY}, {MANY}, 1, '{{}}');",
        [period("ingest", (7_200.0, 1_836.0), true), period("ingest", (1_800.0, 0.0), true)]
            .concat(),
        half = MANY / 2,
    ))
    .await;
    let data = server.get(PERFORMANCE).key(READER).send().await.data();
    assert_near(&data["avg_response_time"], 245.0, 0.01);
    assert_near(&data["error_rate_percent"], 1.0, 0.0);
    // Sixty minutes, of which the first and the last may be begun.
    assert_near(&data["throughput_rpm"], MANY as f64 / 60.0, MANY as f64 / 60.0 * 0.02);
    assert_near(&data["availability_percent"], 99.0, 0.01);
    // 10 × 0.99 × 0.99 × (0.9 + 0.09 / 2).
    assert_near(&data["performance_score"], 9.3, 0.0);
    assert_near(&data["p50_response_time"], 60.0 + 40.0 * 0.5 / 0.9, 0.1);
    assert_near(&data["p99_response_time"], 400.0, 0.1);
    server.stop().await;
}

/// Samples of two hosts for a day, so many that this host's own do not show.
const SAMPLES: &str = "
    INSERT INTO host_samples
    SELECT date_trunc('minute', now()) - minute * interval '1 minute', host.name, 60, host.cpu, 50,
           CASE minute WHEN 30 THEN 100 ELSE host.cpu END, 1000000000, 2000000000
    FROM generate_series(1, 1439) AS minute,
         (SELECT 'host ' || n AS name, CASE WHEN n % 2 = 0 THEN 20 ELSE 40 END AS cpu
          FROM generate_series(1, 20) AS n) AS host;
    INSERT INTO traffic
    SELECT date_trunc('minute', now()) - minute * interval '1 minute', 'ingest', gen_random_uuid(),
           60, 1000000, 0, 0, '{}'
    FROM generate_series(1, 1439) AS minute;
    INSERT INTO instances
    SELECT gen_random_uuid(), 'ingest', 'host', '1', now(), now() + seen * interval '1 second',
           now(), 1, 7, '{}'
    FROM unnest(ARRAY[3600, 3600, -11]) AS seen;";

#[tokio::test]
async fn metrics_are_means_maxima_and_totals() {
    let server = over(SAMPLES).await;
    for (timeframe, minutes, most) in [("1h", 60, 62), ("6h", 360, 74), ("24h", 1_439, 146)] {
        let path = format!("{METRICS}?timeframe={timeframe}");
        let data = server.get(&path).key(READER).send().await.data();
        assert_near(&data["cpu_usage_percent"], 30.0, 0.3);
        assert_near(&data["memory_usage_percent"], 50.0, 0.3);
        assert_near(&data["disk_usage_percent"], 100.0, 0.0);
        // Give or take the minute that ends meanwhile.
        let bytes = minutes as f64 * 20e9;
        assert_near(&data["network_io"]["bytes_in"], bytes, 41e9);
        assert_near(&data["network_io"]["bytes_out"], 2.0 * bytes, 82e9);
        assert_near(&data["requests_per_minute"], 1e6, 4e4);
        let connections = data["active_connections"].as_i64().unwrap();
        assert!((14..20).contains(&connections), "{connections}");
        let series = data["series"].as_array().unwrap();
        assert!(series.len() >= 60 && series.len() <= most, "{timeframe}: {}", series.len());
        assert_near(&series[series.len() / 2]["cpu_usage_percent"], 30.0, 0.0);
        assert_near(&series[series.len() / 2]["requests_per_minute"], 1e6, 0.0);
    }
    let default = server.get(METRICS).key(READER).send().await.data();
    assert_eq!(default["series"][0], {
        let hour = server.get(&format!("{METRICS}?timeframe=1h")).key(READER).send().await;
        hour.data()["series"][0].clone()
    });
    let bad = server.get(&format!("{METRICS}?timeframe=2h")).key(READER).send().await;
    assert_eq!(bad.bad_fields(), ["timeframe"]);
    server.stop().await;
}

#[tokio::test]
async fn what_is_found_goes_on_from_what_was_stored() {
    let prepare = [
        // The checker before was killed a moment ago.
        period("database", (100.0, 6.0), true),
        // Nobody has checked for a minute.
        period("cache", (200.0, 60.0), true),
        period("queue", (100.0, 3.0), false),
        // Nobody heard of ingest for a while, but it was ready all the time.
        period("ingest", (100.0, 40.0), true),
        "INSERT INTO instances VALUES (gen_random_uuid(), 'ingest', 'h', '1', now(),
           now() + interval '1 hour', now() - interval '1 hour', 1, 0, '{}'),
          (gen_random_uuid(), 'worker', 'h', '1', now(), now() + interval '1 hour', NULL, 1, 0, '{}');"
            .to_owned(),
    ];
    let server = Server::start_over(&prepare.concat(), &[]).await;
    let checked = |answer: &crate::support::Answer| {
        let data = answer.data();
        ["Database", "Cache Service", "Message Queue", "Ingest"]
            .iter()
            .all(|name| part(&data, name)["status"] == "healthy")
    };
    let data = server.until(SERVICES, checked).await.data();
    assert!(part(&data, "Database")["details"]["max_connections"].as_i64().unwrap() > 0);
    assert!(part(&data, "Cache Service")["details"]["memory_bytes"].as_i64().unwrap() > 0);
    assert_eq!(part(&data, "Message Queue")["details"]["queue_depth"], 0);
    assert_eq!(part(&data, "Ingest")["details"]["ready_instances"], 1);
    // A worker that was never ready is not there yet.
    assert_eq!(part(&data, "Worker")["status"], "unknown");
    assert_near(&part(&data, "Database")["uptime_percent"], 100.0, 0.0);
    assert_near(&part(&data, "Cache Service")["uptime_percent"], 70.0, 2.0);
    assert_near(&part(&data, "Ingest")["uptime_percent"], 100.0, 0.0);

    let rows = "SELECT array_agg(component || ' ' || n ORDER BY component) FROM (
                  SELECT component, count(*) AS n FROM health_periods
                  WHERE component <> 'query-api' GROUP BY component) AS counted";
    let rows: Vec<String> = server.db.query_one(rows, &[]).await.unwrap().get(0);
    assert_eq!(rows, ["cache 2", "database 1", "ingest 1", "queue 2"]);
    let overlap = "SELECT count(*) FROM health_periods a JOIN health_periods b
                   ON a.component = b.component AND a.began_at < b.began_at AND b.began_at <= a.last_at";
    assert_eq!(server.number(overlap).await, 0);
    server.stop().await;
}
