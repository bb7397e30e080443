//! The stack's own settings: ports, folder, and engines that run elsewhere.
//!
//! They come from the environment, else from the file `.env` in the project's folder, else have a
//! default. The services' settings pass through unread; `.env.example` lists them all.

use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use crate::engines::{EngineKind, EnginePorts, RabbitPorts};
use crate::error::Error;

/// What decides where the stack runs.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Data, logs and pid files.
    pub(crate) folder: PathBuf,
    pub(crate) engine_ports: EnginePorts,
    pub(crate) service_ports: ServicePorts,
    /// The address that the edge listens on; everything behind it stays on loopback.
    pub(crate) bind: IpAddr,
    pub(crate) provider: Provider,
    /// Engines that run elsewhere and are neither started nor stopped.
    pub(crate) given: BTreeMap<EngineKind, String>,
    /// The project's folder, where the services run.
    pub(crate) root: PathBuf,
    /// What the services read besides ports and engines.
    pub(crate) services: BTreeMap<String, String>,
}

/// Where the edge and the services listen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ServicePorts {
    pub(crate) edge: u16,
    pub(crate) ingest: u16,
    pub(crate) query_api: u16,
    pub(crate) worker: u16,
}

/// Where engines come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    /// From Docker where it runs, else from the system's packages.
    Auto,
    Docker,
    Packages,
}

impl Settings {
    /// Reads the environment and the project's `.env`.
    ///
    /// # Errors
    /// When a setting holds something that it must not.
    pub fn from_env(root: &Path) -> Result<Self, Error> {
        let file = dotenv(&fs::read_to_string(root.join(".env")).unwrap_or_default());
        #[expect(clippy::disallowed_methods, reason = "the thin shell around `from_lookup`")]
        let lookup = |name: &str| std::env::var(name).ok().or_else(|| file.get(name).cloned());
        let mut settings = Self::from_lookup(root, lookup)?;
        let more = file.iter().filter(|(name, _)| std::env::var_os(name).is_none());
        for (name, value) in more {
            settings.services.entry(name.clone()).or_insert_with(|| value.clone());
        }
        Ok(settings)
    }

    /// Reads the settings from anywhere.
    ///
    /// # Errors
    /// See [`Self::from_env`].
    pub fn from_lookup(
        root: &Path,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let text = |name: &str| lookup(name).filter(|value| !value.is_empty());
        let port = |name: &str, default: u16| port(name, text(name), default);
        let given = EngineKind::ALL.into_iter();
        let folder = root.join(text("STACK_DIR").unwrap_or_else(|| ".stack".to_owned()));
        let edge = port("PORT", 8080)?;
        let defaults = [
            ("ENVIRONMENT", "development".to_owned()),
            ("PUBLIC_URL", format!("http://localhost:{edge}")),
            ("SPOOL_DIR", folder.join("spool").display().to_string()),
            // The edge, which says where a request came from.
            ("TRUSTED_PROXIES", "127.0.0.1/32".to_owned()),
        ];
        let service = |(name, default)| (String::from(name), text(name).unwrap_or(default));
        Ok(Self {
            root: root.to_owned(),
            folder,
            // Not where such engines usually listen, not where throw-away ones look for ports, and
            // below the range of outgoing connections, any of which could hold the port.
            engine_ports: EnginePorts {
                postgres: port("STACK_POSTGRES_PORT", 18_432)?,
                redis: port("STACK_REDIS_PORT", 18_379)?,
                rabbitmq: RabbitPorts {
                    amqp: port("STACK_AMQP_PORT", 18_672)?,
                    epmd: port("STACK_EPMD_PORT", 18_369)?,
                    dist: port("STACK_DIST_PORT", 18_370)?,
                },
            },
            service_ports: ServicePorts {
                edge,
                ingest: port("INGEST_PORT", 8081)?,
                query_api: port("QUERY_API_PORT", 8082)?,
                worker: port("WORKER_PORT", 8083)?,
            },
            bind: bind(text("BIND"))?,
            provider: provider(text("STACK_ENGINES"))?,
            given: given.filter_map(|kind| Some((kind, text(kind.variable())?))).collect(),
            services: defaults.map(service).into(),
        })
    }
}

fn port(name: &str, value: Option<String>, default: u16) -> Result<u16, Error> {
    let Some(value) = value else {
        return Ok(default);
    };
    match value.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err(Error::Setting {
            name: name.to_owned(),
            value,
            expected: "a port number from 1 to 65535",
        }),
    }
}

fn bind(value: Option<String>) -> Result<IpAddr, Error> {
    let Some(value) = value else {
        return Ok(Ipv4Addr::LOCALHOST.into());
    };
    let expected = "an address of this machine such as 127.0.0.1 or 0.0.0.0";
    value.parse().map_err(|_| Error::Setting { name: "BIND".to_owned(), value, expected })
}

fn provider(value: Option<String>) -> Result<Provider, Error> {
    match value.as_deref() {
        None | Some("auto") => Ok(Provider::Auto),
        Some("docker") => Ok(Provider::Docker),
        Some("packages") => Ok(Provider::Packages),
        Some(other) => Err(Error::Setting {
            name: "STACK_ENGINES".to_owned(),
            value: other.to_owned(),
            expected: "one of auto, docker, packages",
        }),
    }
}

/// Lines of `NAME=value`, the value in quotes or not; `#` begins a comment line.
fn dotenv(text: &str) -> BTreeMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.trim_start_matches("export ").split_once('='))
        .map(|(name, value)| (name.trim().to_owned(), unquoted(value.trim()).to_owned()))
        .collect()
}

fn unquoted(value: &str) -> &str {
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, Error> {
        let map: BTreeMap<_, _> = pairs.iter().copied().collect();
        Settings::from_lookup(Path::new("/p"), |name| map.get(name).map(ToString::to_string))
    }

    #[track_caller]
    fn check_refused(name: &str, value: &str, expected: &str) {
        assert_eq!(read(&[(name, value)]).unwrap_err().to_string(), expected);
    }

    #[test]
    fn the_environment_moves_ports_and_folder() {
        let settings = read(&[("STACK_REDIS_PORT", "7000"), ("STACK_DIR", "/data")]).unwrap();
        assert_eq!(settings.engine_ports.redis, 7000);
        assert_eq!(settings.engine_ports.postgres, 18_432);
        assert_eq!(settings.folder, Path::new("/data"));
        assert_eq!(read(&[]).unwrap().folder, Path::new("/p/.stack"));
    }

    #[test]
    fn the_services_get_what_development_needs() {
        let settings = read(&[("PORT", "9000"), ("ENVIRONMENT", "staging")]).unwrap();
        assert_eq!(settings.services["PUBLIC_URL"], "http://localhost:9000");
        assert_eq!(settings.services["ENVIRONMENT"], "staging");
        assert_eq!(settings.services["SPOOL_DIR"], "/p/.stack/spool");
    }

    #[test]
    fn engines_elsewhere_are_noticed() {
        let settings = read(&[("DATABASE_URL", "postgres://h/d"), ("AMQP_URL", "")]).unwrap();
        assert_eq!(settings.given.len(), 1);
        assert_eq!(settings.given[&EngineKind::Postgres], "postgres://h/d");
    }

    #[test]
    fn a_bad_value_is_named() {
        check_refused(
            "PORT",
            "http",
            r#"PORT is "http", which is not a port number from 1 to 65535"#,
        );
        check_refused("PORT", "0", r#"PORT is "0", which is not a port number from 1 to 65535"#);
        let expected = r#"STACK_ENGINES is "podman", which is not one of auto, docker, packages"#;
        check_refused("STACK_ENGINES", "podman", expected);
    }

    #[test]
    fn reads_dotenv_lines() {
        let map = dotenv("# note\nA=1\nexport B = 'two words'\nC=\"x=y\"\n\nnonsense\nD=\n");
        let pairs: Vec<_> = map.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        assert_eq!(pairs, [("A", "1"), ("B", "two words"), ("C", "x=y"), ("D", "")]);
    }
}
