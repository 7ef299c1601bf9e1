//! Claim: while its handler runs, a signal is blocked, so a handler does not interrupt itself. With SA_NODEFER it does,
//! and a storm of signals goes deeper and deeper into the stack.
//!
//! The handler raises its own signal, four times in all. Without SA_NODEFER each waits until the handler returns.
//!
//! Usage: cargo run -q -p signals --example a_signal_waits_while_its_handler_runs
//! See also: `sigaction(2)` (sa_mask, SA_NODEFER)
#![allow(unsafe_code, reason = "a handler that raises its own signal")]

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, SigSet, Signal, raise};
use signals::action;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

static RUNS: AtomicU32 = AtomicU32::new(0);
static DEPTH: AtomicU32 = AtomicU32::new(0);
static DEEPEST: AtomicU32 = AtomicU32::new(0);

extern "C" fn again(number: libc::c_int) {
    let depth = DEPTH.fetch_add(1, Relaxed) + 1;
    DEEPEST.fetch_max(depth, Relaxed);
    if RUNS.fetch_add(1, Relaxed) < 3 {
        // SAFETY: raise(3) is async-signal-safe.
        unsafe { libc::raise(number) };
    }
    DEPTH.fetch_sub(1, Relaxed);
}

fn main() -> Result<()> {
    for (flags, name) in [(SaFlags::empty(), "no flag"), (SaFlags::SA_NODEFER, "SA_NODEFER")] {
        RUNS.store(0, Relaxed);
        DEEPEST.store(0, Relaxed);
        // SAFETY: the handler calls raise(3) and atomics only, and ends after four runs.
        unsafe { action::catch(Signal::SIGUSR1, again, flags, SigSet::empty()) }
            .context("install a handler")?;
        raise(Signal::SIGUSR1).context("raise the signal")?;
        println!("{name}: runs {}, handlers inside each other {}", RUNS.load(Relaxed), DEEPEST.load(Relaxed));
    }
    Ok(())
}
