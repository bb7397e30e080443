//! What stands around the errors of the shop, made through the API where it is not there yet.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::shop::{Care, Happening, Shop};
use crate::alerts::api::Api;

/// Rules of the first project, if it has none.
const RULES: [(&str, &str, &str); 3] = [
    ("Something fails often", "error_count > 60 in 10m where level in (error, fatal)", "high"),
    ("A new error", "new_error_count >= 1 in 15m", "medium"),
    ("Many customers are hit", "users_affected > 80 in 1h", "critical"),
];

/// A new key is known within half a second; longer, and it will not be.
const OPENING: Duration = Duration::from_secs(10);
const AGAIN: Duration = Duration::from_millis(100);

/// The doors of the projects.
#[derive(Debug)]
pub struct Stage {
    api: Api,
    /// By the name of the project; none: the one that every installation begins with.
    doors: HashMap<Option<&'static str>, Door>,
}

/// Where a project's programs report.
#[derive(Debug)]
struct Door {
    path: String,
    api: Api,
}

impl Door {
    /// Waits until the door knows its key: a new one takes a moment to be known everywhere. What is sent
    /// holds no event.
    async fn opened(&self) -> anyhow::Result<()> {
        let path = self.path.replace("/store/", "/envelope/");
        let knocking = async {
            while self.api.post(&path, &json!({})).await.is_err() {
                sleep(AGAIN).await;
            }
        };
        timeout(OPENING, knocking).await.context("a new project takes no events")
    }
}

impl Stage {
    /// Makes the projects and rules that there are not.
    ///
    /// # Errors
    /// When the API refuses or does not answer.
    pub async fn set(url: &str, key: &str, shop: &Shop) -> anyhow::Result<Self> {
        let api = Api::new(url.trim_end_matches('/').to_owned(), key);
        let known = api.get("/api/projects").await?;
        let known = known["projects"].as_array().context("the projects can't be read")?;
        let first = known.iter().min_by_key(|project| project["id"].as_i64());
        let first = first.context("there is no project")?;
        let mut doors = HashMap::from([(None, door(url, first)?)]);
        for name in shop.projects() {
            let found = known.iter().find(|project| project["name"] == name).cloned();
            let project = match found {
                Some(project) => project,
                None => api.make("/api/projects", &json!({"name": name})).await?,
            };
            let door = door(url, &project)?;
            door.opened().await?;
            doors.insert(Some(name), door);
        }
        make_rules(&api).await?;
        Ok(Self { api, doors })
    }

    /// Whether nothing was ever reported.
    ///
    /// # Errors
    /// When the API does not answer.
    pub async fn is_empty(&self) -> anyhow::Result<bool> {
        Ok(self.api.get("/api/stats").await?["events_total"] == 0)
    }

    /// Reports what happened, as its program would.
    ///
    /// # Errors
    /// When it is not taken.
    pub async fn report(&self, shop: &Shop, happening: Happening) -> anyhow::Result<()> {
        let program = shop.program(happening.story).context("there is no such story")?;
        let door = self.doors.get(&program.project).context("there is no such project")?;
        let event = shop.event(happening).context("the story can't be told")?;
        door.api.post(&door.path, &event).await.map(drop)
    }

    /// Does what people would do about the errors.
    ///
    /// # Errors
    /// When one of them can't be found.
    pub async fn settle(&self, shop: &Shop) -> anyhow::Result<()> {
        for (story, care) in shop.care() {
            let Care { settled, assigned_to } = care;
            if !settled && assigned_to.is_none() {
                continue;
            }
            let error = self.error_of(shop, story).await?;
            if let Some(name) = assigned_to {
                self.api.put(&format!("{error}/assign"), &json!({"assigned_to": name})).await?;
            }
            if settled {
                self.api.put(&format!("{error}/resolve"), &json!({})).await?;
            }
        }
        Ok(())
    }

    /// The path of the error of a story, found by an event of it.
    async fn error_of(&self, shop: &Shop, story: usize) -> anyhow::Result<String> {
        let program = shop.program(story).context("there is no such story")?;
        let door = self.doors.get(&program.project).context("there is no such project")?;
        let event =
            shop.event(shop.once(story, super::now())).context("the story can't be told")?;
        door.api.post(&door.path, &event).await?;
        let id = event["event_id"].as_str().unwrap_or_default();
        // It waits until the event is stored.
        let event = self.api.get(&format!("/api/events/{id}")).await?;
        Ok(format!("/api/errors/{}", event["error_id"].as_str().context("an event has an error")?))
    }
}

/// The door that a project's DSN leads to, at the address that we were given.
fn door(url: &str, project: &Value) -> anyhow::Result<Door> {
    let dsn = project["dsn"].as_str().context("a project has a DSN")?;
    let key = dsn.split_once("://").and_then(|(_, rest)| rest.split_once('@')).map(|(key, _)| key);
    let key = key.context("a DSN has a key")?;
    ensure!(project["id"].is_i64(), "a project has a number");
    let path = format!("/api/{}/store/?sentry_key={key}&sentry_version=7", project["id"]);
    Ok(Door { path, api: Api::new(url.trim_end_matches('/').to_owned(), key) })
}

async fn make_rules(api: &Api) -> anyhow::Result<()> {
    let known = api.get("/api/alerts/rules").await?;
    if known["rules"].as_array().is_some_and(|rules| !rules.is_empty()) {
        return Ok(());
    }
    for (name, condition, severity) in RULES {
        let incident = severity != "medium";
        let rule = json!({
            "name": name, "condition": condition, "severity": severity, "create_incident": incident,
        });
        api.create("/api/alerts/rules", &rule).await?;
    }
    Ok(())
}
