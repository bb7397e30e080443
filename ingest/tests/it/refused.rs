//! Bad requests: each is answered with its status, its code and the field, and costs no more than
//! its bounds.

use std::io::Write as _;

use http::{Method, StatusCode};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::place::Place;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn bad_requests_are_told_what_is_wrong() {
    let place = Place::new().await;
    let good = json!({"message": "m", "source": "s"}).to_string().into_bytes();
    let large = json!({"message": "m", "source": "s", "context": {"x": "y".repeat(1 << 20)}});
    let large = large.to_string().into_bytes();
    let bomb = gzip(&vec![b' '; 30 << 20]);
    let long_key = "k".repeat(256);
    type Case<'a> = (Method, &'a str, Vec<(&'a str, &'a str)>, Vec<u8>, u16, &'a str);
    let post = || Method::POST;
    let cases: Vec<Case<'_>> = vec![
        (post(), "/api/errors", vec![("x-api-key", "")], good.clone(), 401, "AUTHENTICATION_ERROR"),
        (
            post(),
            "/api/errors",
            vec![("x-api-key", "nope")],
            good.clone(),
            401,
            "AUTHENTICATION_ERROR",
        ),
        (post(), "/api/errors?project_id=99", vec![], good.clone(), 404, "NOT_FOUND"),
        (post(), "/api/errors?project_id=one", vec![], good.clone(), 400, "VALIDATION_ERROR"),
        (post(), "/api/errors", vec![("x-project-id", "99")], good.clone(), 404, "NOT_FOUND"),
        (
            post(),
            "/api/errors",
            vec![("content-type", "text/html")],
            good.clone(),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            post(),
            "/api/errors",
            vec![("content-encoding", "lzma")],
            good.clone(),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            post(),
            "/api/errors",
            vec![("content-encoding", "gzip, br")],
            good.clone(),
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        ),
        (
            post(),
            "/api/errors",
            vec![("content-encoding", "gzip")],
            good.clone(),
            400,
            "MALFORMED_JSON",
        ),
        (post(), "/api/errors", vec![("content-encoding", "gzip")], bomb, 413, "PAYLOAD_TOO_LARGE"),
        (post(), "/api/errors", vec![], large, 413, "PAYLOAD_TOO_LARGE"),
        (
            post(),
            "/api/errors",
            vec![("idempotency-key", &long_key)],
            good.clone(),
            400,
            "VALIDATION_ERROR",
        ),
        (post(), "/api/errors", vec![], Vec::new(), 400, "MALFORMED_JSON"),
        (post(), "/api/errors", vec![], b"{\"message\":".to_vec(), 400, "MALFORMED_JSON"),
        (post(), "/api/errors", vec![], b"\xff\xfe{}".to_vec(), 400, "MALFORMED_JSON"),
        (post(), "/api/errors", vec![], "[".repeat(100_000).into_bytes(), 400, "MALFORMED_JSON"),
        (post(), "/api/errors", vec![], b"{}".to_vec(), 400, "VALIDATION_ERROR"),
        (post(), "/api/errors", vec![], b"[]".to_vec(), 400, "VALIDATION_ERROR"),
        (post(), "/api/errors/batch", vec![], b"{".to_vec(), 200, ""),
        (post(), "/api/errors/batch", vec![], b"[{".to_vec(), 400, "MALFORMED_JSON"),
        (
            post(),
            "/api/errors/batch",
            vec![],
            "{}\n".repeat(1_001).into_bytes(),
            413,
            "PAYLOAD_TOO_LARGE",
        ),
        (Method::GET, "/api/errors", vec![], Vec::new(), 405, "METHOD_NOT_ALLOWED"),
        (Method::DELETE, "/api/errors/batch", vec![], Vec::new(), 405, "METHOD_NOT_ALLOWED"),
        (post(), "/api/stats", vec![], good.clone(), 404, "NOT_FOUND"),
        (post(), "/api%2Ferrors", vec![], good.clone(), 404, "NOT_FOUND"),
    ];
    for (method, path, headers, body, status, code) in cases {
        let case = format!("{method} {path} {headers:?} {} bytes", body.len());
        let answer = place.send(method, path, &headers, body).await;
        assert_eq!(answer.status.as_u16(), status, "{case}: {}", answer.body);
        if status == 200 {
            assert_eq!(answer.body["data"]["rejected"], 1, "{case}");
            continue;
        }
        assert_eq!(answer.body["code"], code, "{case}: {}", answer.body);
        assert_eq!(answer.body["status"], "error", "{case}");
        assert!(answer.body["error"].is_string() && answer.body["details"].is_object(), "{case}");
        let id = answer.headers.get("x-request-id").unwrap().to_str().unwrap();
        assert_eq!(answer.body["request_id"], id, "{case}");
    }
    place.stop().await;
}

#[tokio::test]
async fn a_key_of_one_project_submits_to_no_other() {
    let place = Place::new().await;
    let pool = {
        let lookup = |name: &str| (name == "DATABASE_URL").then(|| place.sandbox.database_url());
        let settings = shared::config::Settings::new(&lookup);
        let config = shared::config::PostgresConfig::read(&settings, 1);
        shared::postgres::pool(&config, "test", std::time::Duration::from_secs(5)).unwrap()
    };
    let dsn_key: uuid::Uuid = pool
        .get()
        .await
        .unwrap()
        .query_one("INSERT INTO projects (name, slug) VALUES ('Two', 'two') RETURNING dsn_key", &[])
        .await
        .unwrap()
        .get(0);
    pool.close();
    let key = dsn_key.simple().to_string();
    let body = json!({"message": "m", "source": "s"}).to_string();
    // The key works as soon as the table has been polled again.
    let headers = [("x-api-key", key.as_str())];
    let accepted = async {
        loop {
            let answer = place.send(Method::POST, "/api/errors", &headers, body.clone()).await;
            if answer.status == StatusCode::CREATED {
                return answer;
            }
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    let answer = tokio::time::timeout(std::time::Duration::from_secs(5), accepted).await.unwrap();
    assert_eq!(answer.body["data"]["project_id"], 2);
    let other = place.send(Method::POST, "/api/errors?project_id=1", &headers, body).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    place.stop().await;
}

#[tokio::test]
async fn a_body_that_never_ends_is_refused_at_its_bound() {
    let place = Place::new().await;
    let address = place.base.replace("http://", "");
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /api/errors HTTP/1.1\r\nHost: {address}\r\nX-API-Key: test-api-key\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    // Ingest answers and hangs up long before this is through.
    for _ in 0..64 {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = Vec::new();
    // The rest of what was written may reset the connection behind the answer.
    drop(stream.read_to_end(&mut answer).await);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    // The service is as well as before.
    let body = json!({"message": "m", "source": "s"}).to_string();
    assert_eq!(place.post("/api/errors", &body).await.status, StatusCode::CREATED);
    place.stop().await;
}
