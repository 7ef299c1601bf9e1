//! Seeing from outside that a process waits, and that waiting costs nothing.

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

/// Returns when the process waits for an event. It looks again and again, because the kernel sends no message when a
/// process falls asleep. No sleep here: the state is the event itself, however long it takes.
///
/// # Errors
/// When the process ends first.
pub fn until_asleep(pid: Pid) -> Result<()> {
    loop {
        match state(pid)? {
            'S' => return Ok(()),
            'Z' => anyhow::bail!("process {pid} ended before it fell asleep"),
            _ => std::thread::yield_now(),
        }
    }
}

/// Returns when the process has really left the processor: state `S` is set a moment before.
///
/// The kernel answers this question only when the process stands still; until then it says "running".
///
/// # Errors
/// When the process is gone, or when this one may not look into it.
///
/// See also: `proc_pid_syscall(5)`
pub fn until_off_the_processor(pid: Pid) -> Result<()> {
    loop {
        let call = std::fs::read_to_string(format!("/proc/{pid}/syscall"));
        if call.with_context(|| format!("ask where process {pid} waits"))?.trim() != "running" {
            return Ok(());
        }
        std::thread::yield_now();
    }
}

/// How often the process has given the processor away or lost it (context switches), since it started.
///
/// # Errors
/// When there is no such process.
///
/// See also: `proc_pid_status(5)`
pub fn switches(pid: Pid) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"));
    let status = status.with_context(|| format!("read the status of process {pid}"))?;
    let counts = status.lines().filter(|line| line.contains("voluntary_ctxt_switches:"));
    let counts = counts.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    Ok(counts.sum())
}
