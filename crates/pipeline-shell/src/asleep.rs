//! Seeing from outside that a process waits: `/proc/PID/stat` has its state.

use anyhow::{Context, Result};
use nix::unistd::Pid;

/// The state of a process: `R` runs or wants to, `S` waits for an event, `T` is stopped, `Z` has ended and was not
/// waited for.
///
/// # Errors
/// When there is no such process.
///
/// See also: `proc_pid_stat(5)`
pub fn state(pid: Pid) -> Result<char> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let stat = stat.with_context(|| format!("read the state of process {pid}"))?;
    // The second field is the program's name in parentheses, and a name may have blanks and parentheses itself.
    let after_name = stat.rsplit_once(") ").with_context(|| format!("find the state in {stat:?}"))?.1;
    after_name.chars().next().with_context(|| format!("find the state in {stat:?}"))
}

/// Returns when the process is in state `wanted`. It looks again and again: the kernel sends no message when a
/// process falls asleep. No sleep here: the state is the event itself, however long it takes.
///
/// # Errors
/// When the process ends first (it is then a zombie), unless that is what is wanted.
pub fn until(pid: Pid, wanted: char) -> Result<()> {
    loop {
        match state(pid)? {
            found if found == wanted => return Ok(()),
            'Z' => anyhow::bail!("process {pid} ended before it came to state {wanted}"),
            _ => std::thread::yield_now(),
        }
    }
}
