//! Three small tools around signals.
//!
//! Usage: signals copy FROM TO | signals look PID | signals table
//! `copy` says how far it is at SIGUSR1, and leaves no half file at SIGINT, SIGTERM or SIGHUP. `look` shows which
//! signals of a process are pending, blocked, ignored and caught. `table` finds out what each signal does by default.

use anyhow::{Context, Result};
use nix::unistd::Pid;
use signals::copy::{Outcome, copy};
use signals::number::Number;
use signals::{default, end, look};
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let result = match words[..] {
        ["copy", from, to] => run_copy(Path::new(from), Path::new(to)),
        ["look", pid] if pid.parse().is_ok_and(|pid: i32| pid > 0) => show(pid),
        ["table"] => table(),
        _ => {
            eprintln!("usage: signals copy FROM TO | signals look PID | signals table");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("signals: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run_copy(from: &Path, to: &Path) -> Result<()> {
    match copy(from, to, |bytes| eprintln!("copied {bytes} bytes"))? {
        Outcome::Done(bytes) => writeln!(std::io::stdout(), "{bytes} bytes").context("print the size"),
        Outcome::Stopped(signal) => end::by(signal).map(|never| match never {}),
    }
}

fn show(pid: &str) -> Result<()> {
    let sets = look::at(Pid::from_raw(pid.parse().context("read the number of the process")?))?;
    let rows = [
        ("pending", sets.pending),
        ("blocked", sets.blocked),
        ("ignored", sets.ignored),
        ("caught", sets.caught),
    ];
    let mut out = std::io::stdout().lock();
    for (name, set) in rows {
        writeln!(out, "{name}: {}", look::names(&set)).context("print a set")?;
    }
    Ok(())
}

fn table() -> Result<()> {
    let mut out = std::io::stdout().lock();
    // What comes between the standard signals and SIGRTMIN belongs to the C library.
    for number in Number::all().filter(|number| number.get() < 32 || *number >= Number::realtime(0)) {
        let default = default::measure(number)?;
        writeln!(out, "{:>2}  {number:<12}  {default}", number.get()).context("print a row")?;
    }
    Ok(())
}
