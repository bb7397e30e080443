//! Keys that only certain pages may use.

use http::{Method, StatusCode};

use crate::place::Place;

const EVENT: &str = r#"{"message": "m", "source": "s"}"#;

#[tokio::test]
async fn a_key_works_only_in_pages_that_it_names() {
    let place = Place::new().await;
    let columns = "allowed_origins = '{https://shop.example}'";
    place.make_key("of-the-shop", columns, |answer| answer.status != 401).await;
    let post = async |key: &str, origin: &str| {
        let headers = [("x-api-key", key), ("origin", origin)];
        place.send(Method::POST, "/api/errors", &headers, EVENT).await
    };
    // An empty one is not sent.
    for origin in ["", "https://shop.example"] {
        assert_eq!(post("of-the-shop", origin).await.status, StatusCode::CREATED, "{origin}");
    }
    let refused = post("of-the-shop", "https://evil.example").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert_eq!(refused.body["code"], "AUTHORIZATION_ERROR");
    assert_eq!(refused.body["details"]["origin"], "https://evil.example");
    // The page can read why.
    assert_eq!(refused.headers["access-control-allow-origin"], "*");
    // A key that names none works everywhere.
    assert_eq!(post("test-api-key", "https://evil.example").await.status, StatusCode::CREATED);
    place.stop().await;
}
