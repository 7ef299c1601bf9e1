//! One ptrace(2) stop after the other, decoded. All calls belong to the thread that started the program.

#![allow(
    unsafe_code,
    reason = "ptrace(2) and raw wait statuses: nix knows neither PTRACE_LISTEN nor real-time signals"
)]

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::errno::Errno;
use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Why a thread of the tree stands still.
#[derive(Debug, Clone, Copy)]
pub enum Event {
    /// It has ended; if it was a process, its parent may reap it now.
    Ended(ExitStatus),
    /// It enters or leaves a system call.
    Call,
    /// It has made a process or a thread with this id.
    Made(i32),
    /// It runs a new program; the number is the thread id that it had before (it has its process's now).
    Exec(i32),
    /// It ends in a moment, with this wait status; its descriptors are still open.
    Exiting(ExitStatus),
    /// It is stopped by a signal and stays so until it is continued.
    Stopped,
    /// It is about to get this signal.
    Signal(i32),
    /// A stop of ptrace's own, without meaning here.
    Trap,
}

/// A stop and its thread.
#[derive(Debug, Clone, Copy)]
pub struct Stop {
    /// The thread.
    pub tid: i32,
    /// Why it stands still.
    pub event: Event,
}

/// What a system-call stop is about.
#[derive(Debug, Clone, Copy)]
pub enum Call {
    /// It enters a call.
    Entry {
        /// The call's number, see [`crate::calls`].
        number: i64,
        /// Its arguments.
        args: [u64; 6],
        /// Where the instruction stands that makes it.
        place: u64,
    },
    /// It leaves a call.
    Exit {
        /// What the call returns; an error is a negative number.
        value: i64,
    },
    /// No call's, or the thread was killed meanwhile.
    Other,
}

/// The next stop of a thread that this thread traces. `None`: none now (only without `block`).
///
/// # Errors
/// `ECHILD` when nobody is left.
pub fn next(block: bool) -> nix::Result<Option<Stop>> {
    let mut status = 0;
    // Not the children of this program's other threads.
    let flags = libc::__WALL | libc::__WNOTHREAD | if block { 0 } else { libc::WNOHANG };
    loop {
        // SAFETY: `status` lives through the call.
        let tid = unsafe { libc::waitpid(-1, &raw mut status, flags) };
        match Errno::result(tid) {
            Ok(0) => return Ok(None),
            Ok(tid) => return Ok(Some(Stop { tid, event: decode(tid, status) })),
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}

fn decode(tid: i32, status: i32) -> Event {
    if !libc::WIFSTOPPED(status) {
        return Event::Ended(ExitStatus::from_raw(status));
    }
    let signal = libc::WSTOPSIG(status);
    match status >> 16 {
        0 if signal == libc::SIGTRAP | 0x80 => Event::Call,
        0 => Event::Signal(signal),
        libc::PTRACE_EVENT_EXEC => message(tid).map_or(Event::Trap, Event::Exec),
        libc::PTRACE_EVENT_EXIT => {
            message(tid).map_or(Event::Trap, |status| Event::Exiting(ExitStatus::from_raw(status)))
        }
        libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
            message(tid).map_or(Event::Trap, Event::Made)
        }
        libc::PTRACE_EVENT_STOP
            if matches!(signal, libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU) =>
        {
            Event::Stopped
        }
        _ => Event::Trap,
    }
}

/// The number that comes with an event; a process killed meanwhile cannot tell.
fn message(tid: i32) -> Option<i32> {
    ptrace::getevent(Pid::from_raw(tid)).ok().and_then(|number| i32::try_from(number).ok())
}

/// What the system-call stop of `tid` is about. `Other` if it was killed meanwhile.
pub fn call(tid: i32) -> Call {
    let Ok(info) = ptrace::syscall_info(Pid::from_raw(tid)) else { return Call::Other };
    match info.op {
        libc::PTRACE_SYSCALL_INFO_ENTRY => {
            // SAFETY: the kernel filled `entry`, as `op` says.
            let entry = unsafe { info.u.entry };
            Call::Entry { number: entry.nr.cast_signed(), args: entry.args, place: info.instruction_pointer }
        }
        libc::PTRACE_SYSCALL_INFO_EXIT => {
            // SAFETY: the kernel filled `exit`, as `op` says.
            let exit = unsafe { info.u.exit };
            Call::Exit { value: exit.sval }
        }
        _ => Call::Other,
    }
}

/// Which process has sent the signal that `tid` is about to get; `None` for one of the kernel's.
#[must_use]
pub fn sender(tid: i32) -> Option<i32> {
    let info = ptrace::getsiginfo(Pid::from_raw(tid)).ok()?;
    // SAFETY: the kernel filled the structure; where no process has sent the signal, the field is not used.
    let sender = unsafe { info.si_pid() };
    (info.si_code <= 0).then_some(sender)
}

/// Goes on to the next stop, with a signal if not 0. A thread that was killed meanwhile needs nothing.
pub fn resume(tid: i32, signal: i32) {
    request(libc::PTRACE_SYSCALL, tid, signal);
}

/// Goes on by one instruction, with a signal if not 0; a call that it makes is not told. The stop is
/// [`Event::Signal`] with SIGTRAP.
pub fn step(tid: i32, signal: i32) {
    request(libc::PTRACE_SINGLESTEP, tid, signal);
}

/// Kills the process of `tid`, which may have ended meanwhile.
pub fn end(tid: i32) {
    let _ = kill(Pid::from_raw(tid), Signal::SIGKILL);
}

/// Goes on without a stop at each call, with a signal if not 0.
pub fn go_on(tid: i32, signal: i32) {
    request(libc::PTRACE_CONT, tid, signal);
}

/// Leaves a stopped thread stopped, but hears of it when it is continued.
pub fn listen(tid: i32) {
    request(libc::PTRACE_LISTEN, tid, 0);
}

fn request(what: libc::c_uint, tid: i32, data: i32) {
    let data = data as usize;
    let no_address = std::ptr::null_mut::<libc::c_void>();
    // SAFETY: neither request reads or writes memory of this process.
    let result = unsafe { libc::ptrace(what, tid, no_address, data) };
    if let Err(error) = Errno::result(result)
        && error != Errno::ESRCH
    {
        eprintln!("tracer: ptrace request {what:#x} for {tid}: {error}");
    }
}
