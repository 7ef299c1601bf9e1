//! What SIGTERM does to prodcon, and how to hold it off. This file is complete; lab 06 is about how it works.
//!
//! A signal may come between any two instructions. What must not be torn apart stands under a [`Hold`]: there
//! the signal waits. What waits for room or for data before it begins should not hold it off: it would never
//! end. [`Hold::wait`] is for that moment: it sleeps in ppoll(2), which lets the signal in while it sleeps and
//! holds it off again, as one step, when it returns. If nothing keeps it waiting, ppoll lets no signal in: so it
//! asks for the signal, too, by signalfd(2), and then lets it come.
//!
//! The handler ends the process. Before, it passes the signal on to the processes that were started here, and
//! removes the FIFOs that were made here. See `sigaction(2)`, `signal-safety(7)`, `ppoll(2)`.

#![allow(unsafe_code, reason = "sigaction(2), and _exit(2) in a handler")]

use nix::errno::Errno;
use nix::libc;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, kill, sigaction};
use nix::sys::signal::{pthread_sigmask, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::stat::{FileStat, stat};
use nix::unistd::{Pid, unlink};
use std::ffi::{CString, c_int};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, AtomicPtr, Ordering};

/// The exit status of a process that SIGTERM has ended, as a shell tells it.
const STATUS: c_int = 128 + libc::SIGTERM;

/// Readable while SIGTERM waits for whoever asks; a child that inherits it asks for its own.
static ASKED: OnceLock<SignalFd> = OnceLock::new();
/// The processes that were started here and not yet reaped; 0 is a free place.
static CHILDREN: [AtomicI32; 160] = [const { AtomicI32::new(0) }; 160];
/// The FIFOs that were made here; null is a free place. A note is never freed, so the handler may read it at any time.
static MADE: [AtomicPtr<Made>; 16] = [const { AtomicPtr::new(ptr::null_mut()) }; 16];

/// A FIFO that was made here: its name, and what it was the name of.
struct Made {
    path: CString,
    device: u64,
    inode: u64,
}

/// From now on SIGTERM ends the process by the handler `end`. A second one while the first is dealt with waits.
///
/// # Errors
/// As sigaction(2).
pub fn install() -> nix::Result<()> {
    let action = SigAction::new(SigHandler::Handler(end), SaFlags::empty(), SigSet::all());
    // SAFETY: the handler only makes system calls and reads atomics: all of it may be done in a handler.
    unsafe { sigaction(Signal::SIGTERM, &action) }?;
    let mut mask = SigSet::empty();
    mask.add(Signal::SIGTERM);
    let asked = SignalFd::with_flags(&mask, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
    // A second call finds it made.
    let _ = ASKED.set(asked);
    // Whoever started prodcon may have blocked the signal.
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
    unlink_made_fifos();
    // SAFETY: _exit(2) has no precondition; it runs no exit handler and no destructor.
    unsafe { libc::_exit(STATUS) }
}

/// `path` is a FIFO that this process has just made, and `status` what stat(2) says of it: its name is removed at the
/// end, whatever that end is. Beyond 16 of them nothing is noted.
pub fn note_made_fifo(path: &Path, status: &FileStat) {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else { return };
    let made = Box::into_raw(Box::new(Made { path, device: status.st_dev, inode: status.st_ino }));
    let _ = MADE.iter().find(|place| {
        place.compare_exchange(ptr::null_mut(), made, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    });
}

/// Removes the names of the FIFOs that were made here, each only if it is still its own. Call it while the FIFOs are
/// still open: whoever opens the name of one that is closed already waits for somebody who has gone.
pub fn remove_made_fifos() {
    // The handler must not come when a note is gone and its name is not.
    let _hold = Hold::new();
    unlink_made_fifos();
}

/// Called by the handler, too: system calls and atomics only.
fn unlink_made_fifos() {
    for place in &MADE {
        let made = place.swap(ptr::null_mut(), Ordering::AcqRel);
        // SAFETY: the pointer is null or comes from a Box that nobody frees, and nobody changes what it points to.
        let Some(made) = (unsafe { made.as_ref() }) else { continue };
        let is_own =
            stat(made.path.as_c_str()).is_ok_and(|now| (now.st_dev, now.st_ino) == (made.device, made.inode));
        if is_own {
            let _ = unlink(made.path.as_c_str());
        }
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
        for fifo in &MADE {
            fifo.store(ptr::null_mut(), Ordering::Relaxed);
        }
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

    /// Sleeps until `descriptor` is ready for `events`; the signal may come in meanwhile, and then ends the process. So does
    /// one that has come before.
    ///
    /// # Errors
    /// As ppoll(2), but for EINTR.
    pub fn wait(&self, descriptor: BorrowedFd<'_>, events: PollFlags) -> nix::Result<()> {
        let mut list = vec![PollFd::new(descriptor, events)];
        list.extend(ASKED.get().map(|asked| PollFd::new(asked.as_fd(), PollFlags::POLLIN)));
        loop {
            match ppoll(&mut list, None, Some(self.before)) {
                Err(Errno::EINTR) => {}
                other => break other.map(drop)?,
            }
        }
        if list.get(1).and_then(PollFd::any) == Some(true) {
            // The signal comes now, and does not return.
            self.release()?;
        }
        Ok(())
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
