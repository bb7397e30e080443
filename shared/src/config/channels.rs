//! What sending to other services needs, besides where to.

use std::path::PathBuf;

use super::engines::ca_file;
use super::{Environment, Secret, Settings};

/// As many characters as a random key of 128 bits has in hex.
const MIN_SECRET_KEY: usize = 32;

/// Known to everyone, which is why it works in development alone.
const DEVELOPMENT_SECRET_KEY: &str = "errata-development-secret-key-that-everyone-knows";

/// Settings of outgoing channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelsConfig {
    /// `SECRET_KEY`: what stored secrets are encrypted with.
    pub secret_key: Secret,
    /// `NOTIFY_ALLOW_PRIVATE`: whether messages may go to private addresses.
    pub allow_private: bool,
    /// `TLS_CA_FILE`: authorities that are trusted besides those of the system.
    pub ca_file: Option<PathBuf>,
}

impl ChannelsConfig {
    /// Reads the settings.
    pub fn read(settings: &Settings<'_>, environment: Environment) -> Self {
        Self {
            secret_key: secret_key(settings, environment),
            allow_private: allow_private(settings),
            ca_file: ca_file(settings),
        }
    }
}

fn secret_key(settings: &Settings<'_>, environment: Environment) -> Secret {
    let given = settings.text("SECRET_KEY");
    let allowed = match (&given, environment) {
        (Some(text), _) if text.chars().count() >= MIN_SECRET_KEY => None,
        (Some(_), _) => Some("at least 32 characters long"),
        (None, Environment::Development) => None,
        (None, Environment::Staging | Environment::Production) => Some(
            "set outside development, to at least 32 characters that nobody can guess \
             (such as what `openssl rand -hex 32` prints)",
        ),
    };
    if let Some(allowed) = allowed {
        settings.problem("SECRET_KEY", None, allowed);
    }
    Secret::new(given.unwrap_or_else(|| DEVELOPMENT_SECRET_KEY.to_owned()))
}

fn allow_private(settings: &Settings<'_>) -> bool {
    match settings.text("NOTIFY_ALLOW_PRIVATE").as_deref() {
        None | Some("off") => false,
        Some("on") => true,
        Some(other) => {
            settings.problem("NOTIFY_ALLOW_PRIVATE", Some(other), "one of on, off");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ConfigError;

    fn read(
        pairs: &[(&str, &str)],
        environment: Environment,
    ) -> Result<ChannelsConfig, ConfigError> {
        let lookup = |name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let settings = Settings::new(&lookup);
        let config = ChannelsConfig::read(&settings, environment);
        settings.finish(config)
    }

    #[test]
    fn development_alone_has_a_key_of_its_own() {
        let config = read(&[], Environment::Development).unwrap();
        assert!(config.secret_key.expose().len() >= MIN_SECRET_KEY && !config.allow_private);
        for environment in [Environment::Staging, Environment::Production] {
            let problems = read(&[], environment).unwrap_err().0;
            assert_eq!(problems.len(), 1);
            assert!(problems[0].starts_with("SECRET_KEY must be set outside"), "{problems:?}");
        }
    }

    #[test]
    fn a_short_key_is_refused_and_not_shown() {
        let given = [("SECRET_KEY", "short-one"), ("NOTIFY_ALLOW_PRIVATE", "yes")];
        for environment in [Environment::Development, Environment::Production] {
            let problems = read(&given, environment).unwrap_err().0;
            assert_eq!(
                problems,
                [
                    "SECRET_KEY must be at least 32 characters long",
                    "NOTIFY_ALLOW_PRIVATE holds \"yes\" and must be one of on, off",
                ]
            );
        }
    }

    #[test]
    fn no_log_shows_the_key() {
        let key = "k".repeat(32);
        let config = read(&[("SECRET_KEY", &key)], Environment::Production).unwrap();
        assert!(!format!("{config:?}").contains("kk"));
    }
}
