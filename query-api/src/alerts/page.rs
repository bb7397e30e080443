//! Pages of what keeps its order by its id: firings and incidents have UUIDs of version 7.

use shared::api::FieldErrorKind;
use uuid::Uuid;

use crate::fields::QueryFields;

/// Comes after every id that there is: the newest is the first of a page.
const NEWEST: Uuid = Uuid::max();

/// The id that all of the page come before.
pub(super) fn cursor(fields: &mut QueryFields<'_>) -> Uuid {
    let Some(text) = fields.text("cursor", 100) else {
        return NEWEST;
    };
    Uuid::try_parse(text).unwrap_or_else(|_| {
        bad_cursor(fields);
        NEWEST
    })
}

/// Says what a cursor is.
pub(super) fn bad_cursor(fields: &mut QueryFields<'_>) {
    let message = "must be the next_cursor of an earlier answer";
    fields.problem(FieldErrorKind::Malformed, "cursor", message);
}

/// Cuts what was read down to the page, one more than which was asked for; answers the last of the page
/// when there is another one after it.
pub(super) fn cut<T>(rows: &mut Vec<T>, limit: i64) -> Option<&T> {
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > wanted;
    rows.truncate(wanted);
    rows.last().filter(|_| more)
}
