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
