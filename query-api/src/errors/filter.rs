//! What `GET /api/errors` is asked for.

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::api::FieldErrorKind;
use shared::event::Level;

use super::cursor::Cursor;
use super::status::Status;
use crate::fields::QueryFields;

/// Texts of filters are values of events, which are shorter.
const MAX_VALUE: usize = 200;

/// Offsets beyond this read more rows than anybody looks at; cursors have no such end.
const MAX_OFFSET: i64 = 10_000_000;

/// By what the list is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Sort {
    LastSeen,
    FirstSeen,
    Count,
    Users,
}

/// In which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    Asc,
    Desc,
}

/// A request for a page of errors. Equal requests serialise equally.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct ListRequest {
    pub(crate) limit: i64,
    pub(crate) offset: i64,
    pub(crate) sort: Sort,
    pub(crate) order: Order,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) levels: Option<Vec<i16>>,
    pub(crate) sources: Option<Vec<String>>,
    pub(crate) environments: Option<Vec<String>>,
    pub(crate) releases: Option<Vec<String>>,
    pub(crate) statuses: Option<Vec<i16>>,
    pub(crate) regressed: Option<bool>,
    pub(crate) search: Option<String>,
    pub(crate) since: Option<DateTime<Utc>>,
    pub(crate) until: Option<DateTime<Utc>>,
}

impl ListRequest {
    /// Reads the parameters; what is wrong with them goes to `fields`.
    pub(crate) fn read(fields: &mut QueryFields<'_>) -> Self {
        let sort = sort(fields);
        let order = order(fields);
        Self {
            limit: fields.number("limit", 50, 1..=100),
            offset: fields.number("offset", 0, 0..=MAX_OFFSET),
            sort,
            order,
            cursor: cursor(fields, sort, order),
            levels: levels(fields),
            sources: fields.texts("source", MAX_VALUE).map(sorted),
            environments: fields.texts("environment", MAX_VALUE).map(sorted),
            releases: fields.texts("release", MAX_VALUE).map(sorted),
            statuses: statuses(fields),
            regressed: fields.value("regressed", "must be true or false"),
            search: fields.text("q", MAX_VALUE).map(str::to_owned),
            since: fields.time("since"),
            until: fields.time("until"),
        }
    }

    /// Whether counting has to look at rows that no index counts, so that it stops early.
    pub(crate) fn counts_slowly(&self) -> bool {
        self.search.is_some() || self.since.is_some() || self.until.is_some()
    }
}

fn sort(fields: &mut QueryFields<'_>) -> Sort {
    match fields.raw("sort") {
        None | Some("last_seen") => Sort::LastSeen,
        Some("first_seen") => Sort::FirstSeen,
        Some("count") => Sort::Count,
        Some("users") => Sort::Users,
        Some(_) => {
            let allowed = "must be one of last_seen, first_seen, count, users";
            fields.problem(FieldErrorKind::UnknownValue, "sort", allowed);
            Sort::LastSeen
        }
    }
}

fn order(fields: &mut QueryFields<'_>) -> Order {
    match fields.raw("order") {
        None | Some("desc") => Order::Desc,
        Some("asc") => Order::Asc,
        Some(_) => {
            fields.problem(FieldErrorKind::UnknownValue, "order", "must be asc or desc");
            Order::Desc
        }
    }
}

fn cursor(fields: &mut QueryFields<'_>, sort: Sort, order: Order) -> Option<Cursor> {
    let cursor = Cursor::parse(fields.text("cursor", MAX_VALUE)?, sort, order);
    if cursor.is_none() {
        let message = "must be the next_cursor of an answer to the same sort and order";
        fields.problem(FieldErrorKind::Malformed, "cursor", message);
    }
    cursor
}

fn levels(fields: &mut QueryFields<'_>) -> Option<Vec<i16>> {
    let allowed = "must be debug, info, warning, error, fatal (or critical), or several by comma";
    let levels: Vec<Level> = fields.values("level", allowed)?;
    Some(sorted(levels.into_iter().map(Level::code).collect()))
}

/// `status` and `resolved` together: what both allow.
fn statuses(fields: &mut QueryFields<'_>) -> Option<Vec<i16>> {
    let named: Option<Vec<Status>> = fields.values("status", Status::ALLOWED);
    let resolved: Option<bool> = fields.value("resolved", "must be true or false");
    if named.is_none() && resolved.is_none() {
        return None;
    }
    let allowed = Status::ALL
        .into_iter()
        .filter(|status| named.as_ref().is_none_or(|named| named.contains(status)))
        .filter(|status| resolved.is_none_or(|wanted| wanted == (*status == Status::Resolved)));
    Some(allowed.map(Status::code).collect())
}

fn sorted<T: Ord>(mut values: Vec<T>) -> Vec<T> {
    values.sort_unstable();
    values.dedup();
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &[(&str, &str)]) -> Result<ListRequest, Vec<String>> {
        let pairs: Vec<(String, String)> =
            query.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let mut fields = QueryFields::new(&pairs);
        let request = ListRequest::read(&mut fields);
        match fields.finish() {
            Ok(()) => Ok(request),
            Err(error) => {
                let json = error.to_json(shared::config::Environment::Production);
                let named = json["details"]["errors"].as_array().unwrap().iter();
                Err(named.map(|error| error["field"].as_str().unwrap().to_owned()).collect())
            }
        }
    }

    #[test]
    fn defaults_are_those_of_the_api() {
        let request = read(&[]).unwrap();
        assert_eq!((request.limit, request.offset), (50, 0));
        assert_eq!((request.sort, request.order), (Sort::LastSeen, Order::Desc));
        assert_eq!(request.statuses, None);
    }

    #[test]
    fn status_and_resolved_narrow_each_other() {
        let statuses = |query: &[(&str, &str)]| read(query).unwrap().statuses.unwrap();
        assert_eq!(statuses(&[("resolved", "false")]), [0, 2]);
        assert_eq!(statuses(&[("resolved", "true")]), [1]);
        assert_eq!(statuses(&[("status", "ignored,resolved")]), [1, 2]);
        assert_eq!(statuses(&[("status", "ignored"), ("resolved", "true")]), Vec::<i16>::new());
    }

    #[test]
    fn equal_requests_are_equal_whatever_their_spelling() {
        let one = read(&[("level", "error,warning,error"), ("limit", "50")]).unwrap();
        let other = read(&[("level", "warning, error")]).unwrap();
        assert_eq!(one, other);
    }

    #[test]
    fn every_bad_parameter_is_named() {
        let bad = [
            ("limit", "0"),
            ("offset", "-1"),
            ("level", "bad"),
            ("status", "open"),
            ("resolved", "yes"),
            ("sort", "name"),
            ("order", "up"),
            ("cursor", "zz"),
            ("since", "now"),
        ];
        let mut named = read(&bad).unwrap_err();
        named.sort_unstable();
        let mut expected: Vec<&str> = bad.iter().map(|(name, _)| *name).collect();
        expected.sort_unstable();
        assert_eq!(named, expected);
    }
}
