//! The `homecoming` program.
use std::process::ExitCode;

/// What one thread asks for is often given back by another: a row by who answers, a request by the writer.
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    homecoming::cli::run()
}
