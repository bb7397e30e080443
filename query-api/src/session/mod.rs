//! Browsers that are logged in: a key is shown once and exchanged for a cookie, which counts as the
//! key wherever no key is given.
//!
//! `login` and `logout` begin and end a session; here is what the cookie of a request means. A session
//! may what its key may at that moment, and ends with it; its end is heard of within a second. Only the
//! hash of the token is stored, so a look-up by it tells nothing about a stored one.
//!
//! Pages of others can't use the cookie: it is `SameSite=Strict`; requests of other origins of the
//! same site (another port, a sibling host) are refused by what browsers say of them; and a change
//! needs a header that no form can send and that no preflight of ours allows along with a cookie.

mod known;
mod login;
mod logout;
mod page;

use std::collections::HashSet;
use std::time::Duration;

use deadpool_postgres::Pool;
use http::header::{self, HeaderValue};
use http::{HeaderMap, HeaderName, Method};
use shared::access::{AccessTable, ApiKey, KeyHash, Minted};
use shared::api::{ApiError, Code};
use shared::postgres::DbError;
use tokio::time::Instant;
use uuid::Uuid;

pub(crate) use known::Known;
pub(crate) use login::login;
pub(crate) use logout::logout;

use crate::app::App;
use crate::db;
use known::Memory;

/// The cookie that holds the token.
const COOKIE: &str = "errata_session";

/// How long a session lasts. Long enough for a week of work, and short enough to be forgotten by.
const LIFETIME: Duration = Duration::from_hours(7 * 24);

/// What changes by a session must bring.
const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// A session that a request was let in by, known by the hash of its token. It stands in the extensions
/// of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Session(KeyHash);

/// Which of these sessions go on.
pub(crate) async fn living(
    pool: &Pool,
    sessions: &HashSet<Session>,
) -> Result<HashSet<Session>, DbError> {
    let client = db::client(pool).await?;
    let hashes: Vec<&[u8]> = sessions.iter().map(|session| session.0.0.as_slice()).collect();
    let sql = include_str!("sql/living.sql");
    let rows = db::query(&client, "look which sessions go on", sql, &[&hashes]).await?;
    let hashes = rows.iter().filter_map(|row| row.get::<_, &[u8]>("token_hash").try_into().ok());
    Ok(hashes.map(|hash| Session(KeyHash(hash))).collect())
}

/// The session that a request names by its cookie, and its key.
pub(crate) async fn key<'a>(
    app: &App,
    access: &'a AccessTable,
    method: &Method,
    headers: &HeaderMap,
) -> Result<(&'a ApiKey, Session), ApiError> {
    let Some(token) = token(headers) else {
        let message = "Give your API key in the header X-API-Key";
        return Err(ApiError::new(Code::Authentication, message));
    };
    page::check(app, headers)?;
    if !method.is_safe() && !headers.contains_key(X_REQUESTED_WITH) {
        let message = "A change by a session needs the header X-Requested-With";
        return Err(ApiError::new(Code::Authorization, message));
    }
    let session = Session(KeyHash::of(token));
    let key = find(app, session).await?.and_then(|id| access.key_by_id(id, shared::time::now()));
    let key = key.ok_or_else(|| {
        ApiError::new(Code::Authentication, "The session has ended; log in again")
    })?;
    key.note_use(shared::time::now());
    Ok((key, session))
}

async fn find(app: &App, session: Session) -> Result<Option<Uuid>, ApiError> {
    // A stranger has proved nothing yet, and waits with those who have no key.
    let _turn = match app.sessions.recall(session) {
        Memory::Fresh(key) => return Ok(Some(key)),
        Memory::Old => app.session_turn().await?,
        Memory::Nothing => app.open_turn().await?,
    };
    // Another request of the same page may have asked meanwhile.
    if let Memory::Fresh(key) = app.sessions.recall(session) {
        return Ok(Some(key));
    }
    let begun_at = Instant::now();
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let values: db::Params<'_> = &[&session.0.0.as_slice()];
    let sql = include_str!("sql/find.sql");
    let rows = db::query(&client, "find a session", sql, values).await.map_err(db::failure)?;
    let key = rows.first().map(|row| row.get("key_id"));
    match key {
        Some(key) => app.sessions.found(session, key, begun_at),
        None => app.sessions.ended(session),
    }
    Ok(key)
}

/// The token in the cookie, where it has the form of one.
fn token(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    let pairs = cookies.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(';'));
    let mut named = pairs.filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='));
    named.find(|text| Minted::is_token(text))
}

/// The cookie with this token, for so many seconds; none at all takes it away.
fn cookie(app: &App, token: &str, seconds: i64) -> Result<HeaderValue, ApiError> {
    let secure = if app.public_url.starts_with("https://") { "; Secure" } else { "" };
    let text = format!(
        "{COOKIE}={token}; Path=/api; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}"
    );
    HeaderValue::from_str(&text).map_err(ApiError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(cookies: &[&'static str], expected: Option<&str>) {
        let mut headers = HeaderMap::new();
        for cookie in cookies {
            headers.append(header::COOKIE, HeaderValue::from_static(cookie));
        }
        assert_eq!(token(&headers), expected, "{cookies:?}");
    }

    #[test]
    fn the_token_is_found_among_other_cookies() {
        const TOKEN: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        const ALONE: &str =
            "errata_session=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
        const AMONG: &str = "a=b; errata_session=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef;c";
        check(&[], None);
        check(&["errata_session=", "errata_session"], None);
        check(&["errata_session=nonsense"], None);
        check(&["errata_session_2=0"], None);
        check(&[ALONE], Some(TOKEN));
        check(&[AMONG], Some(TOKEN));
        check(&["errata_session=old", "x=y", ALONE], Some(TOKEN));
    }
}
