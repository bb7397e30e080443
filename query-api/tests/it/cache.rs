//! Answers that are remembered, and changes that are visible at once nevertheless.

use futures_util::future::join_all;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::{ADMIN, Answer, Instance, READER, Seed, Server};

/// Waits until Redis answers to the service, which connects in the background.
pub(crate) async fn warm(server: &Instance) {
    server.until("/api/stats", |answer| answer.header("x-cache") == Some("hit")).await;
}

#[tokio::test]
async fn an_answer_lives_no_longer_than_its_setting_says() {
    let server = Server::start_with(&[("CACHE_TTL_STATS_SECS", "1")]).await;
    warm(&server).await;
    server.get("/api/errors").key(ADMIN).send().await;
    // Nothing changes, so only its age can end it.
    let is = |outcome| move |answer: &Answer| answer.header("x-cache") == Some(outcome);
    server.until("/api/stats", is("miss")).await;
    server.until("/api/stats", is("hit")).await;
    let list = server.get("/api/errors").key(ADMIN).send().await;
    assert_eq!(list.header("x-cache"), Some("hit"), "by another setting");
    server.stop().await;
}

#[tokio::test]
async fn an_answer_is_computed_once_and_then_found() {
    let server = Server::start().await;
    warm(&server).await;
    for path in ["/api/errors?limit=3", "/api/stats?project_id=1"] {
        let first = server.get(path).key(READER).send().await;
        let second = server.get(path).key(READER).send().await;
        assert_eq!(
            (first.header("x-cache"), second.header("x-cache")),
            (Some("miss"), Some("hit"))
        );
        assert_eq!(first.bytes, second.bytes);
        assert_eq!(second.header("content-type"), Some("application/json"));
    }
    // The same question in other words is the same question; another one is not.
    let same = server.get("/api/errors?offset=0&limit=3").key(ADMIN).send().await;
    assert_eq!(same.header("x-cache"), Some("hit"));
    let other = server.get("/api/errors?limit=3&project_id=1").key(READER).send().await;
    assert_eq!(other.header("x-cache"), Some("miss"));
    server.stop().await;
}

#[tokio::test]
async fn a_change_is_visible_in_the_very_next_read() {
    let server = Server::start().await;
    let seeded = Seed::error("changing").store(&server.db).await;
    warm(&server).await;
    for (action, status) in [
        ("resolve", "resolved"),
        ("unresolve", "unresolved"),
        ("ignore", "ignored"),
        ("resolve", "resolved"),
    ] {
        for query in ["", "?project_id=1"] {
            server.get(&format!("/api/errors{query}")).key(READER).send().await.data();
        }
        let path = format!("/api/errors/{}/{action}", seeded.id);
        assert_eq!(server.put(&path).key(ADMIN).send().await.status, 200);
        for query in ["", "?project_id=1"] {
            let answer = server.get(&format!("/api/errors{query}")).key(READER).send().await;
            assert_eq!(answer.header("x-cache"), Some("miss"));
            assert_eq!(answer.data()["errors"][0]["status"], status);
        }
        let stats = server.get("/api/stats").key(READER).send().await.data();
        assert_eq!(stats["resolved_errors"], i32::from(status == "resolved"));
    }
    // The other project's answers were not touched.
    server.get("/api/errors?project_id=2").key(READER).send().await;
    let path = format!("/api/errors/{}/unresolve", seeded.id);
    server.put(&path).key(ADMIN).send().await;
    let other = server.get("/api/errors?project_id=2").key(READER).send().await;
    assert_eq!(other.header("x-cache"), Some("hit"));
    server.stop().await;
}

#[tokio::test]
async fn equal_misses_wait_for_one_query() {
    let server = Server::start().await;
    Seed::error("slow to read").store(&server.db).await;
    warm(&server).await;
    let before = server.statements().await;
    // Whoever reads the errors has to wait for this lock, so that the requests meet.
    server.db.batch_execute("BEGIN; LOCK TABLE error_stats").await.unwrap();
    let requests: Vec<_> = (0..200)
        .map(|_| shared::lifecycle::spawn(server.get("/api/errors?limit=7").key(READER).send()))
        .collect();
    until_somebody_waits(&server).await;
    // Requests that come and go meanwhile give the others time to join.
    for _ in 0..20 {
        let hit = server.get("/api/stats").key(READER).send().await;
        assert_eq!(hit.header("x-cache"), Some("hit"));
    }
    server.db.batch_execute("COMMIT").await.unwrap();

    let mut misses = 0;
    for answer in join_all(requests).await {
        let answer = answer.unwrap();
        misses += i32::from(answer.header("x-cache") == Some("miss"));
        assert_eq!(answer.data()["total"], 1);
    }
    assert!(misses > 1, "the requests should have met");
    // The page, the total and the rows.
    assert_eq!(server.statements().await - before, 3);
    server.stop().await;
}

async fn until_somebody_waits(server: &Server) {
    let watching = crate::support::connect(&server.sandbox.database_url()).await;
    let sql = "SELECT count(*) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let waiting = async {
        while watching.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(crate::support::PATIENCE, waiting).await.unwrap();
}

#[tokio::test]
async fn without_redis_everything_works() {
    let server = Server::start_with(&[("REDIS_URL", "redis://127.0.0.1:9")]).await;
    let seeded = Seed::error("without").store(&server.db).await;
    for (action, status) in [("resolve", "resolved"), ("unresolve", "unresolved")] {
        let path = format!("/api/errors/{}/{action}", seeded.id);
        assert_eq!(server.put(&path).key(ADMIN).send().await.status, 200);
        let answer = server.get("/api/errors").key(READER).send().await;
        assert_eq!(answer.header("x-cache"), Some("bypass"));
        assert_eq!(answer.data()["errors"][0]["status"], status);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_change_that_redis_missed_is_announced_when_it_is_back() {
    let proxy = Proxy::start().await;
    let server = Server::start_with(&[("REDIS_URL", &proxy.url)]).await;
    proxy.forward_to(server.sandbox.redis_url());
    let seeded = Seed::error("cut off").store(&server.db).await;
    warm(&server).await;
    let before = server.get("/api/errors").key(READER).send().await;
    assert_eq!(before.data()["errors"][0]["status"], "unresolved");

    proxy.cut();
    let path = format!("/api/errors/{}/resolve", seeded.id);
    assert_eq!(server.put(&path).key(ADMIN).send().await.status, 200);
    let during = server.get("/api/errors").key(READER).send().await;
    assert_eq!(during.header("x-cache"), Some("bypass"));
    assert_eq!(during.data()["errors"][0]["status"], "resolved");

    proxy.forward_to(server.sandbox.redis_url());
    let back = |answer: &Answer| answer.header("x-cache") != Some("bypass");
    let after = server.until("/api/errors", back).await;
    assert_eq!(after.data()["errors"][0]["status"], "resolved", "not what was cached before");
    server.stop().await;
}

/// Stands between the service and Redis, and can be cut.
struct Proxy {
    url: String,
    upstream: watch::Sender<Option<String>>,
}

impl Proxy {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        let (upstream, target) = watch::channel(None);
        drop(shared::lifecycle::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                drop(shared::lifecycle::spawn(forward(stream, target.clone())));
            }
        }));
        Self { url, upstream }
    }

    fn forward_to(&self, url: &str) {
        let server = url.strip_prefix("redis://").unwrap_or(url);
        let server = server.split('/').next().unwrap_or(server).to_owned();
        self.upstream.send_replace(Some(server));
    }

    /// Ends all connections and every new one.
    fn cut(&self) {
        self.upstream.send_replace(None);
    }
}

async fn forward(mut stream: TcpStream, mut target: watch::Receiver<Option<String>>) {
    let Some(server) = target.borrow_and_update().clone() else {
        return;
    };
    let Ok(mut upstream) = TcpStream::connect(server).await else {
        return;
    };
    tokio::select! {
        _ = copy_bidirectional(&mut stream, &mut upstream) => {}
        _ = target.changed() => {}
    }
}
