//! The live feed through the edge: neither transport is held back on its way, and an event is told to
//! those who listen as it was answered to its client.

use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use http::Request;
use http_body_util::{BodyExt as _, Empty};
use hyper_util::client::legacy::Client as Http;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

use super::client::System;

/// A test waits no longer for a message.
const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn an_event_is_told_to_listeners_of_both_transports() {
    let system = System::start().await;
    let edge = system.services.edge_url();
    let address = edge.trim_start_matches("http://");
    let mut request = format!("ws://{address}/api/live").into_client_request().unwrap();
    request.headers_mut().insert("x-api-key", "test-api-key".parse().unwrap());
    let stream = TcpStream::connect(address).await.unwrap();
    let (mut socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    let request = Request::get(format!("{edge}/api/live")).header("x-api-key", "test-api-key");
    let http = Http::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    let answer = http.request(request.body(Empty::new()).unwrap()).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    assert!(!answer.headers().contains_key("content-encoding"));
    let mut events = answer.into_body();

    let hello = tokio::time::timeout(PATIENCE, socket.next()).await.unwrap();
    assert!(matches!(hello, Some(Ok(Message::Text(text))) if text.contains("hello")));
    let error = system.client.report(json!({"message": "told", "source": "x"})).await;
    let by_socket = async {
        loop {
            let message = socket.next().await.unwrap().unwrap();
            if let Message::Text(text) = message
                && tells(&serde_json::from_str(&text).unwrap(), &error["id"])
            {
                return;
            }
        }
    };
    let by_events = async {
        let mut text = String::new();
        loop {
            let data = events.frame().await.unwrap().unwrap().into_data().unwrap();
            text.push_str(std::str::from_utf8(&data).unwrap());
            let messages = text.split("\n\n").filter(|event| event.contains("event: errors\n"));
            let mut data = messages.filter_map(|event| event.split_once("data: "));
            if data.any(|(_, data)| {
                serde_json::from_str(data).is_ok_and(|data| tells(&data, &error["id"]))
            }) {
                return;
            }
        }
    };
    let both = async { tokio::join!(by_socket, by_events) };
    tokio::time::timeout(PATIENCE, both).await.expect("both should be told");
    drop((socket, events));
    system.stop().await;
}

fn tells(message: &Value, id: &Value) -> bool {
    message["new"].as_array().is_some_and(|new| new.iter().any(|error| error["id"] == *id))
}
