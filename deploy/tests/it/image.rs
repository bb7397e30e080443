//! The two scripts of the image, which ask a service over HTTP without an HTTP client.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Command, Output};
use std::thread;

/// A service that answers each request with the next of these bodies, the last one for ever.
fn service(status: &'static str, bodies: &'static [&'static str]) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            lines.take_while(|line| !line.is_empty()).for_each(drop);
            let body = bodies.get(number).or(bodies.last()).unwrap();
            let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\n\r\n{body}");
            (&stream).write_all(answer.as_bytes()).unwrap();
        }
    });
    port
}

/// A port on which nobody listens.
fn nobody() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn run(script: &str, port: u16, argument: &str) -> Output {
    let path = format!("{}/image/{script}", env!("CARGO_MANIFEST_DIR"));
    Command::new(path).args([&port.to_string(), argument]).output().unwrap()
}

#[track_caller]
fn check_health(port: u16, expected: bool) {
    let output = run("healthcheck", port, "/ready");
    assert_eq!(output.status.success(), expected, "{output:?}");
}

#[test]
fn a_service_is_healthy_when_it_says_so() {
    check_health(service("200 OK", &["{}"]), true);
    check_health(service("503 Service Unavailable", &["{}"]), false);
    check_health(nobody(), false);
}

const FULL: &str = "# TYPE errata_spool_bytes gauge\nerrata_spool_bytes{reason=\"\"} 5000\n";
const EMPTY: &str = "# TYPE errata_spool_bytes gauge\nerrata_spool_bytes{reason=\"\"} 0\n";

#[track_caller]
fn check_drained(port: u16, seconds: &str, expected: i32) {
    let output = run("spool-drained", port, seconds);
    assert_eq!(output.status.code(), Some(expected), "{output:?}");
}

#[test]
fn an_instance_goes_when_its_spool_is_empty() {
    check_drained(service("200 OK", &[FULL, FULL, EMPTY]), "60", 0);
    check_drained(service("200 OK\r\ncontent-length: 64", &[EMPTY]), "60", 0);
    check_drained(service("200 OK", &["errata_broker_connected{reason=\"\"} 1\n"]), "60", 0);
    check_drained(service("200 OK", &[FULL]), "1", 1);
}

#[test]
fn a_spool_that_nobody_tells_of_is_not_empty() {
    check_drained(nobody(), "0", 2);
    check_drained(service("503 Service Unavailable", &[EMPTY]), "0", 2);
    // Cut off before the line that would tell.
    check_drained(service("200 OK\r\ncontent-length: 500", &["# TYPE\n"]), "0", 2);
    // It takes the connection and says nothing.
    let silent = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    check_drained(silent.local_addr().unwrap().port(), "0", 2);
}
