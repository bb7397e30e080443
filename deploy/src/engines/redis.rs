//! A private Redis.

use std::time::Duration;

use super::{EngineKind, Site};
use crate::error::Error;
use crate::part::Part;
use crate::process::Stop;
use crate::programs;
use crate::provision::Program;
use crate::ready::Ready;

const SETTINGS: &str = include_str!("../../redis/redis.conf");

pub(super) fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}/0")
}

/// Writes the settings.
pub(super) fn prepare(site: &Site, port: u16) -> Result<Part, Error> {
    let folder = site.folder.join("redis");
    let settings = folder.join("redis.conf");
    site.account.folder(&folder)?;
    site.account.file(&settings, SETTINGS)?;
    let program = programs::find("redis-server");
    let args = [settings.display().to_string(), "--port".to_owned(), port.to_string()];
    Ok(Part {
        name: "redis".to_owned(),
        title: "Redis".to_owned(),
        program: program.ok_or_else(|| Program::Engine(EngineKind::Redis).missing())?,
        is_ours: false,
        args: args.map(Into::into).into(),
        env: [].into(),
        folder,
        account: site.account.clone(),
        log: site.logs.join("redis.log"),
        ports: vec![(port, "STACK_REDIS_PORT")],
        ready: Ready::Redis { port },
        start_limit: Duration::from_secs(30),
        stop: Stop::terminate(10),
    })
}
