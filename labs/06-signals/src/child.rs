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
    todo!("M6: fork, a group of its own, clean signals, exec")
}

/// Sends a signal to a whole process group. One that is gone gets none.
///
/// # Errors
/// What kill(2) says.
pub fn signal_group(group: Pid, signal: Signal) -> nix::Result<()> {
    todo!("M6: kill a group")
}

/// Asks a whole process group to end: SIGTERM, and SIGCONT, because who is stopped does not hear.
///
/// # Errors
/// What kill(2) says.
pub fn ask_to_end(group: Pid) -> nix::Result<()> {
    todo!("M6: SIGTERM; what if somebody is stopped?")
}
