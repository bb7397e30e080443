//! The `worker` binary: the service, and the commands of an operator.

use std::process::ExitCode;

fn main() -> ExitCode {
    worker::cli::main()
}
