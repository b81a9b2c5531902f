//! The thin binary `vigie`.

use clap::Parser as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

/// A worker spends a tenth of its time on memory with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How long memory that was freed is kept, in milliseconds. The allocator's own second tears holes into huge pages, which
/// the kernel then fills with small ones: a worker's histories end up on these, and it judges a seventh slower.
const KEPT: (&str, &str) = ("MIMALLOC_PURGE_DELAY", "10000");

fn main() -> ExitCode {
    keep_huge_pages();
    server::cli::main(server::cli::Cli::parse())
}

/// The allocator reads its settings from the environment before `main`: begins once more, as the same process, with what
/// it should have read. Whoever runs the program may say otherwise; where this cannot be done, it goes on as it is.
fn keep_huge_pages() {
    let (name, value) = KEPT;
    let mut words = std::env::args_os();
    if let (None, Some(called), Ok(itself)) = (std::env::var_os(name), words.next(), std::env::current_exe()) {
        let _not_done = Command::new(itself).arg0(called).args(words).env(name, value).exec();
    }
}
