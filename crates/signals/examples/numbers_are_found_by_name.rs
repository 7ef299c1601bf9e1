//! Claim: the numbers of signals differ from machine to machine; the names do not. So write names.
//!
//! Lists of "signal 10 is SIGUSR1" are those of x86 and ARM. On Alpha and SPARC it is 30, on MIPS 16. The C library of
//! this machine knows its own numbers, and the shell agrees with it. Seven numbers are the same everywhere: POSIX lets
//! `kill -9` be written as a number.
//!
//! Usage: cargo run -q -p signals --example numbers_are_found_by_name
//! See also: `signal(7)` (Signal numbering), `kill(1)`

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use signals::number::Number;
use std::process::Command;
use std::str::FromStr;

/// The eighteen of the slides.
const NAMES: [&str; 18] = [
    "HUP", "INT", "QUIT", "ILL", "ABRT", "FPE", "KILL", "SEGV", "PIPE", "ALRM", "TERM", "USR1", "USR2",
    "CHLD", "CONT", "STOP", "TSTP", "TTIN",
];
/// What POSIX fixes for the command `kill`.
const FIXED: [(&str, i32); 7] =
    [("HUP", 1), ("INT", 2), ("QUIT", 3), ("ABRT", 6), ("KILL", 9), ("ALRM", 14), ("TERM", 15)];

fn main() -> Result<()> {
    let mut agree = 0;
    for name in NAMES {
        agree += usize::from(shell_says(number(name)?)? == name);
    }
    println!("this machine's C library and its shell agree on {agree} of {} names", NAMES.len());
    let mut same = 0;
    for (name, fixed) in FIXED {
        same += usize::from(number(name)?.get() == fixed);
    }
    println!("the same on every machine: {same} of {}", FIXED.len());
    let usr1 = number("USR1")?.get();
    println!("SIGUSR1 here is one of 10, 16, 30: {}", [10, 16, 30].contains(&usr1));
    println!("a real-time signal is counted from SIGRTMIN, known at run time: {}", Number::realtime(3));
    Ok(())
}

fn number(name: &str) -> Result<Number> {
    Ok(Signal::from_str(&format!("SIG{name}")).with_context(|| format!("find SIG{name}"))?.into())
}

fn shell_says(number: Number) -> Result<String> {
    let script = format!("kill -l {}", number.get());
    let output = Command::new("sh").args(["-c", &script]).output().context("ask the shell")?;
    ensure!(output.status.success(), "the shell knows no signal {}", number.get());
    Ok(String::from_utf8(output.stdout).context("read the answer")?.trim().to_owned())
}
