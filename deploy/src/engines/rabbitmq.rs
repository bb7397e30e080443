//! A private RabbitMQ, and the Erlang port mapper that it needs.
//!
//! Two Erlang nodes on one machine share the port mapper (epmd), the cookie in the home folder and
//! half a dozen folders unless told otherwise. Each instance here has its own of everything, so it
//! never meets a broker that already runs.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use uuid::Uuid;

use super::{EngineKind, PASSWORD, RabbitPorts, Site, Size, USER};
use crate::error::Error;
use crate::part::Part;
use crate::process::Stop;
use crate::programs;
use crate::provision::Program;
use crate::ready::{self, Ready};

/// The oldest release that the services are tested with.
const OLDEST: (u32, u32) = (3, 10);

const SETTINGS: &str = include_str!("../../rabbitmq/rabbitmq.conf");
const PLUGINS: &str = include_str!("../../rabbitmq/enabled_plugins");

pub(super) fn url(port: u16) -> String {
    format!("amqp://{USER}:{PASSWORD}@127.0.0.1:{port}/%2f")
}

/// Writes settings and cookie; the port mapper comes first.
pub(super) fn prepare(site: &Site, ports: RabbitPorts) -> Result<[Part; 2], Error> {
    let folder = site.folder.join("rabbitmq");
    site.account.folder(&folder)?;
    site.account.folder(&folder.join("data"))?;
    let sizes = match site.size {
        Size::Development => include_str!("../../rabbitmq/up.conf"),
        Size::ThrowAway => include_str!("../../rabbitmq/throwaway.conf"),
    };
    let listener = format!("listeners.tcp.local = 127.0.0.1:{}\n", ports.amqp);
    let settings = format!("{SETTINGS}\n{sizes}\n{listener}");
    site.account.file(&folder.join("rabbitmq.conf"), &settings)?;
    site.account.file(&folder.join("enabled_plugins"), PLUGINS)?;
    write_cookie(site, &folder)?;
    Ok([epmd(site, ports, &folder)?, broker(site, ports, &folder)?])
}

/// Erlang refuses a cookie that others may read.
fn write_cookie(site: &Site, folder: &Path) -> Result<(), Error> {
    let cookie = folder.join(".erlang.cookie");
    if cookie.exists() {
        return Ok(());
    }
    site.account.file(&cookie, &Uuid::new_v4().simple().to_string())?;
    let owner_only = fs::Permissions::from_mode(0o400);
    fs::set_permissions(&cookie, owner_only).map_err(Error::io("protect", &cookie))
}

/// In the foreground and on loopback: an epmd that RabbitMQ starts by itself goes into the
/// background, listens everywhere, and stays when everything else has ended.
fn epmd(site: &Site, ports: RabbitPorts, folder: &Path) -> Result<Part, Error> {
    let port = ports.epmd.to_string();
    let program = programs::find("epmd");
    Ok(Part {
        name: "epmd".to_owned(),
        title: "the Erlang port mapper".to_owned(),
        program: program.ok_or_else(|| Program::Engine(EngineKind::RabbitMq).missing())?,
        is_ours: false,
        args: ["-address", "127.0.0.1", "-port", &port].map(Into::into).into(),
        env: [].into(),
        folder: folder.to_owned(),
        account: site.account.clone(),
        log: site.logs.join("epmd.log"),
        ports: vec![(ports.epmd, "STACK_EPMD_PORT")],
        ready: Ready::Listens { port: ports.epmd },
        start_limit: Duration::from_secs(15),
        stop: Stop::terminate(5),
    })
}

fn broker(site: &Site, ports: RabbitPorts, folder: &Path) -> Result<Part, Error> {
    let program = programs::rabbitmq_server();
    Ok(Part {
        name: "rabbitmq".to_owned(),
        title: "RabbitMQ".to_owned(),
        program: program.ok_or_else(|| Program::Engine(EngineKind::RabbitMq).missing())?,
        is_ours: false,
        args: Vec::new(),
        env: environment(ports, folder),
        folder: folder.to_owned(),
        account: site.account.clone(),
        log: site.logs.join("rabbitmq.log"),
        ports: vec![(ports.amqp, "STACK_AMQP_PORT"), (ports.dist, "STACK_DIST_PORT")],
        ready: Ready::Amqp { port: ports.amqp },
        // Six seconds on two idle cores; much longer while a compiler has them.
        start_limit: Duration::from_secs(120),
        stop: Stop::terminate(30),
    })
}

fn environment(ports: RabbitPorts, folder: &Path) -> BTreeMap<String, String> {
    let path = |name: &str| folder.join(name).display().to_string();
    let entries = [
        // The cookie lies in the home folder.
        ("HOME", folder.display().to_string()),
        ("RABBITMQ_NODENAME", "errata@localhost".to_owned()),
        ("RABBITMQ_CONFIG_FILE", path("rabbitmq.conf")),
        ("RABBITMQ_ADVANCED_CONFIG_FILE", path("advanced.config")),
        ("RABBITMQ_CONF_ENV_FILE", path("rabbitmq-env.conf")),
        ("RABBITMQ_ENABLED_PLUGINS_FILE", path("enabled_plugins")),
        ("RABBITMQ_MNESIA_BASE", path("data")),
        ("RABBITMQ_LOG_BASE", path("log")),
        ("RABBITMQ_LOGS", "-".to_owned()),
        ("RABBITMQ_GENERATED_CONFIG_DIR", path("generated")),
        ("RABBITMQ_PID_FILE", path("rabbitmq.pid")),
        ("RABBITMQ_DIST_PORT", ports.dist.to_string()),
        ("ERL_EPMD_PORT", ports.epmd.to_string()),
        ("ERL_EPMD_ADDRESS", "127.0.0.1".to_owned()),
        ("ERL_CRASH_DUMP", "/dev/null".to_owned()),
        (
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
            // Nodes are reached on loopback only, and the port mapper is started by us.
            "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false".to_owned(),
        ),
        // The start script then becomes the broker instead of staying in front of it as its parent,
        // so the process we started is the one that a signal has to reach.
        ("RUNNING_UNDER_SYSTEMD", "true".to_owned()),
    ];
    entries.map(|(name, value)| (name.to_owned(), value)).into()
}

/// `rabbitmqctl` with arguments, aimed at the instance in this folder.
pub(super) fn control(site: &Site, args: &[&str]) -> Result<Command, Error> {
    let program = programs::rabbitmqctl();
    let folder = site.folder.join("rabbitmq");
    let mut command =
        Command::new(program.ok_or_else(|| Program::Engine(EngineKind::RabbitMq).missing())?);
    command.args(args).envs(environment(site.ports.rabbitmq, &folder)).current_dir(&folder);
    // The cookie is readable for the broker's account alone.
    site.account.apply(&mut command);
    Ok(command)
}

/// Refuses a broker that is too old.
pub(super) async fn finish(port: u16) -> Result<(), Error> {
    match ready::rabbitmq_version(port).await {
        Some(version) => check_version(&version),
        None => Ok(()),
    }
}

fn check_version(version: &str) -> Result<(), Error> {
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    let found = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    if found >= OLDEST {
        return Ok(());
    }
    Err(Error::TooOld { what: "RabbitMQ", found: version.to_owned(), needed: "3.10" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(version: &str, accepted: bool) {
        assert_eq!(check_version(version).is_ok(), accepted, "{version}");
    }

    #[test]
    fn versions_compare_as_numbers() {
        check("3.10.8", true);
        check("3.9.13", false);
        check("4.0", true);
        check("", false);
    }
}
