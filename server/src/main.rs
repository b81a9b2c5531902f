//! The thin binary `vigie`.

use clap::Parser as _;

/// A worker spends a tenth of its time on memory with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    server::cli::main(server::cli::Cli::parse())
}
