//! Which system calls a program makes inside its signal handlers: what signal-safety(7) is about, seen from outside.
//!
//! A handler begins where a signal with a handler is delivered to a thread, and ends at that thread's rt_sigreturn(2).
//! A program that takes its signals by signalfd(2) or sigwait(3) has no handlers, and so makes no calls in any.

use std::collections::HashMap;

use tracer::calls::name;

use crate::signals::SignalSets;

/// How deep in handlers each thread is.
#[derive(Debug, Default)]
pub(super) struct Handlers {
    depth: HashMap<i32, u32>,
}

impl Handlers {
    /// `signal` is about to be delivered to `tid`.
    pub(super) fn delivers(&mut self, tid: i32, signal: i32) {
        if SignalSets::of(tid).is_some_and(|sets| SignalSets::holds(sets.caught, signal)) {
            *self.depth.entry(tid).or_default() += 1;
        }
    }

    /// `tid` enters a call. Gives the call's name if a handler makes it; a futex(2) call that waits is `futex (wait)`.
    pub(super) fn enters(&mut self, tid: i32, number: i64, args: &[u64; 6]) -> Option<String> {
        let depth = self.depth.get_mut(&tid)?;
        if number == libc::SYS_rt_sigreturn {
            *depth -= 1;
            if *depth == 0 {
                self.depth.remove(&tid);
            }
            return None;
        }
        Some(if waits(number, args) { "futex (wait)".to_owned() } else { name(number) })
    }

    /// `tid` has ended, or runs another program.
    pub(super) fn forget(&mut self, tid: i32) {
        self.depth.remove(&tid);
    }
}

/// Whether a call is a futex call that may wait: a lock that somebody else has, and not the wake-up of sem_post(3).
fn waits(number: i64, args: &[u64; 6]) -> bool {
    let command = i32::try_from(args[1] & 0x7f).unwrap_or(0);
    let waits = [
        libc::FUTEX_WAIT,
        libc::FUTEX_WAIT_BITSET,
        libc::FUTEX_LOCK_PI,
        libc::FUTEX_LOCK_PI2,
        libc::FUTEX_WAIT_REQUEUE_PI,
    ];
    number == libc::SYS_futex && waits.contains(&command)
}
