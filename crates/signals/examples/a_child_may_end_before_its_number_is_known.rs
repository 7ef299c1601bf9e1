//! Claim: a child may end before fork has returned in its parent; a handler that looks it up finds nothing. Block SIGCHLD
//! before fork, and unblock it when the number is stored.
//!
//! Here the parent waits between fork and the store until the child has ended. Without the mask the handler runs in that
//! gap, and the end is forgotten for good.
//!
//! Usage: cargo run -q -p signals --example a_child_may_end_before_its_number_is_known
//! See also: `fork(2)`, `sigprocmask(2)`
#![allow(unsafe_code, reason = "a handler that looks at a table of one")]

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, SigSet, Signal};
use signals::{action, asleep, set};
use std::sync::atomic::{AtomicI32, AtomicU32, Ordering::Relaxed};

/// The table of children: room for one.
static CHILD: AtomicI32 = AtomicI32::new(0);
static UNKNOWN: AtomicU32 = AtomicU32::new(0);
static KNOWN: AtomicU32 = AtomicU32::new(0);

extern "C" fn look_up(_number: libc::c_int) {
    let counter = if CHILD.load(Relaxed) == 0 { &UNKNOWN } else { &KNOWN };
    counter.fetch_add(1, Relaxed);
}

fn main() -> Result<()> {
    // SAFETY: the handler works on atomics only.
    unsafe { action::catch(Signal::SIGCHLD, look_up, SaFlags::SA_RESTART, SigSet::empty()) }
        .context("install")?;
    for blocks in [false, true] {
        CHILD.store(0, Relaxed);
        UNKNOWN.store(0, Relaxed);
        KNOWN.store(0, Relaxed);
        if blocks {
            set::of([Signal::SIGCHLD]).thread_block().context("block SIGCHLD")?;
        }
        let pid = ipc_kit::run_in_child(|| 0).context("start a child")?;
        asleep::until(pid, 'Z')?; // It ends before the next line.
        CHILD.store(pid.as_raw(), Relaxed);
        if blocks {
            set::of([Signal::SIGCHLD]).thread_unblock().context("unblock SIGCHLD")?;
        }
        let (unknown, known) = (UNKNOWN.load(Relaxed), KNOWN.load(Relaxed));
        println!(
            "SIGCHLD blocked around fork: {blocks}; ends of unknown children {unknown}, of known ones {known}"
        );
        ipc_kit::wait_for(pid).context("reap the child")?;
    }
    Ok(())
}
