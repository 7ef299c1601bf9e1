//! Runs one `Spec` (JSON on standard input) and prints its `Outcome` (JSON); with `--probe`, prints what works here.
//!
//! The test suite starts it under several users; by hand it shows what a program sees inside.

use std::process::ExitCode;

use anyhow::{Context, Result};
use sandbox::Spec;

fn main() -> ExitCode {
    if let Some(code) = sandbox::init_main() {
        return code;
    }
    let done = if std::env::args().nth(1).as_deref() == Some("--probe") { probe() } else { run() };
    match done {
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

fn probe() -> Result<()> {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let doctor = sandbox::probe();
    writeln!(out, "level: {}", doctor.level.word()).context("print the findings")?;
    for finding in doctor.findings {
        writeln!(out, "{}: {} {}", finding.what, finding.found, finding.fix).context("print the findings")?;
    }
    Ok(())
}
