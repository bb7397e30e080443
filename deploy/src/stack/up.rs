//! `stack up`: the whole system, kept running.

use std::collections::BTreeMap;
use std::fs;

use super::place::Place;
use crate::docker::{self, Compose};
use crate::edge;
use crate::engines::{EngineKind, Site};
use crate::error::Error;
use crate::keeper::Keeper;
use crate::provision::{Program, ensure_installed};
use crate::services::{Installation, Service, binaries};
use crate::settings::{Provider, Settings};

/// How a person reaches the system.
#[derive(Clone, Debug)]
pub struct Address {
    /// The edge.
    pub base_url: String,
    /// Where SDKs send their events.
    pub dsn: String,
    /// The folder of all logs.
    pub logs: String,
}

/// Starts everything that does not run yet and waits until all of it is healthy. What runs and is
/// healthy is left alone; data is kept between runs.
///
/// # Errors
/// When a part cannot be installed or does not get ready.
pub async fn up(settings: &Settings) -> Result<Address, Error> {
    let place = Place::of(settings)?;
    let _one_at_a_time = place.lock().await?;
    place.end_strays().await;
    let keeper = Keeper::Recorded(place.run.clone());
    let backing = start_engines(settings, &place, &keeper).await?;
    let installation = start_services(settings, &place, &keeper).await?;
    start_edge(settings, &keeper, &backing).await?;
    let dsn = installation.worker(&["admin", "dsn"]).await?;
    Ok(Address {
        base_url: format!("http://localhost:{}", settings.service_ports.edge),
        dsn: dsn.trim().to_owned(),
        logs: place.logs.display().to_string(),
    })
}

/// What the engines and the edge run on.
enum Backing {
    Containers(Compose),
    Private(Site),
}

async fn start_engines(
    settings: &Settings,
    place: &Place,
    keeper: &Keeper,
) -> Result<Backing, Error> {
    for kind in settings.given.keys() {
        tracing::info!("{kind} is the one that {} names", kind.variable());
    }
    let kinds: Vec<EngineKind> =
        EngineKind::ALL.into_iter().filter(|kind| !settings.given.contains_key(kind)).collect();
    if wants_docker(settings.provider).await? {
        let marker = place.run.join("docker");
        fs::write(&marker, "").map_err(Error::io("write", &marker))?;
        let compose = Compose::new(settings);
        compose.up(&kinds.iter().map(|kind| container(*kind)).collect::<Vec<_>>()).await?;
        return Ok(Backing::Containers(compose));
    }
    start_private_engines(settings, place, keeper, &kinds).await.map(Backing::Private)
}

async fn wants_docker(provider: Provider) -> Result<bool, Error> {
    match provider {
        Provider::Docker if docker::is_running().await => Ok(true),
        Provider::Docker => Err(Error::NoDocker),
        Provider::Packages => Ok(false),
        Provider::Auto => Ok(docker::is_running().await),
    }
}

fn container(kind: EngineKind) -> &'static str {
    match kind {
        EngineKind::Postgres => "postgres",
        EngineKind::Redis => "redis",
        EngineKind::RabbitMq => "rabbitmq",
    }
}

async fn start_private_engines(
    settings: &Settings,
    place: &Place,
    keeper: &Keeper,
    kinds: &[EngineKind],
) -> Result<Site, Error> {
    let mut programs: Vec<Program> = kinds.iter().copied().map(Program::Engine).collect();
    programs.push(Program::HaProxy);
    ensure_installed(&programs).await?;
    let site = place.engines(settings)?;
    let one = async |kind| {
        if kinds.contains(&kind) { site.bring_up(kind, keeper).await.map(drop) } else { Ok(()) }
    };
    tokio::try_join!(one(EngineKind::Postgres), one(EngineKind::Redis), one(EngineKind::RabbitMq))?;
    Ok(site)
}

async fn start_services(
    settings: &Settings,
    place: &Place,
    keeper: &Keeper,
) -> Result<Installation, Error> {
    let mut env = settings.services.clone();
    for kind in EngineKind::ALL {
        let given = settings.given.get(&kind).cloned();
        let url = given.unwrap_or_else(|| settings.engine_ports.url(kind));
        env.insert(kind.variable().to_owned(), url);
    }
    let installation = Installation {
        binaries: binaries()?,
        folder: settings.root.clone(),
        logs: place.logs.clone(),
        ports: settings.service_ports,
        env,
        own: BTreeMap::new(),
    };
    tracing::info!("bringing the database up to date …");
    installation.worker(&["migrate"]).await?;
    let [ingest, worker, query_api] = Service::ALL.map(|service| installation.part(service));
    let (ingest, worker, query_api) = (ingest?, worker?, query_api?);
    tokio::try_join!(
        keeper.bring_up(&ingest),
        keeper.bring_up(&worker),
        keeper.bring_up(&query_api)
    )?;
    Ok(installation)
}

async fn start_edge(settings: &Settings, keeper: &Keeper, backing: &Backing) -> Result<(), Error> {
    match backing {
        Backing::Containers(compose) => compose.up(&["edge"]).await,
        Backing::Private(site) => {
            let ports = settings.service_ports;
            let part = edge::part(&site.folder, &site.logs, &site.account, settings.bind, ports)?;
            keeper.bring_up(&part).await.map(drop)
        }
    }
}
