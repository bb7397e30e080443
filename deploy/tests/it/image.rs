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
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    check_health(nobody, false);
}

const FULL: &str = "# TYPE errata_spool_bytes gauge\nerrata_spool_bytes{reason=\"\"} 5000\n";
const EMPTY: &str = "# TYPE errata_spool_bytes gauge\nerrata_spool_bytes{reason=\"\"} 0\n";

#[track_caller]
fn check_drained(bodies: &'static [&'static str], seconds: &str, expected: Option<i32>) {
    let output = run("spool-drained", service("200 OK", bodies), seconds);
    assert_eq!(output.status.code(), expected, "{output:?}");
}

#[test]
fn an_instance_goes_when_its_spool_is_empty() {
    check_drained(&[FULL, FULL, EMPTY], "60", Some(0));
    check_drained(&["errata_broker_connected{reason=\"\"} 1\n"], "60", Some(0));
    check_drained(&[FULL], "1", Some(1));
}
