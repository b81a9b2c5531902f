//! The thin binary `vigie`.

use clap::Parser as _;

fn main() -> std::process::ExitCode {
    server::cli::main(server::cli::Cli::parse())
}
