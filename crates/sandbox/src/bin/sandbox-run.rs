//! Runs one `Spec` (JSON on standard input) and prints its `Outcome` (JSON).
//!
//! The test suite starts it under several users; by hand it shows what a program sees inside.

use std::process::ExitCode;

use anyhow::{Context, Result};
use sandbox::Spec;

fn main() -> ExitCode {
    if let Some(code) = sandbox::init_main() {
        return code;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sandbox-run: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let spec: Spec = serde_json::from_reader(std::io::stdin().lock()).context("read the spec")?;
    serde_json::to_writer(std::io::stdout().lock(), &sandbox::run(&spec)).context("write the outcome")
}
