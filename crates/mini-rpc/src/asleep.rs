//! Seeing from outside in which system call a process sleeps: `/proc/PID/syscall` has its number.

use anyhow::{Context, Result, bail};
use nix::libc;
use nix::unistd::Pid;

/// The calls in which the demonstrations wait for somebody to sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// recv: for a message on a socket.
    Receive,
    /// read: at a gate, which is a pipe.
    Read,
}

impl Call {
    fn number(self) -> libc::c_long {
        match self {
            Self::Receive => libc::SYS_recvfrom,
            Self::Read => libc::SYS_read,
        }
    }
}

/// Returns when the process sleeps in `call`. It looks again and again: the kernel sends no message when a process
/// falls asleep. No sleep here: the state is the event itself, however long it takes.
///
/// A process may be woken for nothing and sleep again: a Unix socket wakes its reader also when the peer makes room.
///
/// # Errors
/// When the process ends first, or when this machine does not let us look.
///
/// See also: `proc_pid_syscall(5)`, `proc_pid_stat(5)`
pub fn until(pid: Pid, call: Call) -> Result<()> {
    while !is_in(pid, call)? {
        if has_ended(pid)? {
            bail!("process {pid} ended before it slept in {call:?}");
        }
        std::thread::yield_now();
    }
    Ok(())
}

/// Whether the process sleeps in `call` at this moment.
///
/// # Errors
/// See [`until`].
pub fn is_in(pid: Pid, call: Call) -> Result<bool> {
    // "NUMBER ARGUMENT... STACK PROGRAM" of a process that sleeps, "running" of one that does not.
    let text = std::fs::read_to_string(format!("/proc/{pid}/syscall"));
    let text = text.with_context(|| format!("look where process {pid} is"))?;
    let number = text.split(' ').next().and_then(|number| number.parse::<libc::c_long>().ok());
    Ok(number == Some(call.number()))
}

fn has_ended(pid: Pid) -> Result<bool> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let stat = stat.with_context(|| format!("read the state of process {pid}"))?;
    // The second field is the program's name in parentheses, and a name may have blanks and parentheses itself.
    Ok(stat.rsplit_once(") ").is_some_and(|(_, after_name)| after_name.starts_with('Z')))
}
