//! `POST /api/settings/team/accept`: open to everybody, with the token as the proof.
//!
//! What an unknown caller can cost is bounded: a small body, a token of the right form or no question
//! to the database at all, few such questions at once, and one look-up by an index for a wrong token.
//! Look-ups go by the token's hash, so their time tells nothing about a stored one.

use std::sync::Arc;

use deadpool_postgres::Transaction;
use serde_json::Value;
use shared::access::{self, KeyGrant, KeyHash, Minted};
use shared::api::{ApiError, Code};
use shared::audit::Member;
use uuid::Uuid;

use super::view::{self, JoinedObject, MemberObject};
use super::{MAX_NAME, get};
use crate::app::App;
use crate::body::BodyFields;
use crate::call::OpenCall;
use crate::db;
use crate::routes::Answer;
use crate::settings::api_keys;
use crate::settings::audit::{self, Action, Actor, Changes, Target};
use crate::success;

/// Longer texts are told apart from tokens by their length alone.
const MAX_TOKEN: usize = 200;

/// `POST /api/settings/team/accept`.
pub(crate) async fn accept(app: Arc<App>, call: OpenCall) -> Answer {
    let request_id = Arc::clone(call.request_id());
    let mut body = BodyFields::new(call.object().await?);
    let token = body.required("token", |body| body.line("token", MAX_TOKEN));
    let name = body.required("name", |body| body.line("name", MAX_NAME));
    body.finish()?;
    let (token, name) = (token.unwrap_or_default(), name.unwrap_or_default());
    if !Minted::is_token(&token) {
        return Err(no_invitation());
    }
    let _turn = app.open_turn().await?;
    let minted = Minted::key(app.environment).map_err(ApiError::internal)?;
    let member = join(&app, KeyHash::of(&token), &name, &minted, &request_id).await?;
    app.reload_access().await;
    Ok(success::created(JoinedObject { member, api_key: minted.text }))
}

/// One answer for tokens that never were, are used, or have expired.
fn no_invitation() -> ApiError {
    let message = "The invitation is unknown, used or expired; ask for a new one";
    ApiError::new(Code::NotFound, message).with_detail("id", Value::Null)
}

async fn join(
    app: &App,
    token: KeyHash,
    name: &str,
    minted: &Minted,
    request_id: &str,
) -> Result<MemberObject, ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin accepting").await.map_err(db::failure)?;
    let sql = include_str!("sql/accept.sql");
    let values: db::Params<'_> = &[&token.0.as_slice(), &name];
    let rows = db::query(&tx, "accept an invitation", sql, values).await.map_err(db::failure)?;
    let row = rows.first().ok_or_else(no_invitation)?;
    let id: Uuid = row.get("id");
    let grant = KeyGrant {
        name: name.to_owned(),
        permissions: view::role(row).permissions(),
        member_id: Some(id),
        ..KeyGrant::default()
    };
    let key_id = access::store_key(&tx, minted, &grant).await.map_err(db::failure)?;
    key_id.ok_or_else(api_keys::full)?;
    let member = get(&tx, id).await?;
    record(&tx, &member, request_id).await?;
    db::commit(tx, "commit accepting").await.map_err(db::failure)?;
    Ok(member)
}

/// The entry of the audit log: by nobody's key, but by the one who was invited.
async fn record(
    tx: &Transaction<'_>,
    member: &MemberObject,
    request_id: &str,
) -> Result<(), ApiError> {
    let actor = Actor {
        key_id: None,
        name: member.name.clone(),
        member: Some(Member { id: member.id, name: member.name.clone() }),
        request_id: Some(request_id.to_owned()),
    };
    let target = Target::new(member.id, &member.name);
    let changes = Changes::new().field("status", "invited", member.status);
    audit::record(tx, &actor, Action::MemberJoined, &target, changes).await
}
