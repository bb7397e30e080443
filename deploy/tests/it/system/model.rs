//! Whatever is sent, killed and changed, people read what a model in memory says.
//!
//! Rounds of random events, repeats among them, during which services are killed at random moments;
//! then random changes of errors. After each of the two every error and the statistics are compared.
//! A failure shows the seed of its numbers; with `MODEL_SEED` they come again, if not the moments.

mod load;
mod random;
mod state;

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use deploy::services::Service;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use self::load::{Disturbance, Sent};
use self::random::Random;
use self::state::{Event, Model, Place, Status};
use super::account::Account;
use super::client::{Client, System};

/// Rounds that take about two minutes.
const ROUNDS: usize = 25;
/// Errors of each project.
const ERRORS: usize = 6;
const USERS: usize = 5;

/// How long an error is ignored by `Status::IgnoredBriefly`.
const BRIEFLY: TimeDelta = TimeDelta::milliseconds(300);

/// Answers may come out of a cache that lags behind by half a second, longer on a busy machine.
const LAG: Duration = Duration::from_secs(20);

#[tokio::test]
#[ignore = "long: make test-faults"]
async fn people_read_what_the_model_says() {
    let mut world = World::start().await;
    for round in 0..ROUNDS {
        let disturbance = Disturbance::any(&mut world.random);
        world.load(disturbance).await;
        world.settle().await;
        world.compare(&format!("after the events of round {round}, {disturbance:?}")).await;
        world.change().await;
        world.compare(&format!("after the changes of round {round}")).await;
    }
    world.system.stop().await;
}

struct World {
    system: System,
    random: Random,
    model: Model,
    projects: [i64; 2],
    /// Errors of which a round brings only events from before everything that was done to them.
    stale: BTreeSet<Place>,
    /// Ids that clients gave, which may come again.
    ids: Vec<(i64, Uuid)>,
    /// Before everything that is done to errors.
    start: DateTime<Utc>,
    /// Until when errors are ignored briefly.
    until: DateTime<Utc>,
}

impl World {
    async fn start() -> Self {
        let system = System::start().await;
        let project = system.client.post("/api/projects", &json!({"name": "Two"})).await;
        let second = project.data()["id"].as_i64().unwrap();
        let start = shared::time::now();
        let world = Self {
            system,
            random: Random::from_environment(),
            model: Model::default(),
            projects: [1, second],
            stale: BTreeSet::new(),
            ids: Vec::new(),
            start,
            until: start,
        };
        // Ingest learns of a project by and by.
        let path = format!("/api/errors?project_id={second}");
        while world.system.client.post(&path, &json!({})).await.status != StatusCode::BAD_REQUEST {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        world
    }

    /// Sends a round of events while something happens to the services.
    async fn load(&mut self, disturbance: Disturbance) {
        // What is ignored until a time must be over before the events that show it.
        let left = (self.until - Utc::now()).to_std().unwrap_or_default();
        tokio::time::sleep(left + Duration::from_millis(1)).await;
        let requests = self.requests(disturbance.fails_requests());
        let pace = self.random.fork();
        let client = self.system.client.clone();
        let sending = load::send_all(&client, requests, pace);
        let disturbing = disturbance.happen(&mut self.system.services, &mut self.random);
        let (stored, ()) = tokio::join!(sending, disturbing);
        for (event, id) in stored {
            self.ids.extend(event.id.map(|id| (event.place.0, id)));
            self.model.store(&event, &id);
        }
    }

    /// Single events and batches; every error that is ignored briefly gets one.
    fn requests(&mut self, with_ids: bool) -> Vec<Sent> {
        let brief = self.model.errors.iter().filter(|(_, e)| e.status == Status::IgnoredBriefly);
        let brief: Vec<Place> = brief.map(|(place, _)| *place).collect();
        let places = self.projects.into_iter().flat_map(|of| (0..ERRORS).map(move |n| (of, n)));
        self.stale = places.filter(|_| self.random.percent(40)).collect();
        let mut requests: Vec<Sent> =
            brief.into_iter().map(|place| vec![self.new_event(place, true)]).collect();
        for _ in 0..60 {
            let project = *self.random.of(&self.projects);
            let size = if self.random.percent(50) { 1 } else { 2 + self.random.below(20) };
            let mut request: Sent = (0..size).map(|_| self.event(project, with_ids)).collect();
            if self.random.percent(30) {
                // Once more in the same request, and in another one.
                let again = request[0].clone();
                if again.id.is_some() {
                    request.push(again.clone());
                    requests.push(vec![again]);
                }
            }
            requests.push(request);
        }
        requests
    }

    fn event(&mut self, project: i64, with_id: bool) -> Event {
        let place = (project, self.random.below(ERRORS));
        let with_id = with_id || self.random.percent(50);
        let event = self.new_event(place, with_id);
        if with_id && !self.ids.is_empty() && self.random.percent(20) {
            // An id of an earlier round with another body, which is not stored.
            let (of, id) = *self.random.of(&self.ids);
            return Event { id: if of == project { Some(id) } else { event.id }, ..event };
        }
        event
    }

    fn new_event(&mut self, place: Place, with_id: bool) -> Event {
        let fresh = !self.stale.contains(&place) && self.random.percent(60);
        let ahead = if self.random.percent(20) { self.random.below(50) } else { 0 };
        let age = 1 + self.random.below(29 * 86_400);
        let at = if fresh { Utc::now() } else { self.start - TimeDelta::seconds(age as i64) };
        Event {
            place,
            id: with_id.then(|| self.random.uuid()),
            at: at + TimeDelta::seconds(if fresh { ahead as i64 } else { 0 }),
            fresh,
            user: self.random.percent(60).then(|| self.random.below(USERS)),
        }
    }

    /// Waits until nothing is on its way any more. Ingest is ended for that: it writes its last account
    /// then.
    async fn settle(&mut self) {
        self.system.drained(self.model.events() as i64).await;
        self.system.services.terminate(Service::Ingest).await;
        Account::settled(&self.system.sandbox.database_url()).await;
        self.system.services.restart(Service::Ingest).await.unwrap();
        // The edge has to notice that services are back.
        self.until_answered("/api/stats", b"").await;
        self.until_answered("/api/errors", b"[]").await;
    }

    /// Asks through the edge until a service answers, with a body by POST; what it is does not matter.
    async fn until_answered(&self, path: &str, body: &[u8]) {
        let method = if body.is_empty() { Method::GET } else { Method::POST };
        let asking = async {
            loop {
                let sent = self.system.client.send(method.clone(), path, &[], body.to_vec()).await;
                if sent.is_ok_and(|answer| !answer.status.is_server_error()) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(LAG, asking).await.unwrap();
    }

    /// Does something to some of the errors.
    async fn change(&mut self) {
        let places: Vec<Place> = self.model.errors.keys().copied().collect();
        let (chosen, rest): (Vec<Place>, Vec<Place>) =
            places.into_iter().partition(|_| self.random.percent(50));
        for place in chosen {
            self.change_one(place).await;
        }
        let many: Vec<Place> = rest.into_iter().filter(|_| self.random.percent(50)).collect();
        if !many.is_empty() {
            self.change_many(&many).await;
        }
    }

    async fn change_one(&mut self, place: Place) {
        let error = &self.model.errors[&place];
        let path = format!("/api/errors/{}", error.id);
        let ignored_until_count = error.count() + 1 + self.random.below(60);
        let events = ignored_until_count - error.count();
        let (action, body, status) = match self.random.below(6) {
            0 | 1 => ("resolve", json!({}), Status::Resolved),
            2 => ("unresolve", json!({}), Status::Open),
            3 => {
                let status = Status::Ignored(Some(ignored_until_count));
                ("ignore", json!({"events": events}), status)
            }
            4 => {
                self.until = Utc::now() + BRIEFLY;
                let until = shared::time::format(self.until);
                ("ignore", json!({"until": until}), Status::IgnoredBriefly)
            }
            _ => {
                let answer = self.system.client.delete(&path).await;
                assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
                return self.model.delete(place);
            }
        };
        let answer = self.system.client.put(&format!("{path}/{action}"), &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{action} {}", answer.body);
        self.model.change(place, status);
    }

    async fn change_many(&mut self, places: &[Place]) {
        let (action, status) = *self.random.of(&[
            ("resolve", Status::Resolved),
            ("unresolve", Status::Open),
            ("ignore", Status::Ignored(None)),
        ]);
        let ids: Vec<&str> =
            places.iter().map(|place| self.model.errors[place].id.as_str()).collect();
        let body = json!({"ids": ids, "action": action});
        let answer = self.system.client.put("/api/errors", &body).await;
        assert_eq!(answer.data()["updated"], places.len(), "{}", answer.body);
        for place in places {
            self.model.change(*place, status);
        }
    }

    /// Compares every error, every deleted one and the statistics.
    async fn compare(&self, when: &str) {
        let client = &self.system.client;
        for error in self.model.errors.values() {
            shows(client, &format!("/api/errors/{}", error.id), &error.object(), when).await;
        }
        for id in self.model.deleted.values() {
            let answer = client.get(&format!("/api/errors/{id}")).await;
            assert_eq!(answer.status, StatusCode::NOT_FOUND, "{when}: {}", answer.body);
        }
        for project in self.projects {
            let path = format!("/api/stats?project_id={project}");
            shows(client, &path, &self.model.stats(project), when).await;
        }
    }
}

/// Waits until an object shows what is expected of it.
async fn shows(client: &Client, path: &str, expected: &Value, when: &str) {
    let mut shown = Value::Null;
    let showing = async {
        loop {
            let answer = client.get(path).await;
            let fields = expected.as_object().unwrap().keys();
            shown = fields.map(|key| (key.clone(), answer.body["data"][key].clone())).collect();
            if shown == *expected {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    if tokio::time::timeout(LAG, showing).await.is_err() {
        panic!("{when}, {path} shows {shown}, expected {expected}");
    }
}
