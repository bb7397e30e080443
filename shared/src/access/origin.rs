//! From which pages a key may be used in a browser.

use http::{HeaderMap, header};

use super::ApiKey;
use crate::api::{ApiError, Code};

/// Characters of a refused origin that are shown.
const SHOWN: usize = 200;

impl ApiKey {
    /// Refuses a request of a page that may not use the key. A request without `Origin` is none of a page
    /// of another origin. A key that is copied out of a page works everywhere else: this keeps pages
    /// apart, not programs.
    ///
    /// # Errors
    /// A refusal that names the origin.
    pub fn check_origin(&self, headers: &HeaderMap) -> Result<(), ApiError> {
        let Some(given) = headers.get(header::ORIGIN).filter(|_| !self.allowed_origins.is_empty())
        else {
            return Ok(());
        };
        let origin = String::from_utf8_lossy(given.as_bytes());
        if self.allowed_origins.iter().any(|allowed| is_same(allowed, &origin)) {
            return Ok(());
        }
        let shown: String = origin.chars().take(SHOWN).collect();
        let message = format!("This key may not be used by pages of {shown}");
        Err(ApiError::new(Code::Authorization, message).with_detail("origin", shown.into()))
    }
}

/// Scheme and host have no case, and people write a slash behind them.
fn is_same(allowed: &str, origin: &str) -> bool {
    allowed.trim_end_matches('/').eq_ignore_ascii_case(origin)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use uuid::Uuid;

    use super::*;
    use crate::access::Permissions;
    use crate::access::usage::LastUse;
    use crate::rate_limit::KeyLimits;

    fn check(allowed: &[&str], origin: Option<&[u8]>, expected: bool) {
        let key = ApiKey {
            id: Uuid::nil(),
            project_id: None,
            permissions: Permissions::default(),
            expires_at: None,
            limits: KeyLimits::default(),
            last_use: LastUse::default(),
            allowed_origins: allowed.iter().map(ToString::to_string).collect(),
        };
        let mut headers = HeaderMap::new();
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, HeaderValue::from_bytes(origin).unwrap());
        }
        let outcome = key.check_origin(&headers);
        assert_eq!(outcome.is_ok(), expected, "{allowed:?} {origin:?}");
        if let Err(error) = outcome {
            assert_eq!(error.code(), Code::Authorization);
        }
    }

    #[test]
    fn a_page_uses_a_key_only_from_where_it_may() {
        let shops: &[&str] = &["https://shop.example", "http://localhost:3000/"];
        check(&[], Some(b"https://any.example"), true);
        check(shops, None, true);
        check(shops, Some(b"https://shop.example"), true);
        check(shops, Some(b"HTTPS://Shop.Example"), true);
        check(shops, Some(b"http://localhost:3000"), true);
        check(shops, Some(b"http://localhost:3001"), false);
        check(shops, Some(b"http://shop.example"), false);
        check(shops, Some(b"https://shop.example.evil.example"), false);
        check(shops, Some(b"null"), false);
        check(shops, Some(b""), false);
        check(shops, Some(b"\xff\xfe"), false);
    }
}
