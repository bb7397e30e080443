//! The files of the dashboard: what they may do, how long they are kept, and how they are packed.

use crate::support::{Answer, Server};

/// Addresses of pages, all of which are the one document.
const PAGES: [&str; 6] = ["/", "/errors", "/errors/x", "/settings/team", "/login", "/invite"];

fn script_of(page: &Answer) -> String {
    let text = String::from_utf8(page.bytes.to_vec()).unwrap();
    text.split('"').find(|part| part.ends_with("/app.js")).unwrap().to_owned()
}

#[tokio::test]
async fn every_page_is_the_document_under_a_strict_policy() {
    let server = Server::start().await;
    for path in PAGES {
        let page = server.get(path).send().await;
        assert_eq!(
            (page.status, page.header("content-type")),
            (200, Some("text/html; charset=utf-8"))
        );
        let policy = page.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        for lax in ["unsafe", "*", "http:", "https:", "data:"] {
            assert!(!policy.contains(lax), "{policy}");
        }
        for part in
            ["frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"]
        {
            assert!(policy.contains(part), "{policy}");
        }
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(page.header("cache-control"), Some("no-cache"));
    }
    server.get("/nothing").send().await.fails(404, "NOT_FOUND");
    server.stop().await;
}

#[tokio::test]
async fn files_are_kept_for_good_and_packed() {
    let server = Server::start().await;
    let address = script_of(&server.get("/").send().await);
    let plain = server.get(&address).send().await;
    assert_eq!(plain.status, 200);
    assert_eq!(plain.header("cache-control"), Some("public, max-age=31536000, immutable"));
    let packed = server.get(&address).header("accept-encoding", "br, gzip;q=0.8").send().await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(packed.bytes.len() < plain.bytes.len());
    assert_eq!(packed.header("vary"), Some("accept-encoding"));
    let head = server.ask("HEAD", &address).send().await;
    assert_eq!((head.status, head.bytes.len()), (200, 0));
    server.stop().await;
}

#[tokio::test]
async fn what_a_browser_has_is_not_sent_again() {
    let server = Server::start().await;
    let page = server.get("/errors").send().await;
    let etag = page.header("etag").unwrap();
    let weak = format!("\"other\", W/{etag}");
    for known in [etag, weak.as_str()] {
        let again = server.get("/errors").header("if-none-match", known).send().await;
        assert_eq!((again.status, again.bytes.len()), (304, 0));
        assert_eq!(again.header("etag"), Some(etag));
    }
    let other = server.get("/errors").header("if-none-match", "\"other\"").send().await;
    assert_eq!(other.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn files_of_other_versions_are_not_there_and_none_is_written_to() {
    let server = Server::start().await;
    for path in
        ["/assets/0123456789abcdef/app.js", "/assets/-/app.js", "/assets/x/../../etc/passwd"]
    {
        server.get(path).send().await.fails(404, "NOT_FOUND");
    }
    let refused = server.post("/errors").send().await;
    refused.fails(405, "METHOD_NOT_ALLOWED");
    assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"));
    server.stop().await;
}
