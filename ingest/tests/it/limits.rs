//! How much a key may submit in a minute.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use deploy::testing::Sandbox;
use fred::interfaces::{ClientLike as _, HashesInterface as _};
use http::{Method, StatusCode};
use serde_json::json;
use shared::config::{RedisConfig, Settings};
use shared::rate_limit::{Caller, Holder, KeyLimits, Limiter, RateLimits};
use shared::routes::Class;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use uuid::Uuid;

use crate::place::{Answer, Place};

const EVENT: &str = r#"{"message": "m", "source": "s"}"#;

/// A key that may submit so many errors a minute.
async fn limited_key(place: &Place, limit: i32) -> String {
    let key = Uuid::new_v4().to_string();
    place
        .make_key(&key, &format!("errors_per_minute = {limit}"), |answer| {
            answer.headers.contains_key("x-ratelimit-limit")
        })
        .await;
    key
}

#[track_caller]
fn number(answer: &Answer, header: &str) -> i64 {
    answer.headers[header].to_str().unwrap().parse().unwrap()
}

fn batch(items: usize) -> String {
    json!(vec![json!({"message": "m", "source": "s"}); items]).to_string()
}

#[tokio::test]
async fn a_limited_key_is_told_where_it_stands_and_then_to_wait() {
    let place = Place::new().await;
    // Waiting for the key uses up to one of it.
    let key = limited_key(&place, 4).await;
    let headers = [("x-api-key", key.as_str())];
    let post = |path, body: &str| place.send(Method::POST, path, &headers, body.to_owned());
    let before = shared::time::now().timestamp();
    let good = post("/api/errors", EVENT).await;
    assert_eq!(good.status, StatusCode::CREATED);
    assert_eq!(
        (number(&good, "x-ratelimit-limit"), number(&good, "x-ratelimit-remaining")),
        (4, 2)
    );
    let reset = number(&good, "x-ratelimit-reset") - before;
    assert!(reset >= 60, "{reset}");
    // What is refused for its fields counts, too.
    let bad = post("/api/errors", "{}").await;
    assert_eq!((bad.status.as_u16(), number(&bad, "x-ratelimit-remaining")), (400, 1));

    // What goes nowhere does not count, but says where the key stands.
    let lost = post("/api/errors?project_id=99", EVENT).await;
    assert_eq!((lost.status.as_u16(), number(&lost, "x-ratelimit-remaining")), (404, 1));

    let partly = post("/api/errors/batch", &batch(4)).await;
    assert_eq!(partly.status, StatusCode::OK);
    let data = &partly.body["data"];
    assert_eq!((&data["accepted"], &data["rejected"]), (&json!(1), &json!(3)), "{data}");
    assert!(data["results"][0]["event_id"].is_string());
    for refused in 1..4 {
        assert_eq!(data["results"][refused]["code"], "RATE_LIMITED", "{data}");
        assert_eq!(data["results"][refused]["details"]["limit"], 4);
    }
    assert_eq!(number(&partly, "x-ratelimit-remaining"), 0);

    for (path, body) in [("/api/errors", EVENT.to_owned()), ("/api/errors/batch", batch(5))] {
        let refused = post(path, &body).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(refused.body["code"], "RATE_LIMITED");
        assert_eq!(refused.body["details"]["class"], "errors");
        let wait = number(&refused, "retry-after");
        assert!((1..=60).contains(&wait), "{wait}");
        assert_eq!(refused.body["details"]["retry_after"], wait);
        assert_eq!(number(&refused, "x-ratelimit-remaining"), 0);
        assert!(!refused.headers.contains_key("x-sentry-rate-limits"));
        let exposed = refused.headers["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains("x-ratelimit-remaining") && exposed.contains("retry-after"));
    }
    // Other keys are not concerned.
    let other = place.post("/api/errors", EVENT).await;
    assert_eq!(other.status, StatusCode::CREATED);
    assert!(!other.headers.contains_key("x-ratelimit-limit"));
    // Every event that was refused stands in the ledger: 3 of a batch, one alone, 5 of another.
    assert_eq!(place.ledger_until("rate_limited", 9).await, 9);
    place.stop().await;
}

#[tokio::test]
async fn who_has_used_up_the_limit_is_told_before_sending_a_body() {
    let place = Place::new().await;
    let key = limited_key(&place, 1).await;
    let head = |path: &str, length: usize| {
        format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\ncontent-type: \
             application/json\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    for head in [head("/api/errors", 1_000), head("/api/errors/batch", 10 << 20)] {
        let address = place.base.trim_start_matches("http://");
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        let reading = stream.read_exact(&mut answer);
        tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap().unwrap();
        assert_eq!(&answer, b"HTTP/1.1 429");
    }
    place.stop().await;
}

#[tokio::test]
async fn the_usual_limits_hold_for_keys_of_dsns_and_sentry_sdks_read_them() {
    let place = Place::with(&[("RATE_LIMITS", "on")]).await;
    let db = place.connect().await;
    let row = db.query_one("SELECT dsn_key FROM projects WHERE id = 1", &[]).await.unwrap();
    let dsn_key = row.get::<_, Uuid>(0).simple().to_string();
    let headers = [("x-api-key", dsn_key.as_str())];
    let post = |items| place.send(Method::POST, "/api/errors/batch", &headers, batch(items));
    let first = post(1_000).await;
    assert_eq!(first.body["data"]["accepted"], 1_000);
    assert_eq!(number(&first, "x-ratelimit-limit"), 1_000);
    let refused = post(1).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    let told = refused.headers["x-sentry-rate-limits"].to_str().unwrap();
    let wait = number(&refused, "retry-after");
    assert_eq!(told, format!("{wait}:error;default:key:rate_limited"));
    // The key of development is another key.
    let other = place.post("/api/errors", EVENT).await;
    assert_eq!(other.status, StatusCode::CREATED);
    assert_eq!(number(&other, "x-ratelimit-limit"), 1_000);
    place.stop().await;
}

/// A connected client of the Redis that tests share.
async fn redis(sandbox: &Sandbox) -> fred::clients::Client {
    let lookup = |name: &str| (name == "REDIS_URL").then(|| sandbox.redis_url().to_owned());
    let client = shared::redis::client(&RedisConfig::read(&Settings::new(&lookup))).unwrap();
    let connected = client.wait_for_connect();
    tokio::time::timeout(Duration::from_secs(20), connected).await.unwrap().unwrap();
    client
}

const LIMIT: u32 = 300;

fn caller() -> Caller {
    let limits = KeyLimits { errors: i32::try_from(LIMIT).ok(), ..KeyLimits::default() };
    Caller { holder: Holder::ApiKey(Uuid::from_u128(1)), limits }
}

fn granted(limiter: &Limiter, requests: u32, now: DateTime<Utc>) -> u32 {
    let standings = (0..requests).map(|_| limiter.admit(&caller(), Class::Errors, 1, now).unwrap());
    standings.map(|standing| standing.granted).sum()
}

#[tokio::test]
async fn three_instances_admit_together_hardly_more_than_the_limit() {
    let sandbox = Sandbox::new().await.unwrap();
    let redis = redis(&sandbox).await;
    let instances: Vec<Arc<Limiter>> = (0..3).map(|_| Limiter::new(RateLimits::Off)).collect();
    // Each gets 100 requests a second, and shares four times a second.
    let (per_interval, interval) = (25, TimeDelta::milliseconds(250));
    let bound = LIMIT + 2 * LIMIT.min(2 * per_interval);
    let mut now = DateTime::from_timestamp(1_760_000_000, 0).unwrap();
    let mut admitted: Vec<(i64, u32)> = Vec::new();
    for _ in 0..4 * 130 {
        let together: u32 =
            instances.iter().map(|instance| granted(instance, per_interval, now)).sum();
        admitted.push((now.timestamp(), together));
        let minute = admitted.iter().filter(|(second, _)| *second > now.timestamp() - 60);
        let in_minute: u32 = minute.map(|(_, admitted)| admitted).sum();
        assert!(in_minute <= bound, "{in_minute} in the minute up to {now}");
        for instance in &instances {
            instance.share(&redis, sandbox.namespace(), now).await.unwrap();
        }
        now += interval;
    }
    let in_all: u32 = admitted.iter().map(|(_, admitted)| admitted).sum();
    // Three times within 130 seconds the limit is free.
    assert!((3 * LIMIT..=3 * bound).contains(&in_all), "{in_all}");
    // One that starts now learns at once how much is left.
    let fresh = Limiter::new(RateLimits::Off);
    assert_eq!(granted(&fresh, 1, now), 1);
    let hash = format!("{}:rate:key:{}:errors", sandbox.namespace(), Uuid::from_u128(1));
    let () = redis.hset(&hash, ("gone", "1 300")).await.unwrap();
    fresh.share(&redis, sandbox.namespace(), now).await.unwrap();
    assert_eq!(granted(&fresh, 1, now), 0);
    // What an instance left that has ended is removed; the four others stay.
    assert!(!redis.hexists::<bool, _, _>(&hash, "gone").await.unwrap());
    assert_eq!(redis.hlen::<u32, _>(&hash).await.unwrap(), 4);
    redis.quit().await.unwrap();
    sandbox.close().await.unwrap();
}

#[tokio::test]
async fn without_redis_each_instance_goes_by_its_own_counts() {
    let sandbox = Sandbox::new().await.unwrap();
    let redis = redis(&sandbox).await;
    let now = shared::time::now();
    let instances = [Limiter::new(RateLimits::Off), Limiter::new(RateLimits::Off)];
    redis.quit().await.unwrap();
    for instance in &instances {
        assert_eq!(granted(instance, 2 * LIMIT, now), LIMIT);
        instance.share(&redis, sandbox.namespace(), now).await.unwrap_err();
    }
    // What could not be shared is shared with the next use of Redis.
    let redis = self::redis(&sandbox).await;
    instances[0].share(&redis, sandbox.namespace(), now).await.unwrap();
    let later = now + TimeDelta::seconds(1);
    let third = Limiter::new(RateLimits::Off);
    assert_eq!(third.admit(&caller(), Class::Errors, 0, later).unwrap().remaining, LIMIT);
    third.share(&redis, sandbox.namespace(), later).await.unwrap();
    assert_eq!(granted(&third, 1, later), 0);
    redis.quit().await.unwrap();
    sandbox.close().await.unwrap();
}

#[tokio::test]
async fn a_running_ingest_learns_what_others_admitted() {
    let place = Place::new().await;
    let key = limited_key(&place, 1_000_000).await;
    let db = place.connect().await;
    let row = db.query_one("SELECT id FROM api_keys WHERE name = 'limited'", &[]).await.unwrap();
    let limits = KeyLimits { errors: Some(1_000_000), ..KeyLimits::default() };
    let caller = Caller { holder: Holder::ApiKey(row.get(0)), limits };
    let (redis, other) = (redis(&place.sandbox).await, Limiter::new(RateLimits::Off));
    let now = shared::time::now();
    other.admit(&caller, Class::Errors, 900_000, now).unwrap();
    other.share(&redis, place.sandbox.namespace(), now).await.unwrap();
    // Ingest by itself could not use so much.
    let headers = [("x-api-key", key.as_str())];
    let learns = async {
        while number(
            &place.send(Method::POST, "/api/errors", &headers, "{}").await,
            "x-ratelimit-remaining",
        ) > 100_000
        {}
    };
    tokio::time::timeout(Duration::from_secs(20), learns).await.unwrap();
    // And the others learn of ingest.
    let used = || other.admit(&caller, Class::Errors, 0, now).unwrap().remaining;
    let learns = async {
        while used() == 100_000 {
            place.send(Method::POST, "/api/errors", &headers, "{}").await;
            other.share(&redis, place.sandbox.namespace(), now).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(20), learns).await.unwrap();
    redis.quit().await.unwrap();
    place.stop().await;
}
