//! The `kadath` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    kadath::cli::run()
}
