//! `GET /api/live`: what happens, told as it happens, by WebSocket or as server-sent events.
//!
//! One reader (`reader`) follows the stream of the installation while somebody listens, and hands each item
//! to the clients that it concerns (`hub`); each has a bounded queue (`queue`) from which its connection
//! (`sse`, `websocket`) takes. A client that comes back gets what it missed first (`subscribe`). One timer
//! for all (`watch`) looks after keys, pings and clients that have stopped reading. Messages are written
//! in `message`.
//!
//! What is written to the stream, and when, is not said here but in `shared::live` and by those who
//! publish: the worker, and this service after changes of its own.

mod asked;
mod hub;
mod message;
mod queue;
mod reader;
mod sse;
mod subscribe;
mod watch;
mod websocket;

use std::sync::Arc;

use fred::clients::Client;
use shared::ids::ProjectId;
use shared::lifecycle;
use shared::live::{Attendance, Incident, Item, Publisher, Reader};
use shared::telemetry::ErrorChain;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::asked::Asked;
use self::hub::Hub;
use crate::app::App;
use crate::call::Call;
use crate::routes::Answer;

pub(crate) use self::watch::Cut;

/// Clients that catch up at once: each may read some megabytes from Redis for it.
const MAX_CATCHING_UP: usize = 4;

/// The live feed of this process.
#[derive(Debug)]
pub(crate) struct Live {
    hub: Arc<Hub>,
    attendance: Attendance,
    publisher: Publisher,
    /// Over the connection that requests share.
    history: Reader,
    /// Over a connection of its own, because a read waits for something to come.
    stream: Reader,
    catching_up: Semaphore,
    /// The WebSockets, and items on their way to the stream.
    tasks: TaskTracker,
    closing: CancellationToken,
}

/// The connections to Redis that the live feed uses.
pub(crate) struct Connections {
    /// For commands that are answered at once.
    pub(crate) shared: Client,
    /// For reads that wait.
    pub(crate) waiting: Client,
}

impl Live {
    /// A feed without clients, of which it takes so many.
    pub(crate) fn new(connections: Connections, namespace: &str, max_clients: usize) -> Self {
        let Connections { shared, waiting } = connections;
        Self {
            hub: Arc::new(Hub::new(max_clients)),
            attendance: Attendance::new(shared.clone(), namespace),
            publisher: Publisher::new(shared.clone(), namespace),
            history: Reader::new(shared, namespace),
            stream: Reader::new(waiting, namespace),
            catching_up: Semaphore::new(MAX_CATCHING_UP),
            tasks: TaskTracker::new(),
            closing: CancellationToken::new(),
        }
    }

    /// Tells listeners that something of these projects was changed through the API. Call it after the
    /// commit, when no cached answer is older than it.
    pub(crate) fn changed(self: &Arc<Self>, projects: &[ProjectId]) {
        let (live, projects) = (Arc::clone(self), projects.to_vec());
        self.publish(projects.clone(), async move {
            let listened = live.attendance.among(&projects).await?;
            let heard = projects.into_iter().filter(|project| listened.to(*project));
            let items: Vec<(ProjectId, Item)> =
                heard.map(|project| (project, Item::Refresh)).collect();
            if items.is_empty() { Ok(()) } else { live.publisher.publish_all(&items).await }
        });
    }

    /// Tells listeners that an incident was opened or changed. Call it after the commit. It does not wait.
    pub(crate) fn incident_changed(self: &Arc<Self>, project: ProjectId, incident: Incident) {
        let live = Arc::clone(self);
        self.publish(vec![project], async move {
            live.publisher.publish(project, &Item::Incident(incident)).await
        });
    }

    /// Publishes in the background. When it fails, those who listen here are told to reload; others notice
    /// by the revision.
    fn publish(
        self: &Arc<Self>,
        projects: Vec<ProjectId>,
        publishing: impl Future<Output = Result<(), shared::live::LiveError>> + Send + 'static,
    ) {
        let hub = Arc::clone(&self.hub);
        lifecycle::spawn(self.tasks.track_future(async move {
            if let Err(error) = publishing.await {
                tracing::debug!(error = %ErrorChain(&error), "a change was not told");
                projects.into_iter().for_each(|project| hub.refresh(project));
            }
        }));
    }

    /// The revision of a project has moved: something of it was changed by somebody.
    pub(crate) fn revision_moved(&self, project: ProjectId) {
        self.hub.revision_moved(project);
    }

    /// Tells every client to connect elsewhere, and takes no more.
    pub(crate) fn close(&self) {
        self.closing.cancel();
        self.hub.say_bye();
        self.tasks.close();
    }

    /// Waits until what was told is on its way and the WebSockets are closed.
    pub(crate) async fn closed(&self) {
        self.tasks.wait().await;
    }
}

/// `GET /api/live`.
pub(crate) async fn get(app: Arc<App>, call: Call) -> Answer {
    let asked = Asked::read(&call)?;
    let handshake = websocket::handshake(&call)?;
    let subscription = app.live.subscribe(asked, call.cut()).await?;
    Ok(match handshake {
        Some(handshake) => websocket::respond(handshake, subscription, &app.live.tasks),
        None => sse::respond(subscription),
    })
}
