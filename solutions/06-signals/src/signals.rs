//! Signals, from the kernel into the program. See signal(7), sigaction(2), sigprocmask(2), ppoll(2), signal-safety(7).

#![allow(unsafe_code, reason = "handlers, real-time signals and siginfo have no safe wrapper")]

// BEGIN SOLUTION
use std::mem::MaybeUninit;
// END SOLUTION
use std::os::fd::BorrowedFd;
// BEGIN SOLUTION
use std::sync::atomic::{AtomicI32, Ordering};
// END SOLUTION
use std::time::Duration;

use nix::errno::Errno;
// BEGIN SOLUTION
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::SigSet;
use nix::sys::time::TimeSpec;
// END SOLUTION

use crate::names::Sig;

/// A signal that has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Which one.
    pub signal: Sig,
    /// The value that sigqueue(3) sent with it.
    pub value: Option<i32>,
}

/// Why a wait has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// A signal has come.
    Signal(Arrival),
    /// There is input at the descriptor, or its end.
    Ready,
    /// The time has passed.
    Timeout,
}
// BEGIN SOLUTION

/// What the handler has seen: it runs only inside [`Signals::wait`], once, so one place is enough.
static SIGNAL: AtomicI32 = AtomicI32::new(0);
static CODE: AtomicI32 = AtomicI32::new(0);
static VALUE: AtomicI32 = AtomicI32::new(0);

/// The handler: three stores, no call, so errno stays as it is. While it runs, all signals are blocked.
extern "C" fn note(signal: libc::c_int, info: *mut libc::siginfo_t, _context: *mut libc::c_void) {
    // SAFETY: the kernel gives a handler with SA_SIGINFO a valid siginfo.
    let info = unsafe { &*info };
    // SAFETY: the union holds at least this many bytes; where nobody has set it, the code says so.
    let value = unsafe { info.si_value() };
    SIGNAL.store(signal, Ordering::Relaxed);
    CODE.store(info.si_code, Ordering::Relaxed);
    // The union's first four bytes are the int.
    VALUE.store(value.sival_ptr.addr() as i32, Ordering::Relaxed);
}
// END SOLUTION

/// The signals that this program waits for.
pub struct Signals {
    // BEGIN SOLUTION
    /// The mask while it waits: whatever was blocked at the start, without them.
    open: SigSet,
    caught: Vec<Sig>,
    // END SOLUTION
}

impl Signals {
    /// From now on these signals do not end the program: each comes out of [`next`](Self::next) or
    /// [`wait`](Self::wait), once for each delivery.
    ///
    /// # Errors
    /// The signal that cannot be caught, and why.
    pub fn catch(signals: &[Sig]) -> Result<Self, (Sig, Errno)> {
        // BEGIN SOLUTION
        let mut wanted = empty();
        for signal in signals {
            // SAFETY: `wanted` is a valid set; a number that is no signal is an error.
            Errno::result(unsafe { libc::sigaddset(&raw mut wanted, signal.0) }).map_err(|e| (*signal, e))?;
        }
        // SAFETY: sigaddset has left a valid set.
        let wanted = unsafe { SigSet::from_sigset_t_unchecked(wanted) };
        let start = wanted.thread_swap_mask(nix::sys::signal::SigmaskHow::SIG_BLOCK);
        let start = start.map_err(|errno| (Sig(0), errno))?;
        for signal in signals {
            act(*signal, note as *const () as usize, libc::SA_SIGINFO).map_err(|errno| (*signal, errno))?;
        }
        let mut open = *start.as_ref();
        for signal in signals {
            // SAFETY: `open` is a valid set, and the signal has been accepted above.
            unsafe { libc::sigdelset(&raw mut open, signal.0) };
        }
        // SAFETY: sigdelset has left a valid set.
        let open = unsafe { SigSet::from_sigset_t_unchecked(open) };
        Ok(Self { open, caught: signals.to_vec() })
        // END SOLUTION
        // STUB: todo!("M1: sigaction; which signals are blocked, and when?")
    }

    /// Waits for the next signal.
    ///
    /// # Errors
    /// What the system call says.
    pub fn next(&self) -> nix::Result<Arrival> {
        // BEGIN SOLUTION
        loop {
            if let Woken::Signal(arrival) = self.wait(None, None)? {
                return Ok(arrival);
            }
        }
        // END SOLUTION
        // STUB: todo!("M1: wait until a signal has come; none may be lost that comes just before the wait")
    }

    /// A signal that has come already, if there is one. Does not wait.
    ///
    /// # Errors
    /// What the system call says.
    pub fn take(&self) -> nix::Result<Option<Arrival>> {
        // BEGIN SOLUTION
        Ok(match self.wait(None, Some(Duration::ZERO))? {
            Woken::Signal(arrival) => Some(arrival),
            Woken::Ready | Woken::Timeout => None,
        })
        // END SOLUTION
        // STUB: todo!("M2: the next signal that is pending")
    }

    /// Waits for a signal, for input at a descriptor (its end, too), or the end of a time, whichever is first.
    ///
    /// # Errors
    /// What the system call says.
    pub fn wait(&self, input: Option<BorrowedFd<'_>>, longest: Option<Duration>) -> nix::Result<Woken> {
        // BEGIN SOLUTION
        let mut input = input.map(|input| PollFd::new(input, PollFlags::POLLIN));
        loop {
            SIGNAL.store(0, Ordering::Relaxed);
            match ppoll(input.as_mut_slice(), longest.map(TimeSpec::from_duration), Some(self.open)) {
                Ok(0) => return Ok(Woken::Timeout),
                Ok(_) => return Ok(Woken::Ready),
                Err(Errno::EINTR) => {}
                Err(errno) => return Err(errno),
            }
            let signal = Sig(SIGNAL.load(Ordering::Relaxed));
            if signal.0 != 0 {
                let is_queued = CODE.load(Ordering::Relaxed) == libc::SI_QUEUE;
                let value = is_queued.then(|| VALUE.load(Ordering::Relaxed));
                return Ok(Woken::Signal(Arrival { signal, value }));
            }
        }
        // END SOLUTION
        // STUB: todo!("M5: wait for input and signals at once; M7: and for a time")
    }

    /// In a child, before it runs another program: no signal is caught any more, and none is blocked.
    /// Async-signal-safe.
    ///
    /// # Errors
    /// What the system calls say.
    pub fn leave(&self) -> nix::Result<()> {
        // BEGIN SOLUTION
        // First the actions, then the mask: a signal that waits since the fork must not run a handler, but act.
        for signal in &self.caught {
            act(*signal, libc::SIG_DFL, 0)?;
        }
        act(Sig(libc::SIGPIPE), libc::SIG_DFL, 0)?;
        SigSet::empty().thread_set_mask()
        // END SOLUTION
        // STUB: todo!("M6: what must a new program not inherit?")
    }
}

/// Ignores a signal.
///
/// # Errors
/// `EINVAL` for what cannot be ignored.
pub fn ignore(signal: Sig) -> nix::Result<()> {
    // BEGIN SOLUTION
    act(signal, libc::SIG_IGN, 0)
    // END SOLUTION
    // STUB: todo!("M1: sigaction with SIG_IGN")
}

/// Whether a signal is ignored.
///
/// # Errors
/// What sigaction(2) says.
pub fn is_ignored(signal: Sig) -> nix::Result<bool> {
    // BEGIN SOLUTION
    let mut old = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: without a new action, sigaction(2) writes the old one and changes nothing.
    let asked = unsafe { libc::sigaction(signal.0, std::ptr::null(), old.as_mut_ptr()) };
    Errno::result(asked)?;
    // SAFETY: the call has filled it.
    let old = unsafe { old.assume_init() };
    Ok(old.sa_sigaction == libc::SIG_IGN)
    // END SOLUTION
    // STUB: todo!("M1: ask sigaction, and change nothing")
}

/// Ends this process by this signal, so that whoever waits for it sees which one it was.
///
/// # Errors
/// Only if the signal does not end a process.
pub fn die_of(signal: Sig) -> nix::Result<std::convert::Infallible> {
    // BEGIN SOLUTION
    act(signal, libc::SIG_DFL, 0)?;
    // SAFETY: raise(3) takes a number.
    Errno::result(unsafe { libc::raise(signal.0) })?;
    SigSet::empty().thread_set_mask()?;
    Err(Errno::EINVAL)
    // END SOLUTION
    // STUB: todo!("M1: the default action, then the signal again; is it blocked?")
}
// BEGIN SOLUTION

/// sigaction(2), with all signals blocked in the handler.
fn act(signal: Sig, handler: usize, flags: libc::c_int) -> nix::Result<()> {
    let mut mask = empty();
    // SAFETY: `mask` is a valid set.
    unsafe { libc::sigfillset(&raw mut mask) };
    let action = libc::sigaction { sa_sigaction: handler, sa_mask: mask, sa_flags: flags, sa_restorer: None };
    // SAFETY: the handler is `note`, which is async-signal-safe, or one of the two standard actions.
    Errno::result(unsafe { libc::sigaction(signal.0, &raw const action, std::ptr::null_mut()) }).map(drop)
}

fn empty() -> libc::sigset_t {
    *SigSet::empty().as_ref()
}
// END SOLUTION
