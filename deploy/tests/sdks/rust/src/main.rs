//! A shop in Rust: one handled failure, one message, one panic.

use std::env;
use std::thread;

use anyhow::Context as _;
use sentry::protocol::{Context, Map, Value};
use sentry::{Breadcrumb, ClientOptions, Level, User};

fn main() -> anyhow::Result<()> {
    let secret = env::var("SHOP_SECRET")?;
    let options = ClientOptions::new()
        .dsn(&env::var("SENTRY_DSN")?)
        .environment(env::var("SENTRY_ENVIRONMENT")?)
        .release(env::var("SENTRY_RELEASE")?)
        .send_default_pii(true)
        .attach_stacktrace(true);
    let _client = sentry::init(options);
    sentry::configure_scope(|scope| {
        scope.set_user(Some(User {
            id: Some("42".to_owned()),
            email: Some("mia@example.com".to_owned()),
            username: Some("mia".to_owned()),
            ..User::default()
        }));
        scope.set_tag("service", "shop");
        scope.set_context("form", Context::Other(form(&secret)));
        scope.set_extra("Authorization", format!("Bearer {secret}").into());
    });
    sentry::add_breadcrumb(Breadcrumb {
        category: Some("auth".to_owned()),
        message: Some("login".to_owned()),
        data: form(&secret),
        ..Breadcrumb::default()
    });

    if let Err(error) = price_of("desk") {
        sentry::integrations::anyhow::capture_anyhow(&error);
    }
    sentry::capture_message("Stock is counted by hand", Level::Warning);
    // The panic is reported by the hook; the program goes on to send what is left.
    let paid = thread::Builder::new().name("till".to_owned()).spawn(|| pay_cart(&[]))?.join();
    anyhow::ensure!(paid.is_err(), "an empty cart can not be paid");
    Ok(())
}

fn form(secret: &str) -> Map<String, Value> {
    let cookie = format!("session={secret}");
    let fields = [("password", secret), ("Cookie", &cookie), ("name", "mia")];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
}

#[inline(never)]
fn price_of(sku: &str) -> anyhow::Result<u32> {
    sku.parse::<u32>().context("the supplier's price can not be read")
}

#[inline(never)]
fn pay_cart(prices: &[u32]) -> u32 {
    prices.first().copied().expect("a cart has something in it")
}
