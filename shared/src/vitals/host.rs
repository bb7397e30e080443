//! What the machine does: processors, memory, disks, network.

use std::sync::mpsc;
use std::time::Duration;

use sysinfo::{Disks, Networks, System};
use tokio::sync::oneshot;

/// A look at a disk that hangs (a network file system) is not waited for any longer.
const TIMEOUT: Duration = Duration::from_secs(2);

/// A host's name is cut after so many bytes, as many as DNS allows.
const MAX_NAME: usize = 253;

/// Interfaces whose bytes are counted at another one as well, or never leave the host.
const VIRTUAL: [&str; 9] =
    ["lo", "veth", "docker", "br-", "virbr", "cni", "cali", "flannel", "tailscale"];

/// The machine since the sample before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct HostSample {
    pub(super) cpu_percent: f64,
    pub(super) memory_percent: f64,
    /// Of the fullest disk.
    pub(super) disk_percent: f64,
    pub(super) bytes_in: i64,
    pub(super) bytes_out: i64,
}

/// The name that tells this host from others.
pub(super) fn name() -> String {
    let name = System::host_name().unwrap_or_else(|_| "unknown".to_owned());
    name.chars().take(MAX_NAME).collect()
}

/// Takes samples on a thread of its own, because a look at a disk may hang, and would then hold up the
/// end of the process as well.
#[derive(Debug)]
pub(super) struct Sampler {
    asks: mpsc::SyncSender<oneshot::Sender<HostSample>>,
}

impl Sampler {
    /// Starts the thread, which ends with this. None when the machine does not let itself be looked at.
    pub(super) fn start() -> Option<Self> {
        let (asks, asked) = mpsc::sync_channel::<oneshot::Sender<HostSample>>(1);
        let thread = std::thread::Builder::new().name("host-samples".to_owned());
        let looking = move || {
            let Some(mut machine) = Machine::new() else { return };
            while let Ok(answer) = asked.recv() {
                // Nobody waits any longer.
                answer.send(machine.sample()).ok();
            }
        };
        match thread.spawn(looking) {
            Ok(_runs_by_itself) => Some(Self { asks }),
            Err(error) => {
                tracing::warn!(%error, "no thread for samples of the host");
                None
            }
        }
    }

    /// The machine since the last sample; none when it can't be had in time.
    pub(super) async fn sample(&self) -> Option<HostSample> {
        let (answer, sample) = oneshot::channel();
        // A full channel: the look before is still hanging.
        self.asks.try_send(answer).ok()?;
        tokio::time::timeout(TIMEOUT, sample).await.ok()?.ok()
    }
}

#[derive(Debug)]
struct Machine {
    system: System,
    disks: Disks,
    networks: Networks,
}

impl Machine {
    fn new() -> Option<Self> {
        let mut system = System::new().ok()?;
        // Use of the processors is told between two looks.
        system.refresh_cpu_usage();
        let networks = Networks::new_with_refreshed_list().ok()?;
        Some(Self { system, disks: Disks::new_with_refreshed_list().ok()?, networks })
    }

    fn sample(&mut self) -> HostSample {
        self.system.refresh_cpu_usage();
        self.system.refresh_memory();
        self.disks.refresh(true);
        self.networks.refresh(true);
        let disks = self.disks.iter().filter(|disk| !disk.is_read_only());
        let disk_percent = disks
            .map(|disk| {
                let total = disk.total_space();
                percent(total.saturating_sub(disk.available_space()), total)
            })
            .fold(0.0, f64::max);
        let networks =
            self.networks.iter().filter(|(name, _)| leaves_the_host(&name.to_string_lossy()));
        let (bytes_in, bytes_out) = networks.fold((0, 0), |(bytes_in, bytes_out), (_, data)| {
            (whole(data.received()) + bytes_in, whole(data.transmitted()) + bytes_out)
        });
        HostSample {
            cpu_percent: f64::from(self.system.global_cpu_usage()).clamp(0.0, 100.0),
            memory_percent: percent(self.system.used_memory(), self.system.total_memory()),
            disk_percent,
            bytes_in,
            bytes_out,
        }
    }
}

fn leaves_the_host(interface: &str) -> bool {
    !VIRTUAL.iter().any(|prefix| interface.starts_with(prefix))
}

/// Bytes of a minute, bounded so that their sum over a year still fits.
fn whole(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX).min(1 << 50)
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs no more than 52 bits")]
fn percent(part: u64, total: u64) -> f64 {
    if total == 0 { 0.0 } else { (100.0 * part as f64 / total as f64).clamp(0.0, 100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_crosses_a_bridge_counts_once() {
        for (interface, counted) in [("eth0", true), ("ens5", true), ("wlan0", true), ("lo", false)]
        {
            assert_eq!(leaves_the_host(interface), counted, "{interface}");
        }
        assert!(!leaves_the_host("veth12ab") && !leaves_the_host("docker0"));
    }

    #[tokio::test]
    async fn this_machine_can_be_sampled() {
        let sampler = Sampler::start().unwrap();
        let sample = sampler.sample().await.unwrap();
        assert!(sample.memory_percent > 0.0 && sample.memory_percent <= 100.0, "{sample:?}");
        assert!((0.0..=100.0).contains(&sample.disk_percent), "{sample:?}");
        assert!(!name().is_empty());
    }
}
