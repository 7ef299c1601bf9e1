//! A timer that sends a signal to its own process, on CLOCK_MONOTONIC. See timer_create(2), sigevent(3type).

#![allow(unsafe_code, reason = "nix's timers know no real-time signals")]

use std::mem::MaybeUninit;
use std::ptr;
use std::time::Duration;

use nix::errno::Errno;

use crate::names::Sig;
use crate::signals::sigval;

/// A timer that is not armed yet, or runs once.
pub struct Timer(libc::timer_t);

impl Timer {
    /// timer_create(2): a timer that will send `signal` with `value`. The kernel sets the room for the signal aside now, so it
    /// comes even if the queue is full then.
    ///
    /// # Errors
    /// `EAGAIN`: the queue of signals is full already.
    pub fn new(signal: Sig, value: i32) -> nix::Result<Self> {
        let mut event = MaybeUninit::<libc::sigevent>::zeroed();
        // SAFETY: all bits zero is a right sigevent.
        let event = unsafe { event.assume_init_mut() };
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = signal.0;
        event.sigev_value = sigval(value);
        let mut id = ptr::null_mut();
        // SAFETY: `event` and `id` outlive the call.
        Errno::result(unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, event, &raw mut id) })?;
        Ok(Self(id))
    }

    /// timer_settime(2): the signal comes once, after this time, which is not zero.
    ///
    /// # Errors
    /// None that the man page names for a right call.
    pub fn start(&self, after: Duration) -> nix::Result<()> {
        let once = libc::itimerspec {
            it_interval: libc::timespec { tv_sec: 0, tv_nsec: 0 },
            it_value: libc::timespec {
                tv_sec: libc::time_t::try_from(after.as_secs()).map_err(|_| Errno::EINVAL)?,
                tv_nsec: after.subsec_nanos().into(),
            },
        };
        // SAFETY: the timer lives as long as this value; `once` outlives the call; the old setting is not asked for.
        Errno::result(unsafe { libc::timer_settime(self.0, 0, &raw const once, ptr::null_mut()) }).map(drop)
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: the timer exists, and nobody uses it after this.
        unsafe { libc::timer_delete(self.0) };
    }
}
