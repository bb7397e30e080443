//! `POST /api/logout`.

use std::sync::Arc;

use axum::response::IntoResponse as _;
use http::{StatusCode, header};
use shared::access::KeyHash;

use super::{Session, cookie, page, token};
use crate::app::App;
use crate::call::OpenCall;
use crate::db;
use crate::routes::Answer;

/// `POST /api/logout`: ends the session of the cookie, if there is one, and takes the cookie away.
pub(crate) async fn logout(app: Arc<App>, call: OpenCall) -> Answer {
    page::check(&app, call.headers())?;
    if let Some(token) = token(call.headers()) {
        let _turn = app.open_turn().await?;
        let client = db::client(&app.pool).await.map_err(db::failure)?;
        let session = Session(KeyHash::of(token));
        let values: db::Params<'_> = &[&session.0.0.as_slice()];
        let sql = include_str!("sql/end.sql");
        db::execute(&client, "end a session", sql, values).await.map_err(db::failure)?;
        app.sessions.ended(session);
    }
    let cookie = cookie(&app, "", 0)?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
