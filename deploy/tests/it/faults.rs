//! Engines that are killed and come back, and what is left of them in the end.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use deploy::engines::{EngineKind, Engines};
use lapin::options::{
    BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use tokio_postgres::NoTls;

use crate::processes::runs;

#[tokio::test]
async fn nothing_is_left_of_stopped_engines() {
    let engines = Engines::start(&EngineKind::ALL).await.unwrap();
    let pids: Vec<i32> = EngineKind::ALL.iter().flat_map(|kind| engines.pids(*kind)).collect();
    assert!(pids.len() > 5, "{pids:?}");
    assert!(pids.iter().all(|pid| runs(*pid)));
    let folder = engines.folder().to_owned();
    engines.stop().await;
    assert_eq!(pids.into_iter().filter(|pid| runs(*pid)).collect::<Vec<_>>(), [] as [i32; 0]);
    assert!(!folder.exists());
}

#[tokio::test]
async fn nothing_is_left_of_dropped_engines() {
    let engines = Engines::start(&[EngineKind::Redis]).await.unwrap();
    let pids = engines.pids(EngineKind::Redis);
    let folder = engines.folder().to_owned();
    drop(engines);
    assert!(!pids.into_iter().any(runs));
    assert!(!folder.exists());
}

#[tokio::test]
async fn postgres_keeps_what_was_committed() {
    let mut engines = Engines::start(&[EngineKind::Postgres]).await.unwrap();
    statement(&engines, "CREATE TABLE kept (n int); INSERT INTO kept VALUES (7)").await;
    kill(&mut engines, EngineKind::Postgres).await;
    engines.restart(EngineKind::Postgres).await.unwrap();
    statement(&engines, "DO $$ BEGIN ASSERT (SELECT n FROM kept) = 7; END $$").await;
    engines.stop().await;
}

#[tokio::test]
async fn postgres_logs_nothing_of_a_refused_row() {
    let engines = Engines::start(&[EngineKind::Postgres]).await.unwrap();
    // The statement is logged, so the value stands only in the row that it makes.
    let refused = "CREATE TABLE words (word text CONSTRAINT short CHECK (length(word) < 9));
        INSERT INTO words SELECT repeat('tell', 3)";
    try_statement(&engines, refused).await.unwrap_err();
    let log = fs::read_to_string(engines.logs().join("postgres.log")).unwrap();
    assert!(log.contains("violates check constraint \"short\""), "{log}");
    assert!(!log.contains("telltelltell"), "{log}");
    engines.stop().await;
}

#[tokio::test]
async fn rabbitmq_keeps_what_was_confirmed() {
    let mut engines = Engines::start(&[EngineKind::RabbitMq]).await.unwrap();
    declare(&channel(&engines).await).await;
    // The broker notes a new quorum queue on disk within seconds, or when it ends in order. Messages
    // are safe from their confirmation on, but only in a queue that was noted.
    engines.restart(EngineKind::RabbitMq).await.unwrap();
    publish(&channel(&engines).await).await;
    kill(&mut engines, EngineKind::RabbitMq).await;
    engines.restart(EngineKind::RabbitMq).await.unwrap();
    let channel = channel(&engines).await;
    let options = BasicGetOptions { no_ack: true };
    let message = channel.basic_get("kept".into(), options).await.unwrap().unwrap();
    assert_eq!(message.delivery.data, b"seven");
    engines.stop().await;
}

#[tokio::test]
async fn redis_comes_back_empty() {
    let mut engines = Engines::start(&[EngineKind::Redis]).await.unwrap();
    assert_eq!(ask_redis(&engines, "SET cached 7"), "+OK\r\n");
    kill(&mut engines, EngineKind::Redis).await;
    engines.restart(EngineKind::Redis).await.unwrap();
    assert_eq!(ask_redis(&engines, "GET cached"), "$-1\r\n");
    engines.stop().await;
}

/// Kills an engine and makes sure that every process of it is gone.
async fn kill(engines: &mut Engines, kind: EngineKind) {
    let pids = engines.pids(kind);
    assert!(pids.iter().any(|pid| runs(*pid)));
    engines.kill(kind).await;
    assert!(!pids.into_iter().any(runs));
}

async fn statement(engines: &Engines, statement: &str) {
    try_statement(engines, statement).await.unwrap();
}

async fn try_statement(engines: &Engines, statement: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) =
        tokio_postgres::connect(&engines.postgres_url(), NoTls).await.unwrap();
    let driver = shared::lifecycle::spawn(connection);
    let outcome = client.batch_execute(statement).await;
    drop(client);
    driver.await.unwrap().unwrap();
    outcome
}

async fn channel(engines: &Engines) -> Channel {
    let properties = ConnectionProperties::default();
    let connection = Connection::connect(&engines.amqp_url(), properties).await.unwrap();
    connection.create_channel().await.unwrap()
}

async fn declare(channel: &Channel) {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
    let options = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare("kept".into(), options, arguments).await.unwrap();
}

async fn publish(channel: &Channel) {
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    declare(channel).await;
    let properties = BasicProperties::default().with_delivery_mode(2);
    let options = BasicPublishOptions::default();
    let confirm = channel.basic_publish("".into(), "kept".into(), options, b"seven", properties);
    assert!(confirm.await.unwrap().await.unwrap().is_ack());
}

fn ask_redis(engines: &Engines, command: &str) -> String {
    let url = engines.redis_url();
    let address = url.trim_start_matches("redis://").split('/').next().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
    let mut answer = [0; 64];
    let length = stream.read(&mut answer).unwrap();
    String::from_utf8(answer[..length].to_vec()).unwrap()
}
