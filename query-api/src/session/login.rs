//! `POST /api/login`: open to everybody, with a key as the proof.

use std::sync::Arc;

use axum::response::Response;
use chrono::{DateTime, Utc};
use http::header;
use serde::Serialize;
use shared::access::{ApiKey, Minted, Permission};
use shared::api::ApiError;
use shared::ids::ProjectId;
use shared::routes::Needs;

use super::{LIFETIME, Session, cookie, page};
use crate::app::App;
use crate::body::BodyFields;
use crate::call::OpenCall;
use crate::routes::Answer;
use crate::{db, endpoint, success};

/// Longer texts are no keys.
const MAX_KEY: usize = 200;

/// Sessions of one key: as many browsers as one person, or a small team with one key, has. Whoever
/// logs in once more ends the oldest.
const MAX_SESSIONS: i64 = 50;

/// Who is logged in, and what they may do.
#[derive(Debug, Serialize)]
struct SessionObject {
    /// The member whose key it is, or the key.
    name: String,
    permissions: Vec<&'static str>,
    project_id: Option<ProjectId>,
    #[serde(with = "shared::time::json")]
    expires_at: DateTime<Utc>,
}

/// `POST /api/login`.
pub(crate) async fn login(app: Arc<App>, call: OpenCall) -> Answer {
    let headers = call.headers().clone();
    page::check(&app, &headers)?;
    let mut body = BodyFields::new(call.object().await?);
    let text = body.required("api_key", |body| body.line("api_key", MAX_KEY));
    body.finish()?;
    let access = endpoint::access(&app)?;
    let key = endpoint::find_key(&access, text.as_deref())?;
    key.check_origin(&headers)?;
    // Whoever may read nothing would be let in to nothing but refusals.
    endpoint::authorize(key, Needs::Key(Permission::Read))?;
    let token = Minted::token().map_err(ApiError::internal)?;
    let session = begin(&app, key, &token).await?;
    app.sessions.began(Session(token.hash), key.id);
    let seconds = (session.expires_at - shared::time::now()).num_seconds().max(0);
    let cookie = cookie(&app, &token.text, seconds)?;
    let mut response: Response = success::ok(session);
    response.headers_mut().insert(header::SET_COOKIE, cookie);
    Ok(response)
}

async fn begin(app: &App, key: &ApiKey, token: &Minted) -> Result<SessionObject, ApiError> {
    let client = db::client(&app.pool).await.map_err(db::failure)?;
    let seconds = LIFETIME.as_secs_f64();
    let values: db::Params<'_> = &[&token.hash.0.as_slice(), &key.id, &seconds, &MAX_SESSIONS];
    let sql = include_str!("sql/begin.sql");
    let rows = db::query(&client, "begin a session", sql, values).await.map_err(db::failure)?;
    // A key that was deleted a moment ago may still be known to this process.
    let row = rows.first().ok_or_else(endpoint::unknown_key)?;
    let allowed = Permission::ALL.into_iter().filter(|known| key.permissions.allow(*known));
    Ok(SessionObject {
        name: row.get("name"),
        permissions: allowed.map(Permission::as_str).collect(),
        project_id: key.project_id,
        expires_at: row.get("expires_at"),
    })
}
