//! The same for programs: the `data` of a webhook. Fields are only ever added.

use serde_json::{Value, json};
use shared::time;

use super::Pages;
use crate::alerts::notice::{Digested, News, Notice, ToldError, ToldFiring};

pub(super) fn of(notice: &Notice, pages: Pages<'_>) -> Value {
    let mut data = match &notice.news {
        News::Fired(told) | News::Recovered(told) => firing(notice, told, pages),
        News::Digest(told) => json!({
            "from": time::format(told.from),
            "until": time::format(told.until),
            "fired": told.fired,
            "recovered": told.recovered,
            "firings": told.firings.iter().map(|told| digested(told, pages)).collect::<Vec<_>>(),
        }),
    };
    let rule = &notice.rule;
    data["project"] = json!({"id": notice.project.id, "name": notice.project.name});
    data["rule"] = json!({
        "id": rule.id,
        "name": rule.name,
        "condition": rule.condition,
        "metric": rule.metric,
        "comparison": rule.comparison,
        "threshold": rule.threshold,
        "window": rule.window,
        "severity": rule.severity,
        "url": pages.rule(rule.id),
    });
    data
}

fn firing(notice: &Notice, told: &ToldFiring, pages: Pages<'_>) -> Value {
    json!({
        "firing": {
            "id": told.firing_id,
            "value": told.value,
            "threshold": notice.rule.threshold,
            "started_at": time::format(told.started_at),
            "ended_at": told.ended_at.map(time::format),
        },
        "error": told.error.as_ref().map(|told| error(told, pages)),
        "top_errors": told.top_errors.iter().map(|told| error(told, pages)).collect::<Vec<_>>(),
        "incident_id": told.incident_id,
    })
}

fn error(told: &ToldError, pages: Pages<'_>) -> Value {
    json!({
        "id": told.id,
        "title": told.title,
        "culprit": told.culprit,
        "level": told.level,
        "source": told.source,
        "events": told.events,
        "url": pages.error(told.id),
    })
}

fn digested(told: &Digested, pages: Pages<'_>) -> Value {
    let error = told.error.as_ref();
    json!({
        "id": told.firing_id,
        "recovered": told.recovered,
        "at": time::format(told.at),
        "value": told.value,
        "error": error.map(|(id, title)| json!({"id": id, "title": title, "url": pages.error(*id)})),
    })
}
