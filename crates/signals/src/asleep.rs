//! Seeing from outside what a process does: `/proc/PID` has its state, its system call and its children.

use anyhow::{Context, Result, ensure};
use nix::unistd::Pid;

/// The system call in which pause(3) sleeps on this machine.
#[cfg(target_arch = "x86_64")]
pub const PAUSE: libc::c_long = libc::SYS_pause;
/// The system call in which pause(3) sleeps on this machine: newer ones have no call of that name.
#[cfg(not(target_arch = "x86_64"))]
pub const PAUSE: libc::c_long = libc::SYS_ppoll;

/// The state of a process: `R` runs or wants to, `S` waits for an event, `T` is stopped, `Z` has ended and was not
/// waited for.
///
/// # Errors
/// When there is no such process.
///
/// See also: `proc_pid_stat(5)`
pub fn state(pid: Pid) -> Result<char> {
    field(pid, 3)?.chars().next().context("find the state in an empty field")
}

/// A field of `/proc/PID/stat`, counted as in the manual, from the third on.
fn field(pid: Pid, number: usize) -> Result<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let stat = stat.with_context(|| format!("read the state of process {pid}"))?;
    // The second field is the program's name in parentheses, and a name may have blanks and parentheses itself.
    let after_name = stat.rsplit_once(") ").with_context(|| format!("find the state in {stat:?}"))?.1;
    let found = after_name.split_whitespace().nth(number - 3);
    Ok(found.with_context(|| format!("find field {number} in {stat:?}"))?.to_owned())
}

/// Returns when the process has used another tick of processor time in its own code: it computes.
///
/// # Errors
/// When the process ends first.
pub fn until_computing(pid: Pid) -> Result<()> {
    let ticks = || field(pid, 14)?.parse::<u64>().context("read the ticks");
    let before = ticks()?;
    while ticks()? == before {
        ensure!(state(pid)? != 'Z', "process {pid} ended before it had computed");
        std::thread::yield_now();
    }
    Ok(())
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

/// Returns when the process sleeps in this system call: `libc::SYS_read`, say.
///
/// # Errors
/// When the process ends first.
///
/// See also: `proc_pid_syscall(5)`
pub fn until_in(pid: Pid, call: libc::c_long) -> Result<()> {
    loop {
        ensure!(state(pid)? != 'Z', "process {pid} ended before it slept in system call {call}");
        // "running", or the number of the call in which the process sleeps, and its arguments.
        let line = std::fs::read_to_string(format!("/proc/{pid}/syscall"));
        let line = line.with_context(|| format!("read the system call of process {pid}"))?;
        if line.split_whitespace().next() == Some(call.to_string().as_str()) {
            return Ok(());
        }
        std::thread::yield_now();
    }
}

/// The children of a process that has one thread, in the order of their start.
///
/// # Errors
/// When there is no such process.
///
/// See also: `proc_pid_task(5)`
pub fn children(pid: Pid) -> Result<Vec<Pid>> {
    let list = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let list = list.with_context(|| format!("list the children of process {pid}"))?;
    list.split_whitespace()
        .map(|word| word.parse().map(Pid::from_raw).context("read a child's pid"))
        .collect()
}
