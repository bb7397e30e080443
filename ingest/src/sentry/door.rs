//! The paths of the protocol. SDKs double slashes and leave out the last one.

use shared::ids::ProjectId;

/// A path of the protocol, with the project that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Door {
    pub(crate) form: Form,
    /// None where the key alone tells.
    pub(crate) project: Option<ProjectId>,
}

/// What comes through a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Items of all kinds.
    Envelope,
    /// One event.
    Store,
}

impl Door {
    /// Where doors are, as the table of routes spells it.
    #[cfg(test)]
    pub(crate) const PATHS: [&'static str; 3] =
        ["/api/{project_id}/envelope/", "/api/{project_id}/store/", "/api/store/"];

    /// The door at a path.
    pub(crate) fn of(path: &str) -> Option<Self> {
        let mut parts = path.strip_prefix('/')?.split('/').filter(|part| !part.is_empty());
        let door = match (parts.next()?, parts.next()?, parts.next()) {
            ("api", "store", None) => Self { form: Form::Store, project: None },
            ("api", project, Some("store")) => Self::within(project, Form::Store)?,
            ("api", project, Some("envelope")) => Self::within(project, Form::Envelope)?,
            _ => return None,
        };
        parts.next().is_none().then_some(door)
    }

    fn within(project: &str, form: Form) -> Option<Self> {
        let is_number = project.bytes().all(|byte| byte.is_ascii_digit());
        // No project has a number that is larger than these.
        let id = is_number.then(|| project.parse().unwrap_or(i32::MAX))?;
        Some(Self { form, project: Some(ProjectId(id)) })
    }

    /// Where it is, as the table of routes spells it.
    pub(crate) fn path(self) -> &'static str {
        match (self.form, self.project) {
            (Form::Envelope, _) => "/api/{project_id}/envelope/",
            (Form::Store, Some(_)) => "/api/{project_id}/store/",
            (Form::Store, None) => "/api/store/",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: Option<(Form, Option<i32>)>) {
        let found = Door::of(path).map(|door| (door.form, door.project.map(|id| id.0)));
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn sloppy_slashes_lead_to_the_same_door() {
        for path in ["/api/7/envelope/", "/api/7/envelope", "//api//7//envelope//"] {
            check(path, Some((Form::Envelope, Some(7))));
        }
        check("/api/7/store", Some((Form::Store, Some(7))));
        check("/api/store/", Some((Form::Store, None)));
        check("/api/99999999999/store/", Some((Form::Store, Some(i32::MAX))));
    }

    #[test]
    fn everything_else_is_no_door() {
        for path in
            ["/api/envelope/", "/api/x/store/", "/api/-1/store/", "/api/7/store/x", "/", "*"]
        {
            check(path, None);
        }
    }
}
