//! What a process has held at its peak, as the kernel counts it.

use std::fs;

/// Watches one process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    pid: i32,
    held_before: u64,
}

impl Watch {
    /// Starts with what the process holds now.
    pub(super) fn over(pid: i32) -> Self {
        // 5 sets the peak back to what is held now.
        fs::write(format!("/proc/{pid}/clear_refs"), "5").unwrap();
        Self { pid, held_before: kib(pid, "VmRSS:") }
    }

    /// By how many KiB the process has grown at its peak since then. What the allocator had kept from
    /// earlier requests and used again is no growth.
    pub(super) fn peak(self) -> u64 {
        kib(self.pid, "VmHWM:").saturating_sub(self.held_before)
    }

    /// By how many KiB the peak lies above what an earlier watch began with.
    pub(super) fn peak_since(self, earlier: Self) -> u64 {
        kib(self.pid, "VmHWM:").saturating_sub(earlier.held_before)
    }
}

fn kib(pid: i32, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}
