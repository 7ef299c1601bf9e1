//! Seeing from outside that a process waits, and in which system call.

use anyhow::{Context, Result, ensure};
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

/// Returns when the process sleeps in this system call: `libc::SYS_read`, say. It looks again and again, because the
/// kernel sends no message when a process falls asleep. No clock here: the state is the event itself.
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

/// Where the descriptors of a process lead that are sockets.
///
/// # Errors
/// When there is no such process, or it is somebody else's.
///
/// See also: `proc_pid_fd(5)`
pub fn sockets(pid: Pid) -> Result<usize> {
    let all = std::fs::read_dir(format!("/proc/{pid}/fd"));
    let all = all.with_context(|| format!("list the descriptors of process {pid}"))?;
    let links = all.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
    Ok(links.filter(|link| link.to_string_lossy().starts_with("socket:")).count())
}

/// Returns when the process has ended; its parent has not waited for it yet.
///
/// # Errors
/// When there is no such process.
pub fn until_ended(pid: Pid) -> Result<()> {
    while state(pid)? != 'Z' {
        std::thread::yield_now();
    }
    Ok(())
}
