//! What can go wrong with the stack, each as one sentence that says what to do.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why the stack, or a part of it, could not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another program listens where a part of ours should.
    #[error(
        "port {port} for {part} is taken by another program: stop that one, or set {setting} to a \
         free port (in the environment or in .env)"
    )]
    PortTaken {
        /// The part that wants the port.
        part: String,
        /// The port.
        port: u16,
        /// The variable that moves the part to another port.
        setting: &'static str,
    },
    /// No free port was found for a throw-away part.
    #[error("no free port between 20000 and 32000 on 127.0.0.1")]
    NoFreePort,
    /// An engine is missing and there is no way to install it.
    #[error(
        "{what} is not installed: run this as root on a system with apt-get, install the package \
         {package} yourself, or (for `make up`) start Docker{}",
        elsewhere.map(|name| format!(" or set {name} to one that runs elsewhere")).unwrap_or_default()
    )]
    NotInstalled {
        /// The missing program.
        what: &'static str,
        /// The package that has it.
        package: &'static str,
        /// The variable that names one that runs elsewhere.
        elsewhere: Option<&'static str>,
    },
    /// The package manager failed.
    #[error("the system's packages {packages} could not be installed")]
    Install {
        /// The packages asked for.
        packages: String,
        /// What apt-get said.
        #[source]
        source: Box<Error>,
    },
    /// An engine is older than what the services need.
    #[error("{what} {found} is too old: the services need {needed} or newer")]
    TooOld {
        /// The engine.
        what: &'static str,
        /// The version found.
        found: String,
        /// The oldest that will do.
        needed: &'static str,
    },
    /// A part ended while it was expected to start.
    #[error("{part} ended while starting ({status}); see {log}{tail}")]
    Ended {
        /// The part.
        part: String,
        /// How it ended.
        status: String,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log, each on its own line.
        tail: String,
    },
    /// A part runs but did not become ready in time.
    #[error("{part} did not get ready within {} s; see {log}{tail}", limit.as_secs())]
    NotReady {
        /// The part.
        part: String,
        /// How long we waited.
        limit: Duration,
        /// Its log.
        log: PathBuf,
        /// The last lines of the log, each on its own line.
        tail: String,
    },
    /// Docker was asked for and is not there.
    #[error(
        "STACK_ENGINES is docker, but no Docker engine with the compose plugin answers: start it, or \
         set STACK_ENGINES=packages"
    )]
    NoDocker,
    /// A helper program (initdb, docker, `worker migrate`) failed.
    #[error("{command} failed ({status}){output}")]
    Command {
        /// The command line, without secrets.
        command: String,
        /// How it ended.
        status: String,
        /// The last lines that it printed, each on its own line.
        output: String,
    },
    /// A program of ours has not been built.
    #[error("{0} does not exist: run `cargo build --workspace --bins` first")]
    NotBuilt(PathBuf),
    /// Nothing to run.
    #[error("no command was given")]
    NoCommand,
    /// A test wants engines and nobody has started them.
    #[error("{0} is not set: run the tests with `make test`, which starts the engines they need")]
    NoTestEngines(&'static str),
    /// The engines' account cannot enter the folder that it should keep its data in.
    #[error("the account `{account}` cannot enter {path}: choose another folder with {setting}")]
    Unreachable {
        /// The account that runs the engines.
        account: String,
        /// The folder.
        path: PathBuf,
        /// The variable that chooses the folder.
        setting: &'static str,
    },
    /// A setting holds something that it must not.
    #[error("{name} is {value:?}, which is not {expected}")]
    Setting {
        /// The variable.
        name: String,
        /// What it holds.
        value: String,
        /// What it may hold.
        expected: &'static str,
    },
    /// The database refused something.
    #[error("cannot {action}")]
    Postgres {
        /// What was tried.
        action: String,
        /// Why it failed.
        #[source]
        source: tokio_postgres::Error,
    },
    /// A file or a program could not be used.
    #[error("cannot {action} {path}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file or program.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// For `map_err` on file operations: `.map_err(Error::io("write", path))`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }

    /// For `map_err` on database calls.
    pub(crate) fn postgres(
        action: impl Into<String>,
    ) -> impl FnOnce(tokio_postgres::Error) -> Self {
        let action = action.into();
        move |source| Self::Postgres { action, source }
    }
}
