//! Ends throw-away processes when their owner is gone, however it went.
//!
//! A test that is killed runs no destructor. So a small shell stands by in a process group of its
//! own and reads a pipe that only the owner holds open: each line it reads is the whole list of
//! process groups to end. When the pipe closes, the owner is gone, and the shell ends the groups
//! and removes the folder.
//!
//! A parent-death signal would not do: it fires when the *thread* that started the process ends
//! (an async runtime ends its threads when it likes), and it does not reach grandchildren, such as
//! the Erlang machine behind RabbitMQ's start script.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::error::Error;
use crate::process::{Process, ProcessId};

/// `$1` is the folder. The wait before its removal is bounded: processes whose parent never
/// collects them stay visible for ever.
const SCRIPT: &str = r#"
trap '' INT TERM HUP
exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-
groups=
while read -r line; do groups=$line; done
for group in $groups; do kill -s KILL -- "-$group" 2>/dev/null; done
for turn in 1 2 3 4 5 6 7 8 9 10; do
  alive=
  for group in $groups; do kill -s 0 -- "-$group" 2>/dev/null && alive=yes; done
  if [ -z "$alive" ] && rm -rf -- "$1" 2>/dev/null; then exit 0; fi
  sleep 0.2
done
rm -rf -- "$1"
"#;

/// The shell that stands by, and what it would end.
#[derive(Debug)]
pub(crate) struct Guard {
    shell: Child,
    pipe: Option<ChildStdin>,
    groups: Mutex<BTreeSet<i32>>,
}

impl Guard {
    /// Stands by for processes that are named later, and for the folder.
    pub(crate) fn over(folder: &Path) -> Result<Self, Error> {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "stack-guard"]).arg(folder).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut shell = command.spawn().map_err(Error::io("start", Path::new("sh")))?;
        let pipe = shell.stdin.take();
        Ok(Self { shell, pipe, groups: Mutex::default() })
    }

    /// From now on this process is ended with the owner. It leads its own process group.
    pub(crate) fn watch(&self, process: &Process) {
        self.change(|groups| groups.insert(process.id().pid()));
    }

    /// This process has ended: its number may soon belong to somebody else.
    pub(crate) fn forget(&self, process: &ProcessId) {
        self.change(|groups| groups.remove(&process.pid()));
    }

    fn change(&self, change: impl FnOnce(&mut BTreeSet<i32>) -> bool) {
        let mut groups = self.groups.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut groups);
        let line: Vec<String> = groups.iter().map(ToString::to_string).collect();
        if let Some(mut pipe) = self.pipe.as_ref() {
            // A write of this length is atomic. It fails only when the shell was killed, and then
            // the owner's own destructor is what is left.
            let _shell_is_gone = writeln!(pipe, "{}", line.join(" "));
        }
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        // Closing the pipe makes the shell end what is left and remove the folder; waiting for it
        // means that nothing is left when the owner goes on.
        drop(self.pipe.take());
        let _already_gone = self.shell.wait();
    }
}
