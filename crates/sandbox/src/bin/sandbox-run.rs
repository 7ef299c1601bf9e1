//! Runs one `Spec` (JSON on standard input) and prints its `Outcome` (JSON); with `--probe`, prints what works here.
//! SIGINT and SIGTERM end the run; the outcome is printed all the same.
//!
//! The test suite starts it under several users; by hand it shows what a program sees inside.

use std::process::ExitCode;

use anyhow::{Context, Result};
use nix::sys::signal::{SigSet, Signal};
use sandbox::Spec;

fn main() -> ExitCode {
    if let Some(code) = sandbox::init_main() {
        return code;
    }
    let done = if std::env::args().nth(1).as_deref() == Some("--probe") { probe() } else { run() };
    sandbox::remove_groups();
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
    cancel_on_signals()?;
    serde_json::to_writer(std::io::stdout().lock(), &sandbox::run(&spec)).context("write the outcome")
}

/// The helper puts its own signals right, so the block does not reach the programs.
fn cancel_on_signals() -> Result<()> {
    let signals: SigSet = [Signal::SIGINT, Signal::SIGTERM].into_iter().collect();
    signals.thread_block().context("block signals")?;
    let wait = move || {
        if signals.wait().is_ok() {
            sandbox::cancel_all();
        }
    };
    std::thread::Builder::new().spawn(wait).context("start a thread").map(drop)
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
