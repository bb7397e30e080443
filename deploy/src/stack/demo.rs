//! `stack up --demo`: a program beside the services that reports errors to them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::place::Place;
use crate::account::Account;
use crate::edge::reachable;
use crate::error::Error;
use crate::keeper::Keeper;
use crate::part::Part;
use crate::process::Stop;
use crate::ready::Ready;
use crate::services::binaries;
use crate::settings::Settings;

/// The program, one of those that measure.
const NAME: &str = "demo";

/// Has the program run that reports the errors of a shop. `stack down` ends it with the rest.
///
/// # Errors
/// When it was not built, or can't be started.
pub async fn demo(settings: &Settings) -> Result<(), Error> {
    let place = Place::of(settings)?;
    let program = binaries()?.join(NAME);
    if !program.is_file() {
        return Err(Error::NotBuilt(program));
    }
    let address = reachable(settings.bind, settings.service_ports.edge);
    let part = Part {
        name: NAME.to_owned(),
        title: "the demo shop".to_owned(),
        program,
        is_ours: true,
        args: vec!["--url".into(), format!("http://{address}").into()],
        env: BTreeMap::new(),
        folder: settings.root.clone(),
        account: Account::present(),
        log: place.logs.join(format!("{NAME}.log")),
        ports: Vec::new(),
        // It serves nobody: it needs what it reports to.
        ready: Ready::Http { address, path: "/health" },
        start_limit: Duration::from_secs(10),
        stop: Stop::terminate(10),
    };
    Keeper::Recorded(place.run.clone()).bring_up(&part).await.map(drop)
}
