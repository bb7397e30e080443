//! Whether a folder lies in memory. What is spooled there outlives the process, but not the machine,
//! so it is no place for what clients were promised.

use std::fs;
use std::path::{Path, PathBuf};

/// File systems that keep nothing on a disk.
const IN_MEMORY: [&str; 2] = ["tmpfs", "ramfs"];

/// Whether the folder lies in memory, as far as the system tells (Linux does).
pub(super) fn holds(dir: &Path) -> bool {
    let Ok(dir) = dir.canonicalize() else { return false };
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    file_system(&mounts, &dir).is_some_and(|kind| IN_MEMORY.contains(&kind))
}

/// The file system of a path: that of the deepest mount above it, and of the last one there.
fn file_system<'a>(mounts: &'a str, path: &Path) -> Option<&'a str> {
    let mounts = mounts.lines().filter_map(mount);
    let above = mounts.filter(|(point, _)| path.starts_with(point));
    above.max_by_key(|(point, _)| point.components().count()).map(|(_, kind)| kind)
}

/// Mount point and file system of a line: the fifth field, and the one behind the dash.
fn mount(line: &str) -> Option<(PathBuf, &str)> {
    let (fields, more) = line.split_once(" - ")?;
    let point = fields.split(' ').nth(4)?;
    // Of the characters that are escaped only spaces occur in practice.
    Some((point.replace("\\040", " ").into(), more.split(' ').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
        22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
        25 22 0:22 / /dev/shm rw - tmpfs tmpfs rw\n\
        26 22 0:23 / /tmp rw - tmpfs tmpfs rw\n\
        27 26 254:1 /spool /tmp/real\\040disk rw - xfs /dev/vdb rw\n\
        28 22 0:24 / /mnt rw - ext4 /dev/vdc rw\n\
        29 22 0:25 / /mnt rw - tmpfs tmpfs rw\n\
        nonsense\n";

    #[track_caller]
    fn check(path: &str, expected: &str) {
        assert_eq!(file_system(MOUNTS, Path::new(path)), Some(expected));
    }

    #[test]
    fn the_deepest_and_last_mount_counts() {
        check("/var/spool/errata", "ext4");
        check("/dev/shm/spool", "tmpfs");
        check("/tmp/spool", "tmpfs");
        check("/tmp/real disk/spool", "xfs");
        check("/tmpfiles", "ext4");
        check("/mnt/spool", "tmpfs");
        assert_eq!(file_system("", Path::new("/tmp")), None);
    }
}
