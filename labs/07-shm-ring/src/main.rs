//! `ring`: reads its arguments and hands over to the library.
//!
//! This file is given. Usage: see [`USAGE`].

use lab07_shm_ring::options::{Options, USAGE};
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match Options::parse(std::env::args_os().skip(1)) {
        Some(options) => ExitCode::from(lab07_shm_ring::run(&options)),
        None => {
            // With nowhere to complain to, the status alone must do.
            let _ = std::io::stderr().write_all(format!("{USAGE}\n").as_bytes());
            ExitCode::from(2)
        }
    }
}
