//! Starting a command in a process group of its own, as vfork(2) does it: the child borrows our memory, on a stack of its own,
//! and this thread sleeps until it has executed its program or ended. See clone(2), setpgid(2), execvp(3), close_range(2).
//!
//! So nothing of ours runs beside a half-made child: when [`start`] comes back, the group exists and the program runs, or we
//! know why it does not.

#![allow(unsafe_code, reason = "clone(2), and what its child calls before execvp(3)")]

use std::convert::Infallible;
use std::ffi::{CString, OsString, c_char, c_int, c_uint, c_void};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::ptr;

use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, killpg, pthread_sigmask};
use nix::unistd::{Pid, setpgid};

use crate::failure::{reason, say};
use crate::names::Sig;
use crate::signals::set_default;

/// Room for what the child calls; execvp(3) keeps a path name and a copy of the arguments there.
const STACK: usize = 256 << 10;

/// Actions that are not as this program got them: Rust's runtime ignores PIPE and watches SEGV and BUS, and this program needs
/// the default of CHLD.
const CHANGED: [Sig; 4] = [Sig(libc::SIGPIPE), Sig(libc::SIGCHLD), Sig(libc::SIGSEGV), Sig(libc::SIGBUS)];

/// What a command's descriptors are.
#[derive(Debug, Clone, Copy)]
pub enum Streams<'a> {
    /// Those of this program.
    Same,
    /// This one as 0, this program's standard error as 1 and 2, and no other.
    Apart(BorrowedFd<'a>),
}

/// A command that was started. It is a child of this process until somebody waits for it.
#[derive(Debug)]
pub struct Child {
    /// Its id, and its group's.
    pub pid: Pid,
    /// pidfd_open(2): becomes readable when it has ended.
    pub pidfd: OwnedFd,
}

/// What the child reads, and where it leaves a message.
struct Plan {
    /// The first of `words`.
    name: *const c_char,
    /// With a null pointer at the end.
    words: *const *const c_char,
    input: Option<RawFd>,
    failed: Option<Errno>,
}

/// Starts `command` as the leader of a new process group, with clean signals. What cannot be executed is told on standard
/// error, in `program`'s name, and is a child that ends with 127 (or 126) like a command of a shell.
///
/// # Errors
/// What clone(2) says; `EINVAL` if a word has a zero byte.
pub fn start(program: &str, command: &[OsString], streams: Streams<'_>) -> nix::Result<Child> {
    let words: Vec<CString> = command
        .iter()
        .map(|word| CString::new(word.as_bytes()).map_err(|_| Errno::EINVAL))
        .collect::<Result<_, _>>()?;
    let words: Vec<*const c_char> =
        words.iter().map(|word| word.as_ptr()).chain(std::iter::once(ptr::null())).collect();
    let input = match streams {
        Streams::Same => None,
        Streams::Apart(input) => Some(input.as_raw_fd()),
    };
    let mut plan = Plan { name: words[0], words: words.as_ptr(), input, failed: None };
    let child = vfork(&mut plan, words.len())?;
    if let Some(errno) = plan.failed {
        say(&format!("{program}: {}: {}", command[0].display(), reason(errno)));
    }
    Ok(child)
}

fn vfork(plan: &mut Plan, words: usize) -> nix::Result<Child> {
    // In units of 16 bytes, to which a stack is aligned.
    let mut stack = vec![0_u128; STACK / size_of::<u128>() + words];
    let top = stack.as_mut_ptr_range().end.cast::<c_void>();
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::CLONE_PIDFD | libc::SIGCHLD;
    let mut pidfd: c_int = -1;
    let plan: *mut c_void = ptr::from_mut(plan).cast();
    // SAFETY: CLONE_VFORK: the child is done with the stack, the plan and all else of our memory before this returns, and
    // this thread touches nothing until then. `become_program` only makes calls that are right in such a child. No handler
    // of ours can run in it: there are none but the runtime's for SEGV and BUS, which touch its own stack only.
    let pid = unsafe { libc::clone(become_program, top, flags, plan, &raw mut pidfd) };
    let pid = Pid::from_raw(Errno::result(pid)?);
    // SAFETY: with CLONE_PIDFD the kernel has stored a new descriptor there, which nobody else owns.
    Ok(Child { pid, pidfd: unsafe { OwnedFd::from_raw_fd(pidfd) } })
}

/// The child's life. Its result is its exit status.
extern "C" fn become_program(plan: *mut c_void) -> c_int {
    // SAFETY: it is the plan of `vfork`, which sleeps and so does not look at it meanwhile.
    let plan = unsafe { &mut *plan.cast::<Plan>() };
    let Err(errno) = execute(plan);
    plan.failed = Some(errno);
    if errno == Errno::ENOENT { 127 } else { 126 }
}

/// Everything up to exec; comes back only if something fails.
fn execute(plan: &Plan) -> nix::Result<Infallible> {
    setpgid(Pid::from_raw(0), Pid::from_raw(0))?;
    if let Some(input) = plan.input {
        move_streams(input)?;
    }
    for signal in CHANGED {
        set_default(signal)?;
    }
    // Now, when all actions are right: a signal that has waited since the clone acts here as it would in the new program.
    pthread_sigmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)?;
    // SAFETY: `name` is a C string and `words` a list of such with a null pointer at its end; `start` keeps them.
    unsafe { libc::execvp(plan.name, plan.words) };
    Err(Errno::last())
}

/// 0 is `input`, 1 is what 2 is, and there is no other.
fn move_streams(input: RawFd) -> nix::Result<()> {
    // SAFETY: dup2 takes numbers; this process owns its table of descriptors, and nobody else's are touched.
    Errno::result(unsafe { libc::dup2(input, 0) })?;
    // SAFETY: as above.
    Errno::result(unsafe { libc::dup2(2, 1) })?;
    // SAFETY: the owners of what this closes are in the parent, which has a table of its own (no CLONE_FILES).
    Errno::result(unsafe { libc::close_range(3, c_uint::MAX, 0) }).map(drop)
}

/// Sends a signal to a whole process group. One that is gone gets none.
///
/// # Errors
/// `EPERM`: none of its members may be signalled by us.
pub fn signal_group(group: Pid, signal: Signal) -> nix::Result<()> {
    match killpg(group, signal) {
        Err(Errno::ESRCH) => Ok(()),
        other => other,
    }
}

/// Asks a whole process group to end: SIGTERM, and SIGCONT, because who is stopped does not hear.
///
/// # Errors
/// What kill(2) says.
pub fn ask_to_end(group: Pid) -> nix::Result<()> {
    signal_group(group, Signal::SIGTERM)?;
    signal_group(group, Signal::SIGCONT)
}
