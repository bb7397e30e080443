//! A webhook of the administrator's own: a signed JSON object.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, HeaderValue};
use ring::hmac;
use serde_json::{Map, Value, json};

use super::error::SendError;
use super::http::{Line, Post, parse_url, post};
use super::message::{Delivery, shortened};
use crate::config::Secret;

/// `t=<seconds>,v1=<hex of HMAC-SHA256 over "<t>.<body>">`.
pub const X_ERRATA_SIGNATURE: HeaderName = HeaderName::from_static("x-errata-signature");

/// The delivery's id, the same whenever it is sent again.
pub const X_ERRATA_DELIVERY: HeaderName = HeaderName::from_static("x-errata-delivery");

/// Receivers need not read long texts.
const MAX_TEXT: usize = 10_000;

/// Where to post, and what to sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// The URL. It may hold a token, so it is a secret as a whole.
    pub url: Secret,
    /// The key of the signature; without one nothing is signed.
    pub secret: Option<Secret>,
}

pub(super) async fn send(
    line: &Line,
    webhook: &Webhook,
    delivery: &Delivery,
    now: DateTime<Utc>,
) -> Result<(), SendError> {
    let body = Bytes::from(body(delivery, now).to_string());
    let headers = headers(webhook.secret.as_ref(), delivery, &body, now)?;
    let url = parse_url(webhook.url.expose())?;
    let reply = post(line, Post { url, content_type: "application/json", headers, body }).await?;
    // What a stranger answers could quote the URL.
    reply.accepted(|_| None)
}

fn body(delivery: &Delivery, now: DateTime<Utc>) -> Value {
    let message = &delivery.message;
    let fields: Map<String, Value> =
        message.fields.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    json!({
        "delivery_id": delivery.id,
        "type": message.kind,
        "sent_at": crate::time::format(now),
        "title": message.title,
        "text": shortened(&message.text, MAX_TEXT),
        "severity": message.severity,
        "link": message.link,
        "fields": fields,
        "data": message.data,
    })
}

fn headers(
    secret: Option<&Secret>,
    delivery: &Delivery,
    body: &[u8],
    now: DateTime<Utc>,
) -> Result<HeaderMap, SendError> {
    let compose = |error: http::header::InvalidHeaderValue| SendError::Compose(error.into());
    let mut headers = HeaderMap::new();
    let id = HeaderValue::try_from(delivery.id.to_string()).map_err(compose)?;
    headers.insert(X_ERRATA_DELIVERY, id);
    if let Some(secret) = secret {
        let signature = signature(secret, now.timestamp(), body);
        let signature = HeaderValue::try_from(signature).map_err(compose)?;
        headers.insert(X_ERRATA_SIGNATURE, signature);
    }
    Ok(headers)
}

/// The time stands in what is signed, so that a receiver can refuse what somebody sends it again.
fn signature(secret: &Secret, seconds: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let mut signing = hmac::Context::with_key(&key);
    signing.update(format!("{seconds}.").as_bytes());
    signing.update(body);
    format!("t={seconds},v1={}", hex::encode(signing.sign()))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::super::message::Message;
    use super::*;

    #[test]
    fn the_signature_is_what_openssl_computes() {
        // printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac 'a-secret-of-the-receiver'
        let signed =
            signature(&Secret::new("a-secret-of-the-receiver"), 1_700_000_000, br#"{"a":1}"#);
        assert_eq!(
            signed,
            "t=1700000000,v1=e9c3021419e9bf757fc8b6233de1016855866ce525fdeb3ed3f44f46efc14273"
        );
    }

    #[test]
    fn a_message_becomes_an_object_with_every_field() {
        let id = Uuid::from_u128(7);
        let message = Message::new("test", "A test", "It works.");
        let now = crate::time::parse("2025-08-29T12:00:00Z").unwrap();
        let sent = body(&Delivery { id, message }, now);
        assert_eq!(
            sent,
            json!({
                "delivery_id": "00000000-0000-0000-0000-000000000007", "type": "test",
                "sent_at": "2025-08-29T12:00:00.000Z", "title": "A test", "text": "It works.",
                "severity": null, "link": null, "fields": {}, "data": null,
            })
        );
    }
}
