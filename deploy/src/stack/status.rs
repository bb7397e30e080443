//! `stack status`: what runs and whether it answers.

use std::net::Ipv4Addr;

use super::place::Place;
use crate::edge::reachable;
use crate::engines::EngineKind;
use crate::error::Error;
use crate::ready::Ready;
use crate::services::Service;
use crate::settings::Settings;

/// One part as it is now.
#[derive(Clone, Debug)]
pub struct PartStatus {
    /// What it is called.
    pub name: String,
    /// Its process, when the stack started one and it runs.
    pub pid: Option<i32>,
    /// Where it answers, or should.
    pub port: u16,
    /// Whether it answers.
    pub healthy: bool,
}

/// Asks every part of this stack; engines that run elsewhere are left out.
///
/// # Errors
/// When the stack's folder cannot be used.
pub async fn status(settings: &Settings) -> Result<Vec<PartStatus>, Error> {
    let place = Place::of(settings)?;
    let recorded = place.recorded();
    let mut found = Vec::new();
    for (name, port, ready) in questions(settings) {
        let process = recorded.iter().find(|(known, _)| *known == name);
        let pid = process.map(|(_, process)| process.id().pid());
        found.push(PartStatus { name, pid, port, healthy: ready.holds().await });
    }
    Ok(found)
}

fn questions(settings: &Settings) -> Vec<(String, u16, Ready)> {
    let ports = settings.engine_ports;
    let postgres = Ready::Postgres { url: ports.url(EngineKind::Postgres) };
    let amqp = ports.rabbitmq.amqp;
    let engines = [
        (EngineKind::Postgres, "postgres", ports.postgres, postgres),
        (EngineKind::Redis, "redis", ports.redis, Ready::Redis { port: ports.redis }),
        (EngineKind::RabbitMq, "rabbitmq", amqp, Ready::Amqp { port: amqp }),
    ];
    let own = engines.into_iter().filter(|(kind, ..)| !settings.given.contains_key(kind));
    let services = Service::ALL.map(|service| {
        let port = settings.service_ports.of(service);
        let address = (Ipv4Addr::LOCALHOST, port).into();
        (service.name().to_owned(), port, Ready::Http { address, path: "/ready" })
    });
    let port = settings.service_ports.edge;
    let address = reachable(settings.bind, port);
    let edge = ("edge".to_owned(), port, Ready::Http { address, path: "/health" });
    own.map(|(_, name, port, ready)| (name.to_owned(), port, ready))
        .chain(services)
        .chain([edge])
        .collect()
}
