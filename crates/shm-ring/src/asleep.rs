//! Seeing from outside that a process sleeps in futex(2): `/proc/PID/syscall` has the number of its system call.

use anyhow::{Context, Result, bail};
use nix::unistd::Pid;

/// Returns when the process sleeps in futex. It looks again and again: the kernel sends no message when a process
/// falls asleep. No sleep here: the state is the event itself, however long it takes.
///
/// # Errors
/// When the process ends first, or when this machine does not let us look.
///
/// See also: `proc_pid_syscall(5)`, `futex(2)`
pub fn until(pid: Pid) -> Result<()> {
    while !is(pid)? {
        if has_ended(pid)? {
            bail!("process {pid} ended before it slept in futex");
        }
        std::thread::yield_now();
    }
    Ok(())
}

/// Whether the process sleeps in futex at this moment.
///
/// # Errors
/// See [`until`].
pub fn is(pid: Pid) -> Result<bool> {
    // "NUMBER ARGUMENT... STACK PROGRAM" of a process that sleeps, "running" of one that does not.
    let text = std::fs::read_to_string(format!("/proc/{pid}/syscall"));
    let text = text.with_context(|| format!("look where process {pid} is"))?;
    let number = text.split(' ').next().and_then(|number| number.parse::<libc::c_long>().ok());
    Ok(number == Some(libc::SYS_futex))
}

fn has_ended(pid: Pid) -> Result<bool> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let stat = stat.with_context(|| format!("read the state of process {pid}"))?;
    // The second field is the program's name in parentheses, and a name may have blanks and parentheses itself.
    Ok(stat.rsplit_once(") ").is_some_and(|(_, after_name)| after_name.starts_with('Z')))
}
