//! `POST /api/settings/team/invite`.

use std::sync::Arc;

use deadpool_postgres::Transaction;
use shared::access::Minted;
use shared::api::{ApiError, Code, FieldErrorKind};
use shared::channels::is_mail_address;
use shared::config::Secret;
use uuid::Uuid;

use super::role::Role;
use super::view::{self, InvitedObject, MemberObject};
use super::{email, get, lock, owners};
use crate::app::App;
use crate::body::BodyFields;
use crate::call::{Call, Caller};
use crate::db;
use crate::routes::Answer;
use crate::settings::audit::{self, Action, Actor, Changes, Target};
use crate::settings::integrations::mail::{self, Invitation};
use crate::success;

/// Days for which an invitation can be accepted.
const INVITE_DAYS: i32 = 7;

/// Members at most, invited ones included: a list shows them all.
const MAX_MEMBERS: i64 = 1_000;

/// Whom to invite, as what.
#[derive(Debug)]
struct Invitee {
    email: String,
    role: Role,
}

/// `POST /api/settings/team/invite`. Who is invited already, or a member, is not invited again; an
/// invitation that has expired is renewed.
pub(crate) async fn invite(app: Arc<App>, call: Call) -> Answer {
    let caller = call.caller();
    let invitee = Invitee::read(BodyFields::new(call.object().await?))?;
    let token = Minted::token().map_err(ApiError::internal)?;
    let (member, actor) = store(&app, &caller, &invitee, &token).await?;
    // Behind `#` it is not sent to any server, and so stands in no log of one.
    let invite_url = format!("{}/invite#token={}", app.public_url, token.text);
    // Who has no mail set up passes the address on by hand: only this answer ever shows it.
    let invitation = Invitation {
        to: invitee.email,
        inviter: actor.name,
        role: invitee.role.as_str(),
        url: Secret::new(&invite_url),
    };
    mail::invitation(&app, invitation);
    Ok(success::created(InvitedObject { member, invite_url }))
}

impl Invitee {
    fn read(mut body: BodyFields) -> Result<Self, ApiError> {
        let email = body.required("email", |body| {
            let address = body.line("email", email::MAX_EMAIL)?;
            if is_mail_address(&address) {
                return Some(address);
            }
            let message = "must be an address such as ann@example.com";
            body.problem(FieldErrorKind::Malformed, "email", message);
            None
        });
        let role = body.required("role", read_role);
        body.finish()?;
        // Both are there: what is missing is a problem, and problems end above.
        Ok(Self { email: email.unwrap_or_default(), role: role.unwrap_or(Role::Viewer) })
    }
}

/// A role, where one is given.
pub(super) fn read_role(body: &mut BodyFields) -> Option<Role> {
    match body.text("role", 100)?.parse::<Role>() {
        Ok(role) => Some(role),
        Err(unknown) => {
            body.problem(FieldErrorKind::UnknownValue, "role", unknown.to_string());
            None
        }
    }
}

async fn store(
    app: &App,
    caller: &Caller,
    invitee: &Invitee,
    token: &Minted,
) -> Result<(MemberObject, Actor), ApiError> {
    let mut client = db::client(&app.pool).await.map_err(db::failure)?;
    let tx = db::begin(&mut client, "begin inviting").await.map_err(db::failure)?;
    lock(&tx).await?;
    let actor = audit::actor(&tx, caller).await?;
    let expired = find_expired(&tx, &actor, invitee).await?;
    if invitee.role == Role::Owner {
        owners::may_touch(&tx, &actor).await?;
    }
    let id = match expired {
        Some(id) => renew(&tx, id, invitee, token).await.map(|()| id)?,
        None => insert(&tx, invitee, token).await?,
    };
    let member = get(&tx, id).await?;
    let changes = Changes::new().field("email", None::<&str>, &member.email).field(
        "role",
        None::<&str>,
        member.role,
    );
    let target = Target::new(id, &member.name);
    audit::record(&tx, &actor, Action::MemberInvited, &target, changes).await?;
    db::commit(tx, "commit inviting").await.map_err(db::failure)?;
    Ok((member, actor))
}

/// The one who has the address and whose invitation has expired.
async fn find_expired(
    tx: &Transaction<'_>,
    actor: &Actor,
    invitee: &Invitee,
) -> Result<Option<Uuid>, ApiError> {
    let sql = include_str!("sql/find.sql");
    let rows = db::query(tx, "find a member", sql, &[&invitee.email]).await.map_err(db::failure)?;
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    let id: Uuid = row.get("id");
    if !row.get::<_, bool>("expired") {
        let message = "Somebody with this address is a member, or invited, already";
        return Err(ApiError::new(Code::Conflict, message).with_detail("id", id.to_string().into()));
    }
    if view::role(row) == Role::Owner {
        owners::may_touch(tx, actor).await?;
    }
    Ok(Some(id))
}

async fn insert(tx: &Transaction<'_>, invitee: &Invitee, token: &Minted) -> Result<Uuid, ApiError> {
    let sql = include_str!("sql/count.sql");
    let rows = db::query(tx, "count members", sql, &[]).await.map_err(db::failure)?;
    if rows.first().is_none_or(|row| row.get::<_, i64>("members") >= MAX_MEMBERS) {
        let message = format!("There are {MAX_MEMBERS} members already; remove some first");
        return Err(ApiError::new(Code::Conflict, message));
    }
    let name = email::local_part(&invitee.email);
    let values: db::Params<'_> =
        &[&invitee.email, &name, &invitee.role.as_str(), &token.hash.0.as_slice(), &INVITE_DAYS];
    let sql = include_str!("sql/invite.sql");
    let rows = db::query(tx, "invite", sql, values).await.map_err(db::failure)?;
    let id = rows.first().map(|row| row.get("id"));
    id.ok_or_else(|| ApiError::new(Code::Conflict, "Somebody else invites them; try again"))
}

async fn renew(
    tx: &Transaction<'_>,
    id: Uuid,
    invitee: &Invitee,
    token: &Minted,
) -> Result<(), ApiError> {
    let (role, hash) = (invitee.role.as_str(), token.hash.0.as_slice());
    let values: db::Params<'_> = &[&id, &role, &hash, &INVITE_DAYS];
    let sql = include_str!("sql/renew.sql");
    db::execute(tx, "invite again", sql, values).await.map(drop).map_err(db::failure)
}
