//! One ptrace(2) stop after the other, decoded. All calls belong to the thread that started the program.

#![allow(
    unsafe_code,
    reason = "ptrace(2) and raw wait statuses: nix knows neither PTRACE_LISTEN nor real-time signals"
)]

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use nix::errno::Errno;
use nix::sys::ptrace;
use nix::unistd::Pid;

/// Why a thread of the tree stands still.
#[derive(Debug, Clone, Copy)]
pub(super) enum Event {
    /// It has ended; if it was a process, its parent may reap it now.
    Ended(ExitStatus),
    /// It enters or leaves a system call.
    Call,
    /// It has made a process or a thread with this id.
    Made(i32),
    /// It is stopped by a signal and stays so until it is continued.
    Stopped,
    /// It is about to get this signal.
    Signal(i32),
    /// A stop of ptrace's own, without meaning here.
    Trap,
}

/// A stop and its thread.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stop {
    pub(super) tid: i32,
    pub(super) event: Event,
}

/// What a system-call stop is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Call {
    Entry { number: i64, args: [u64; 6] },
    Exit { value: i64 },
    Other,
}

/// The next stop of a thread that this thread traces. `None`: none now (only without `block`).
pub(super) fn next(block: bool) -> nix::Result<Option<Stop>> {
    let mut status = 0;
    // Not the children of the referee's other threads.
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
        libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
            // A process killed meanwhile cannot tell.
            let made = ptrace::getevent(Pid::from_raw(tid)).ok().and_then(|made| i32::try_from(made).ok());
            made.map_or(Event::Trap, Event::Made)
        }
        libc::PTRACE_EVENT_STOP
            if matches!(signal, libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU) =>
        {
            Event::Stopped
        }
        _ => Event::Trap,
    }
}

/// What the system-call stop of `tid` is about. `Other` if it was killed meanwhile.
pub(super) fn call(tid: i32) -> Call {
    let Ok(info) = ptrace::syscall_info(Pid::from_raw(tid)) else { return Call::Other };
    match info.op {
        libc::PTRACE_SYSCALL_INFO_ENTRY => {
            // SAFETY: the kernel filled `entry`, as `op` says.
            let entry = unsafe { info.u.entry };
            Call::Entry { number: entry.nr.cast_signed(), args: entry.args }
        }
        libc::PTRACE_SYSCALL_INFO_EXIT => {
            // SAFETY: the kernel filled `exit`, as `op` says.
            let exit = unsafe { info.u.exit };
            Call::Exit { value: exit.sval }
        }
        _ => Call::Other,
    }
}

/// Goes on to the next stop, with a signal if not 0. A thread that was killed meanwhile needs nothing.
pub(super) fn resume(tid: i32, signal: i32) {
    request(libc::PTRACE_SYSCALL, tid, signal);
}

/// Leaves a stopped thread stopped, but hears of it when it is continued.
pub(super) fn listen(tid: i32) {
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
        eprintln!("testkit: ptrace request {what:#x} for {tid}: {error}");
    }
}
