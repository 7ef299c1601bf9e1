//! Starting a command in a process group of its own. See fork(2), setpgid(2), execvp(3).

#![allow(unsafe_code, reason = "fork(2), dup2(2) and execvp(3) in the child")]

use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::failure::{reason, say};
use crate::signals::Signals;

/// What a command's descriptors 0, 1 and 2 are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// Those of this program.
    Same,
    /// `/dev/null`, and twice this program's standard error.
    Apart,
}

/// Starts `command` as the leader of a new process group, with its signals as they should be; gives its id. What cannot be
/// executed is told on standard error, in `program`'s name, and ends with 127 (or 126) like a command of a shell.
///
/// # Errors
/// What fork(2) says; `EINVAL` if a word has a zero byte.
pub fn start(program: &str, command: &[OsString], streams: Streams, signals: &Signals) -> nix::Result<Pid> {
    // BEGIN SOLUTION
    let words = command.iter().map(|word| CString::new(word.as_bytes())).collect::<Result<Vec<_>, _>>();
    let words = words.map_err(|_| Errno::EINVAL)?;
    let name = command.first().map_or(OsStr::new(""), OsString::as_os_str).to_owned();
    let child = ipc_kit::run_in_child(|| {
        let Err(errno) = become_command(&words, streams, signals);
        say(&format!("{program}: {}: {}", name.display(), reason(errno)));
        if errno == Errno::ENOENT { 127 } else { 126 }
    })?;
    // Both sides do it: who signals the group next must find it, whoever runs first. EACCES: the child has exec'd.
    match nix::unistd::setpgid(child, child) {
        Ok(()) | Err(Errno::EACCES | Errno::ESRCH) => Ok(child),
        Err(errno) => Err(errno),
    }
    // END SOLUTION
    // STUB: todo!("M6: fork, a group of its own, clean signals, exec")
}
// BEGIN SOLUTION

/// In the child: its group, its descriptors, its signals, its program.
fn become_command(
    words: &[CString],
    streams: Streams,
    signals: &Signals,
) -> nix::Result<std::convert::Infallible> {
    nix::unistd::setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
    if streams == Streams::Apart {
        let null = nix::fcntl::open("/dev/null", nix::fcntl::OFlag::O_RDONLY, nix::sys::stat::Mode::empty())?;
        nix::unistd::dup2_stdin(&null)?;
        nix::unistd::dup2_stdout(std::io::stderr())?;
    }
    signals.leave()?;
    nix::unistd::execvp(words.first().ok_or(Errno::ENOENT)?, words)
}
// END SOLUTION

/// How a child has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Code(i32),
    /// By the signal of this number.
    Signal(i32),
}

/// Reaps a child that has ended: this one, or any. `None` if nobody has, yet. (nix's `waitpid` fails if a real-time signal has
/// killed the child: it has no name for it.)
///
/// # Errors
/// `ECHILD`: there is no such child.
pub fn reap(child: Option<Pid>) -> nix::Result<Option<(Pid, End)>> {
    // BEGIN SOLUTION
    let mut status = 0;
    let who = child.map_or(-1, Pid::as_raw);
    // SAFETY: `status` lives through the call.
    let ended =
        ipc_kit::retry(|| Errno::result(unsafe { libc::waitpid(who, &raw mut status, libc::WNOHANG) }))?;
    let end = if libc::WIFEXITED(status) {
        End::Code(libc::WEXITSTATUS(status))
    } else {
        End::Signal(libc::WTERMSIG(status))
    };
    Ok((ended != 0).then(|| (Pid::from_raw(ended), end)))
    // END SOLUTION
    // STUB: todo!("M6: waitpid, without waiting")
}

/// Whether this child has ended. It stays a zombie, so that nobody else gets its number.
///
/// # Errors
/// `ECHILD`: there is no such child.
pub fn has_ended(child: Pid) -> nix::Result<bool> {
    // BEGIN SOLUTION
    // SAFETY: zeros are a siginfo without a signal.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let look = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: `info` lives through the call, which fills it or leaves it.
    let asked = unsafe { libc::waitid(libc::P_PID, child.as_raw().cast_unsigned(), &raw mut info, look) };
    Errno::result(asked)?;
    Ok(info.si_signo == libc::SIGCHLD)
    // END SOLUTION
    // STUB: todo!("M7: waitid; how does its number stay its own?")
}

/// Sends a signal to a whole process group. One that is gone gets none.
///
/// # Errors
/// What kill(2) says.
pub fn signal_group(group: Pid, signal: Signal) -> nix::Result<()> {
    // BEGIN SOLUTION
    match nix::sys::signal::killpg(group, signal) {
        Err(Errno::ESRCH) => Ok(()),
        other => other,
    }
    // END SOLUTION
    // STUB: todo!("M6: kill a group")
}

/// Asks a whole process group to end: SIGTERM, and SIGCONT, because who is stopped does not hear.
///
/// # Errors
/// What kill(2) says.
pub fn ask_to_end(group: Pid) -> nix::Result<()> {
    // BEGIN SOLUTION
    signal_group(group, Signal::SIGTERM)?;
    signal_group(group, Signal::SIGCONT)
    // END SOLUTION
    // STUB: todo!("M6: SIGTERM; what if somebody is stopped?")
}
