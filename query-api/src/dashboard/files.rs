//! The files of the dashboard. A test compares the list with the folder.

/// The document, which is every page.
pub(super) const DOCUMENT: &str = include_str!("../../dashboard/index.html");

macro_rules! files {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../dashboard/", $path)).as_slice())),*]
    };
}

/// All others: their paths below the folder, in order, and what they hold.
pub(super) static ALL: &[(&str, &[u8])] = files![
    "alerts/condition.js",
    "api.js",
    "app.js",
    "error/actions.js",
    "error/activity.js",
    "error/breadcrumbs.js",
    "error/grouping.js",
    "error/request.js",
    "error/spread.js",
    "error/stack.js",
    "errors/changes.js",
    "errors/filter.js",
    "errors/list.js",
    "errors/merging.js",
    "errors/place.js",
    "errors/rows.js",
    "icon.svg",
    "live.js",
    "monitoring/flow.js",
    "pages/alerts.js",
    "pages/error.js",
    "pages/errors.js",
    "pages/incident.js",
    "pages/incidents.js",
    "pages/invite.js",
    "pages/login.js",
    "pages/monitoring.js",
    "pages/overview.js",
    "pages/project.js",
    "pages/projects.js",
    "pages/rule.js",
    "pages/settings.js",
    "project/rules.js",
    "project/snippets.js",
    "project/trial.js",
    "session.js",
    "settings/audit.js",
    "settings/integrations.js",
    "settings/keys.js",
    "settings/team.js",
    "style/base.css",
    "style/pages.css",
    "style/parts.css",
    "theme.js",
    "ui/badge.js",
    "ui/button.js",
    "ui/changes.js",
    "ui/chart.js",
    "ui/dialog.js",
    "ui/format.js",
    "ui/h.js",
    "ui/json.js",
    "ui/keyboard.js",
    "ui/panel.js",
    "ui/plot.js",
    "ui/states.js",
    "ui/table.js",
    "ui/theme.js",
    "ui/time.js",
    "ui/toast.js",
];
