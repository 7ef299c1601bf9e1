//! What SIGTERM does to prodcon, and how to hold it off. This file is complete; lab 06 is about how it works.
//!
//! A signal may come between any two instructions. What must not be torn apart stands under a [`Hold`]: there
//! the signal waits. What waits for room or for data before it begins should not hold it off: it would never
//! end. [`Hold::wait`] is for that moment: it sleeps in ppoll(2), which lets the signal in while it sleeps and
//! holds it off again, as one step, when it returns.
//!
//! The handler ends the process. Before, it passes the signal on to the processes that were started here, and
//! removes the FIFO that was made here. See `sigaction(2)`, `signal-safety(7)`, `ppoll(2)`.

#![allow(unsafe_code, reason = "sigaction(2), and _exit(2) in a handler")]

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, ppoll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, kill, sigaction};
use nix::sys::signal::{pthread_sigmask, sigprocmask};
use nix::sys::stat::{FileStat, stat};
use nix::unistd::{Pid, unlink};
use std::ffi::{CString, c_int};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

/// The exit status of a process that SIGTERM has ended, as a shell tells it.
const STATUS: c_int = 128 + libc::SIGTERM;

/// The processes that were started here and not yet reaped; 0 is a free place.
static CHILDREN: [AtomicI32; 160] = [const { AtomicI32::new(0) }; 160];
/// The FIFO that was made here. The handler may read it: it is written once, before `IS_MADE` says so.
static PATH: OnceLock<CString> = OnceLock::new();
static IS_MADE: AtomicBool = AtomicBool::new(false);
static DEVICE: AtomicU64 = AtomicU64::new(0);
static INODE: AtomicU64 = AtomicU64::new(0);

/// From now on SIGTERM ends the process by [`end`]. A second one while the first is dealt with waits.
///
/// # Errors
/// As sigaction(2).
pub fn install() -> nix::Result<()> {
    let action = SigAction::new(SigHandler::Handler(end), SaFlags::empty(), SigSet::all());
    // SAFETY: the handler only makes system calls and reads atomics: all of it may be done in a handler.
    unsafe { sigaction(Signal::SIGTERM, &action) }?;
    // Whoever started prodcon may have blocked the signal.
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGTERM);
    pthread_sigmask(SigmaskHow::SIG_UNBLOCK, Some(&mask), None)
}

/// The handler.
extern "C" fn end(_signal: c_int) {
    for child in &CHILDREN {
        let pid = child.load(Ordering::Relaxed);
        if pid > 0 {
            let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
        }
    }
    unlink_made_fifo();
    // SAFETY: _exit(2) has no precondition; it runs no exit handler and no destructor.
    unsafe { libc::_exit(STATUS) }
}

/// `path` is a FIFO that this process has just made, and `status` what stat(2) says of it: it is removed at the
/// end, whatever that end is. Only one can be noted.
pub fn note_made_fifo(path: &Path, status: &FileStat) {
    if let Ok(path) = CString::new(path.as_os_str().as_bytes())
        && PATH.set(path).is_ok()
    {
        DEVICE.store(status.st_dev, Ordering::Relaxed);
        INODE.store(status.st_ino, Ordering::Relaxed);
        IS_MADE.store(true, Ordering::Release);
    }
}

/// Removes the FIFO that was made here, if there is one and its name is still its own.
pub fn remove_made_fifo() {
    // The handler must not come when the note is gone and the name is not.
    let _hold = Hold::new();
    unlink_made_fifo();
}

/// Called by the handler, too: system calls and atomics only.
fn unlink_made_fifo() {
    if !IS_MADE.swap(false, Ordering::AcqRel) {
        return;
    }
    let Some(path) = PATH.get() else { return };
    let is_own = stat(path.as_c_str()).is_ok_and(|now| {
        (now.st_dev, now.st_ino) == (DEVICE.load(Ordering::Relaxed), INODE.load(Ordering::Relaxed))
    });
    if is_own {
        let _ = unlink(path.as_c_str());
    }
}

/// As [`ipc_kit::run_in_child`]; SIGTERM is passed on to the child until [`reaped`] is told of it.
///
/// # Errors
/// As fork(2).
pub fn start(body: impl FnOnce() -> u8) -> nix::Result<Pid> {
    // Between fork and the note the signal would find a child that nobody knows.
    let hold = Hold::new()?;
    let child = ipc_kit::run_in_child(|| {
        for other in &CHILDREN {
            other.store(0, Ordering::Relaxed);
        }
        IS_MADE.store(false, Ordering::Relaxed);
        match hold.release() {
            Ok(()) => body(),
            Err(_) => 1,
        }
    })?;
    if let Some(place) = CHILDREN.iter().find(|place| place.load(Ordering::Relaxed) == 0) {
        place.store(child.as_raw(), Ordering::Relaxed);
    }
    Ok(child)
}

/// The child has been waited for: its number may soon be another process's.
pub fn reaped(child: Pid) {
    for place in &CHILDREN {
        let _ = place.compare_exchange(child.as_raw(), 0, Ordering::Relaxed, Ordering::Relaxed);
    }
}

/// While it lives, SIGTERM waits.
#[derive(Debug)]
pub struct Hold {
    before: SigSet,
}

impl Hold {
    /// Holds the signal off.
    ///
    /// # Errors
    /// As sigprocmask(2).
    pub fn new() -> nix::Result<Self> {
        let mut mask = SigSet::empty();
        mask.add(Signal::SIGTERM);
        let mut before = SigSet::empty();
        sigprocmask(SigmaskHow::SIG_BLOCK, Some(&mask), Some(&mut before))?;
        Ok(Self { before })
    }

    /// Sleeps until one of `descriptors` is ready; the signal may come in meanwhile, and then ends the process.
    ///
    /// # Errors
    /// As ppoll(2), but for EINTR.
    pub fn wait(&self, descriptors: &mut [PollFd]) -> nix::Result<()> {
        loop {
            match ppoll(descriptors, None, Some(self.before)) {
                Err(Errno::EINTR) => {}
                other => return other.map(drop),
            }
        }
    }

    /// What dropping does; but it can say that it failed.
    fn release(&self) -> nix::Result<()> {
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&self.before), None)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // It cannot fail: the mask is one that the kernel has given.
        let _ = self.release();
    }
}
