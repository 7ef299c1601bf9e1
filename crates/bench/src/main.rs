//! `bench`: measures. `cargo xtask bench` builds what is needed and calls it.

use std::process::ExitCode;

fn main() -> ExitCode {
    bench::cli::main(std::env::args().skip(1).collect())
}
