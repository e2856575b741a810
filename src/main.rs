//! The `homecoming` program.
use std::process::ExitCode;

fn main() -> ExitCode {
    homecoming::cli::run()
}
