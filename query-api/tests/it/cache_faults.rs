//! Redis is killed, held up, emptied and comes back while two hundred reads a second go on: none of them
//! fails, and none shows what was before a change that was answered.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deploy::engines::{EngineKind, Engines};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::MissedTickBehavior;

use crate::cache::warm;
use crate::support::{ADMIN, Answer, Instance, PATIENCE, Seed, Seeded, Server};

/// Readers, each of which asks 25 times a second.
const READERS: usize = 8;
const PAUSE: Duration = Duration::from_millis(40);

/// What the last change that was answered made of the error, and how many changes were begun and ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Settled {
    status: &'static str,
    begun: u64,
    ended: u64,
}

/// The reads that go on all the time.
struct Readers {
    stop: watch::Sender<bool>,
    running: Vec<JoinHandle<()>>,
    reads: Arc<AtomicU64>,
}

impl Readers {
    fn start(server: &Server, settled: &watch::Receiver<Settled>) -> Self {
        let (stop, stopped) = watch::channel(false);
        let reads = Arc::new(AtomicU64::new(0));
        let running = (0..READERS).map(|reader| {
            let path = ["/api/errors", "/api/errors?project_id=1"][reader % 2];
            let url = format!("http://{}{path}", server.address());
            let reading = read_on(url, settled.clone(), stopped.clone(), Arc::clone(&reads));
            shared::lifecycle::spawn(reading)
        });
        Self { running: running.collect(), stop, reads }
    }

    /// Waits until so many more reads have been answered.
    async fn answer(&self, more: u64) {
        let until = self.reads.load(Ordering::Relaxed) + more;
        let waiting = async {
            while self.reads.load(Ordering::Relaxed) < until {
                assert!(!self.running.iter().any(JoinHandle::is_finished), "a reader has failed");
                tokio::time::sleep(PAUSE).await;
            }
        };
        tokio::time::timeout(PATIENCE, waiting).await.unwrap();
    }

    async fn end(self) {
        self.stop.send_replace(true);
        for reader in self.running {
            reader.await.unwrap();
        }
    }
}

async fn read_on(
    url: String,
    settled: watch::Receiver<Settled>,
    stopped: watch::Receiver<bool>,
    reads: Arc<AtomicU64>,
) {
    let mut timer = tokio::time::interval(PAUSE);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !*stopped.borrow() {
        timer.tick().await;
        let before = *settled.borrow();
        let answer = crate::support::Ask::new("GET", &url).key(ADMIN).send().await;
        let after = *settled.borrow();
        assert_eq!(answer.status, 200, "{}", answer.json());
        // With a change under way meanwhile, both are right.
        if before == after && before.begun == before.ended {
            assert_eq!(status(&answer), before.status, "{before:?}");
        }
        reads.fetch_add(1, Ordering::Relaxed);
    }
}

#[track_caller]
fn status(answer: &Answer) -> Value {
    answer.data()["errors"][0]["status"].clone()
}

/// Changes the error and says so.
async fn change(server: &Instance, seeded: &Seeded, settled: &watch::Sender<Settled>) {
    settled.send_modify(|settled| settled.begun += 1);
    let resolved = settled.borrow().status == "resolved";
    let (action, status) =
        if resolved { ("unresolve", "unresolved") } else { ("resolve", "resolved") };
    let path = format!("/api/errors/{}/{action}", seeded.id);
    let answer = server.put(&path).key(ADMIN).send().await;
    assert_eq!(answer.status, 200, "{}", answer.json());
    settled.send_modify(|settled| (settled.status, settled.ended) = (status, settled.begun));
}

async fn tell_redis(engines: &Engines, command: &str) {
    let url = engines.redis_url();
    let address = url.trim_start_matches("redis://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
    let mut answer = [0; 5];
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"+OK\r\n");
}

#[tokio::test]
async fn reads_go_on_and_are_never_stale_whatever_happens_to_redis() {
    let mut engines = Engines::start(&[EngineKind::Redis]).await.unwrap();
    let url = engines.redis_url();
    let server = Server::start_with(&[("REDIS_URL", &url)]).await;
    let other = server.beside(&[("REDIS_URL", &url)]).await;
    let seeded = Seed::error("read all the time").store(&server.db).await;
    warm(&server).await;
    let (settled, watching) = watch::channel(Settled { status: "unresolved", begun: 0, ended: 0 });
    let readers = Readers::start(&server, &watching);
    // Redis works again, and each instance shows what is.
    let recovered = async || {
        let now = settled.borrow().status;
        server.until("/api/errors", |answer| answer.header("x-cache") == Some("hit")).await;
        other.until("/api/errors", |answer| status(answer) == now).await;
    };
    // Well, slow, and slower than anybody waits.
    for pause_ms in [0, 100, 1_000] {
        tell_redis(&engines, &format!("CLIENT PAUSE {pause_ms} ALL")).await;
        for _ in 0..3 {
            change(&server, &seeded, &settled).await;
            readers.answer(30).await;
        }
        recovered().await;
    }
    // It forgets everything.
    for _ in 0..3 {
        tell_redis(&engines, "FLUSHALL").await;
        change(&server, &seeded, &settled).await;
        readers.answer(30).await;
    }
    recovered().await;
    // It stands still, and goes on where it was.
    engines.pause(EngineKind::Redis);
    change(&server, &seeded, &settled).await;
    readers.answer(100).await;
    engines.resume(EngineKind::Redis);
    readers.answer(50).await;
    recovered().await;
    // It dies and comes back empty.
    engines.kill(EngineKind::Redis).await;
    change(&server, &seeded, &settled).await;
    readers.answer(100).await;
    engines.restart(EngineKind::Redis).await.unwrap();
    recovered().await;
    change(&server, &seeded, &settled).await;
    readers.answer(50).await;

    readers.end().await;
    other.end().await;
    server.stop().await;
    engines.stop().await;
}
