//! Signals by signal-hook: its iterator takes them out of its handlers through a socket. Prints `ready PID`, then
//! `got USR1` or `got USR2` for each; SIGTERM ends it.

use std::io::{self, Write as _};

use anyhow::{Context as _, Result};
use signal_hook::consts::{SIGTERM, SIGUSR1, SIGUSR2};
use signal_hook::iterator::Signals;

fn main() -> Result<()> {
    let mut signals = Signals::new([SIGUSR1, SIGUSR2, SIGTERM]).context("catch the signals")?;
    say(&format!("ready {}\n", std::process::id()))?;
    for signal in signals.forever() {
        match signal {
            SIGUSR1 => say("got USR1\n")?,
            SIGUSR2 => say("got USR2\n")?,
            _ => break,
        }
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    io::stdout().write_all(line.as_bytes()).context("print a line")
}
