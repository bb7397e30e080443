//! SIGTERM: finish what was accepted, then exit 0.

use std::time::Duration;

use deploy::services::Service;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::System;

#[tokio::test]
async fn a_request_that_was_begun_is_answered() {
    let mut system = System::start().await;
    let address = system.services.url(Service::Ingest).replace("http://", "");
    let body = json!({"message": "the last one", "source": "shutdown"}).to_string();
    let (head, last) = body.split_at(body.len() - 1);
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let request = format!(
        "POST /api/errors HTTP/1.1\r\nHost: {address}\r\nX-API-Key: test-api-key\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{head}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();

    // The request is being served when the signal comes: its last byte is sent after it.
    let answered = async {
        not_accepting(&address).await;
        stream.write_all(last.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let (status, answer) = tokio::join!(system.services.terminate(Service::Ingest), answered);
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(status.unwrap().code(), Some(0));
    system.drained(1).await.assert_all(1);
    system.stop().await;
}

#[tokio::test]
async fn services_exit_cleanly_and_the_queue_keeps_the_rest() {
    let mut system = System::start().await;
    let status = system.services.terminate(Service::Worker).await;
    assert_eq!(status.unwrap().code(), Some(0));
    for _ in 0..20 {
        system
            .client
            .report(json!({"message": "while the worker is away", "source": "shutdown"}))
            .await;
    }
    assert_eq!(system.counts().await.counted, 0);
    system.services.restart(Service::Worker).await.unwrap();
    system.drained(20).await.assert_all(20);
    for service in [Service::Worker, Service::QueryApi, Service::Ingest] {
        let status = system.services.terminate(service).await;
        assert_eq!(status.unwrap().code(), Some(0), "{service}");
    }
    system.stop().await;
}

/// Waits until the port refuses connections.
async fn not_accepting(address: &str) {
    let waiting = async {
        while TcpStream::connect(address).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap();
}
