//! Seeing from outside what a process does with signals: five lines of `/proc/PID/status`.
//!
//! ```text
//!   ShdPnd: 0000000000000200      bit 9 is set: signal 10 was sent, and not yet delivered
//! ```

use crate::asleep;
use crate::number::Number;
use anyhow::{Context, Result};
use nix::unistd::Pid;
use std::collections::BTreeSet;

/// Sets of signals of one process (of its first thread, where threads differ).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signals {
    /// Sent, and not delivered: to the process, or to its first thread. One bit a signal.
    pub pending: BTreeSet<Number>,
    /// Not delivered now: they become pending.
    pub blocked: BTreeSet<Number>,
    /// Without effect.
    pub ignored: BTreeSet<Number>,
    /// Handled by a function.
    pub caught: BTreeSet<Number>,
}

/// Reads the sets of a process.
///
/// # Errors
/// When there is no such process.
///
/// See also: `proc_pid_status(5)`: ShdPnd, SigPnd, SigBlk, SigIgn, SigCgt
pub fn at(pid: Pid) -> Result<Signals> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    parse(&status.with_context(|| format!("read the status of process {pid}"))?)
}

/// Reads the sets out of the text of a status file.
///
/// # Errors
/// When a line is missing or is no number.
pub fn parse(status: &str) -> Result<Signals> {
    let field = |name: &str| -> Result<BTreeSet<Number>> {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let digits = line.with_context(|| format!("find {name} in the status"))?.trim();
        let bits = u64::from_str_radix(digits, 16).with_context(|| format!("read {name} {digits}"))?;
        Ok(Number::all().filter(|number| bits >> (number.get() - 1) & 1 == 1).collect())
    };
    let mut pending = field("ShdPnd:")?;
    pending.append(&mut field("SigPnd:")?);
    Ok(Signals { pending, blocked: field("SigBlk:")?, ignored: field("SigIgn:")?, caught: field("SigCgt:")? })
}

/// Returns when this signal is no longer pending: it was delivered, or thrown away, or the process has ended (what is
/// sent to a zombie stays pending for ever). It looks again and again; the state
/// is the event itself, however long it takes.
///
/// # Errors
/// When there is no such process.
pub fn until_taken(pid: Pid, number: impl Into<Number>) -> Result<()> {
    let number = number.into();
    while at(pid)?.pending.contains(&number) && asleep::state(pid)? != 'Z' {
        std::thread::yield_now();
    }
    Ok(())
}

/// The names of these signals with blanks between them, or `none`.
#[must_use]
pub fn names<'a>(set: impl IntoIterator<Item = &'a Number>) -> String {
    let names: Vec<String> = set.into_iter().map(Number::to_string).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(" ") }
}
