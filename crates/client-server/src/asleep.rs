//! Seeing from outside in which system call a process sleeps: `/proc/PID/syscall` has its number.

use anyhow::{Context, Result, bail};
use nix::libc;
use nix::unistd::Pid;

/// The calls in which the demonstrations wait for somebody to sleep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// accept4: a server without a caller.
    Accept,
    /// recv: for somebody's bytes.
    Receive,
    /// send: for room.
    Send,
    /// poll: for any of several.
    Poll,
    /// open: of a FIFO, for its other end; of a file on a dead network disk, for the disk.
    Open,
}

impl Call {
    /// The numbers that this call may have: libraries use now one, now the other.
    fn numbers(self) -> &'static [libc::c_long] {
        match self {
            Self::Accept => &[libc::SYS_accept4],
            Self::Receive => &[libc::SYS_recvfrom],
            Self::Send => &[libc::SYS_sendto],
            #[cfg(target_arch = "x86_64")]
            Self::Poll => &[libc::SYS_poll, libc::SYS_ppoll],
            #[cfg(not(target_arch = "x86_64"))]
            Self::Poll => &[libc::SYS_ppoll],
            Self::Open => &[libc::SYS_openat],
        }
    }
}

/// Returns when the process sleeps in `call`. It looks again and again: the kernel sends no message when a process
/// falls asleep. No sleep here: the state is the event itself, however long it takes.
///
/// # Errors
/// When the process ends first, or when this machine does not let us look (only the owner may, and some sandboxes
/// forbid even that).
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
    Ok(number.is_some_and(|number| call.numbers().contains(&number)))
}

fn has_ended(pid: Pid) -> Result<bool> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
    let stat = stat.with_context(|| format!("read the state of process {pid}"))?;
    // The second field is the program's name in parentheses, and a name may have blanks and parentheses itself.
    Ok(stat.rsplit_once(") ").is_some_and(|(_, after_name)| after_name.starts_with('Z')))
}
