//! Programs with live SDKs, which know of us by the DSN alone: what they report, and how they take it to
//! be told to wait. `deploy/tests/sdks` holds their sources and gets ready what they need.
//!
//! What SDKs sent once, byte for byte, is in `sdk`.

mod limits;
mod program;
mod shown;

pub(super) use self::program::node;
use self::program::{Program, SECRET};
use self::shown::Shown;
use super::client::System;

#[tokio::test]
#[ignore = "needs packages of Python"]
async fn a_service_on_fastapi() {
    let system = System::start().await;
    let shop = Program::fastapi(&system).await;
    assert_eq!(shop.get("/orders/average").await, 500);
    assert_eq!(shop.log_in().await, 500);
    assert_eq!(shop.put("/articles/desk").await, 200);
    assert_eq!(shop.put("/articles/desk").await, 409);
    assert_eq!(shop.get("/articles/chair").await, 404);
    assert_eq!(shop.get("/prices/desk").await, 503);
    assert_eq!(shop.post("/payouts").await, 200);
    assert_eq!(shop.post("/notices").await, 200);
    let unhandled = |title, culprit, top| Shown::new("error", title, culprit, top).unhandled();
    let taken = "IntegrityError: (sqlite3.IntegrityError) UNIQUE constraint failed: articles.slug";
    let expected = [
        unhandled(
            "ZeroDivisionError: division by zero",
            "average_total in app.py",
            "average_total",
        ),
        unhandled("KeyError: 'mia'", "check_password in app.py", "check_password"),
        Shown::new("error", taken, "put_article in app.py", "put_article"),
        // A line of the log, which is a JSON document, goes by its event's text.
        Shown::new("error", "Application error", "shop_error in failures.py", "shop_error"),
        Shown::new("error", "Application error", "shop_error in failures.py", "shop_error"),
        // With a traceback in that line it goes by what was raised.
        Shown::new("error", "ValueError: Payout failed", "pay_out in app.py", ""),
        Shown::new("error", "SupplierDown: no price of desk", "price in app.py", "price"),
        Shown::new("warning", "Stock is counted by hand", "notice in app.py", "notice"),
    ];
    let events = shown::check(&system, "python", &expected).await;
    let login = shown::titled(&events, "KeyError: 'mia'");
    shown::assert_filtered(
        login,
        &[
            "/request/headers/authorization",
            "/request/cookies",
            "/request/data/password",
            "/contexts/form/password",
            "/breadcrumbs/0/data/password",
            "/exceptions/0/frames/0/vars/password",
        ],
    );
    shop.end().await;
    system.stop().await;
}

#[tokio::test]
#[ignore = "needs Node.js and its packages"]
async fn a_service_on_express() {
    let system = System::start().await;
    let shop = Program::express(&system).await;
    assert_eq!(shop.get("/carts/7/total").await, 500);
    assert_eq!(shop.log_in().await, 500);
    assert_eq!(shop.get("/prices/desk").await, 503);
    assert_eq!(shop.post("/notices").await, 200);
    let no_items = "TypeError: Cannot read properties of undefined (reading 'reduce')";
    let no_account = "RangeError: no account of 3 letters with string";
    let unhandled = |title, culprit, top| Shown::new("error", title, culprit, top).unhandled();
    let expected = [
        unhandled(no_items, "totalOf in express", "totalOf"),
        unhandled(no_account, "checkPassword in express", "checkPassword"),
        Shown::new("error", "Error: the supplier does not answer", "express", "?"),
        Shown::new("warning", "Stock is counted by hand", "express", "?"),
    ];
    let events = shown::check(&system, "node", &expected).await;
    shown::assert_filtered(
        shown::titled(&events, no_account),
        &[
            "/request/headers/authorization",
            "/request/headers/cookie",
            "/request/cookies",
            "/contexts/form/password",
            "/breadcrumbs/1/data/password",
        ],
    );
    shop.end().await;
    system.stop().await;
}

#[tokio::test]
#[ignore = "needs Node.js, its packages and a browser"]
async fn a_page_in_a_browser() {
    let system = System::start().await;
    let page = Program::page(&system).await;
    let browser = Program::browser(&format!("{}/?password={SECRET}", page.url()));
    let no_items = "TypeError: Cannot read properties of undefined (reading 'length')";
    let unhandled = |title, culprit, top| Shown::new("error", title, culprit, top).unhandled();
    let expected = [
        unhandled(no_items, "payCart in shop", "payCart"),
        Shown::new("error", "RangeError: no price of 4", "askPrice in shop", "askPrice"),
        unhandled("TypeError: the order can not be sent", "sendOrder in shop", "sendOrder"),
        Shown::new("warning", "Stock is counted by hand", "shop", "?"),
    ];
    let events = shown::check(&system, "javascript", &expected).await;
    let paths = ["password", "Authorization", "Cookie"].map(|it| format!("/contexts/form/{it}"));
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let unpaid = shown::titled(&events, no_items);
    shown::assert_filtered(unpaid, &[&paths[..], &["/breadcrumbs/0/data/password"]].concat());
    let url = unpaid["request"]["url"].as_str().unwrap();
    assert!(url.ends_with("/?password=[Filtered]"), "{url}");
    browser.end().await;
    page.end().await;
    system.stop().await;
}

#[tokio::test]
#[ignore = "needs packages of Rust"]
async fn a_program_in_rust() {
    let system = System::start().await;
    let shop = Program::rust(&system).await;
    let no_price = "Error: the supplier's price can not be read";
    let expected = [
        Shown::new(
            "fatal",
            "panic: a cart has something in it",
            "pay_cart in shop",
            "shop::pay_cart",
        )
        .unhandled(),
        Shown::new("error", no_price, "price_of in shop", "shop::price_of"),
        Shown::new("warning", "Stock is counted by hand", "main in shop", "shop::main"),
    ];
    let events = shown::check(&system, "native", &expected).await;
    shown::assert_filtered(
        shown::titled(&events, no_price),
        &[
            "/contexts/form/password",
            "/contexts/form/Cookie",
            "/extra/Authorization",
            "/breadcrumbs/0/data/password",
        ],
    );
    shop.end().await;
    system.stop().await;
}
