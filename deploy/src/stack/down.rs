//! `stack down` and `stack reset`.

use std::fs;
use std::path::Path;

use tokio::task::JoinSet;

use super::place::Place;
use crate::docker::{self, Compose};
use crate::error::Error;
use crate::process::{Process, Stop};
use crate::settings::Settings;

/// Parts end in this order, those of one line together: first who takes requests, last what the
/// others need. Whatever is not named here ends in the second line.
const ORDER: [&[&str]; 4] = [&["edge"], &[], &["postgres", "redis", "rabbitmq"], &["epmd"]];

/// Ends what `stack up` started, and nothing else.
///
/// # Errors
/// When the stack's folder cannot be used.
pub async fn down(settings: &Settings) -> Result<(), Error> {
    let place = Place::of(settings)?;
    let _one_at_a_time = place.lock().await?;
    end_everything(settings, &place, Compose::down).await
}

/// As [`down`], and removes all data.
///
/// # Errors
/// When a folder cannot be removed.
pub async fn reset(settings: &Settings) -> Result<(), Error> {
    let place = Place::of(settings)?;
    let _one_at_a_time = place.lock().await?;
    end_everything(settings, &place, Compose::reset).await?;
    for folder in place.engine_folders().iter().chain([&place.folder]) {
        remove(folder)?;
    }
    tracing::info!("all data is gone");
    Ok(())
}

async fn end_everything(
    settings: &Settings,
    place: &Place,
    end_containers: impl AsyncFnOnce(&Compose) -> Result<(), Error>,
) -> Result<(), Error> {
    for step in 0..ORDER.len() {
        let due = place.recorded().into_iter().filter(|(name, _)| step_of(name) == step);
        let mut ending: JoinSet<()> =
            due.map(|(name, process)| end(&place.run, name, process)).collect();
        // A panic in one must not keep the others running.
        while ending.join_next().await.is_some() {}
    }
    place.end_strays().await;
    forget_dead(&place.run)?;
    let marker = place.run.join("docker");
    if marker.exists() {
        if docker::is_running().await {
            end_containers(&Compose::new(settings)).await?;
        } else {
            // Without its engine no container runs either.
            tracing::warn!("Docker does not answer any more: its containers are left to it");
        }
        fs::remove_file(&marker).map_err(Error::io("remove", &marker))?;
    }
    tracing::info!("everything has ended");
    Ok(())
}

fn step_of(name: &str) -> usize {
    ORDER.iter().position(|names| names.contains(&name)).unwrap_or(1)
}

fn end(run: &Path, name: String, mut process: Process) -> impl Future<Output = ()> + use<> {
    let record = run.join(format!("{name}.pid"));
    async move {
        tracing::info!("ending {name}");
        process.end(stop(&name)).await;
        let _missing = fs::remove_file(record);
    }
}

/// How each part is asked to end; [`crate::part::Part`] says the same, but a part cannot be built
/// when its program has been removed meanwhile.
fn stop(name: &str) -> Stop {
    match name {
        "postgres" => Stop::interrupt(20),
        "rabbitmq" => Stop::terminate(30),
        "edge" | "epmd" | "redis" => Stop::terminate(10),
        _service => Stop::terminate(40),
    }
}

/// Removes the records of what had ended by itself.
fn forget_dead(run: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(run).map_err(Error::io("read", run))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.extension().is_some_and(|extension| extension == "pid") {
            fs::remove_file(&path).map_err(Error::io("remove", &path))?;
        }
    }
    Ok(())
}

fn remove(folder: &Path) -> Result<(), Error> {
    if !folder.exists() {
        return Ok(());
    }
    fs::remove_dir_all(folder).map_err(Error::io("remove", folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(first: &str, second: &str) {
        assert!(step_of(first) < step_of(second), "{first} before {second}");
    }

    #[test]
    fn what_others_need_ends_last() {
        check("edge", "ingest");
        check("worker", "postgres");
        check("query-api", "redis");
        check("rabbitmq", "epmd");
    }
}
