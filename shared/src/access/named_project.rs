//! Which project a request names.

use http::HeaderMap;

use crate::api::{FieldError, FieldErrorKind};
use crate::ids::ProjectId;

/// The project of `?project_id=` or else of `X-Project-Id`, and what is wrong with either: each is checked,
/// wherever the other stands.
pub fn named_project(
    in_query: Option<&str>,
    headers: &HeaderMap,
) -> (Option<ProjectId>, Vec<FieldError>) {
    let in_header = headers.get("x-project-id").map(|value| value.to_str().unwrap_or_default());
    let (mut named, mut problems) = (None, Vec::new());
    for (field, text) in [("project_id", in_query), ("X-Project-Id", in_header)] {
        let Some(text) = text else { continue };
        match text.parse().ok().filter(|id| *id > 0).map(ProjectId) {
            Some(id) => named = named.or(Some(id)),
            None => {
                let message = "must be the whole number of a project";
                problems.push(FieldError::new(FieldErrorKind::WrongType, field, message));
            }
        }
    }
    (named, problems)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn check(query: Option<&str>, header: Option<&str>, expected: Option<i32>, bad: &[&str]) {
        let mut headers = HeaderMap::new();
        if let Some(header) = header {
            headers.insert("x-project-id", HeaderValue::from_str(header).unwrap());
        }
        let (named, problems) = named_project(query, &headers);
        assert_eq!(named, expected.map(ProjectId));
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        assert_eq!(fields, bad);
    }

    #[test]
    fn the_query_goes_before_the_header_and_both_are_checked() {
        check(None, None, None, &[]);
        check(Some("2"), Some("3"), Some(2), &[]);
        check(None, Some("3"), Some(3), &[]);
        check(Some("2"), Some("x"), Some(2), &["X-Project-Id"]);
        check(Some("0"), Some("99999999999"), None, &["project_id", "X-Project-Id"]);
    }
}
