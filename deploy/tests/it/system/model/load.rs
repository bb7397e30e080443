//! Events on their way through the edge, while services are killed.

use std::time::Duration;

use deploy::services::{Service, Services};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::random::Random;
use super::state::Event;
use crate::system::client::Client;

/// Sending again ends here: a service that was killed is back long before.
const PATIENCE: Duration = Duration::from_secs(60);

/// What happens while events are on their way.
#[derive(Debug, Clone, Copy)]
pub(super) enum Disturbance {
    None,
    /// Kills a service and starts it again, so many times.
    Kill(Service, usize),
    /// Starts a worker beside the first, and kills both of them one after the other.
    TwoWorkers,
}

impl Disturbance {
    pub(super) fn any(random: &mut Random) -> Self {
        *random.of(&[
            Self::None,
            Self::Kill(Service::Worker, 1),
            Self::Kill(Service::Worker, 1),
            Self::Kill(Service::Worker, 2),
            Self::TwoWorkers,
            Self::Kill(Service::Ingest, 1),
            Self::Kill(Service::QueryApi, 1),
        ])
    }

    /// Whether requests with events may fail: then events need ids, to be sent again.
    pub(super) fn fails_requests(self) -> bool {
        matches!(self, Self::Kill(Service::Ingest, _))
    }

    /// Makes it happen at random moments; in the end every service runs.
    pub(super) async fn happen(self, services: &mut Services, random: &mut Random) {
        match self {
            Self::None => {}
            Self::Kill(service, times) => {
                for _ in 0..times {
                    a_moment(random, 1_200).await;
                    services.kill(service).await;
                    a_moment(random, 400).await;
                    services.restart(service).await.unwrap();
                }
            }
            Self::TwoWorkers => {
                let extra = services.start_extra_worker().await.unwrap();
                a_moment(random, 800).await;
                services.kill(Service::Worker).await;
                a_moment(random, 400).await;
                services.restart(Service::Worker).await.unwrap();
                services.kill_named(&extra).await;
            }
        }
    }
}

/// Waits for a part of so many milliseconds.
async fn a_moment(random: &mut Random, at_most: usize) {
    tokio::time::sleep(Duration::from_millis(random.below(at_most) as u64)).await;
}

/// One request: an event alone, or several of a project as a batch.
pub(super) type Sent = Vec<Event>;

/// Sends the requests one shortly after the other, and returns each event with the id of its error.
pub(super) async fn send_all(
    client: &Client,
    requests: Vec<Sent>,
    mut random: Random,
) -> Vec<(Event, String)> {
    let mut sending = JoinSet::new();
    for request in requests {
        sending.spawn(send(client.clone(), request));
        a_moment(&mut random, 40).await;
    }
    sending.join_all().await.into_iter().flatten().collect()
}

async fn send(client: Client, events: Sent) -> Vec<(Event, String)> {
    let accepting = async {
        loop {
            if let Some(ids) = accepted(&client, &events).await {
                return ids;
            }
            let known = events.iter().all(|event| event.id.is_some());
            assert!(known, "a request failed although nothing of ingest was killed");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let ids = tokio::time::timeout(PATIENCE, accepting).await.unwrap();
    events.into_iter().zip(ids).collect()
}

/// The ids of the errors, if all events were accepted.
async fn accepted(client: &Client, events: &[Event]) -> Option<Vec<String>> {
    let project = events.first()?.place.0;
    let (path, body) = match events {
        [event] => ("errors", body(event)),
        events => ("errors/batch", events.iter().map(body).collect()),
    };
    let path = format!("/api/{path}?project_id={project}");
    let sent = client.send(Method::POST, &path, &[], body.to_string().into_bytes()).await;
    let answer = sent.ok().filter(|answer| !answer.status.is_server_error())?;
    let id = |object: &Value| object["id"].as_str().map(str::to_owned);
    match answer.status {
        StatusCode::CREATED => Some(vec![id(answer.data())?]),
        StatusCode::OK => answer.data()["results"].as_array()?.iter().map(id).collect(),
        status => panic!("{status} {}", answer.body),
    }
}

fn body(event: &Event) -> Value {
    let name = format!("error {}", event.place.1);
    let mut body = json!({
        "message": name, "fingerprint": [name], "source": "model",
        "timestamp": shared::time::format(event.at),
    });
    if let Some(id) = event.id {
        body["event_id"] = json!(id);
    }
    if let Some(user) = event.user {
        body["user"] = json!({"id": user});
    }
    body
}
