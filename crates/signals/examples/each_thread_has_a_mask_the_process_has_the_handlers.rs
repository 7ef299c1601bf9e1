//! Claim: handlers belong to the process, masks to the thread. A signal to the process goes to any thread that does not
//! block it. So block in all threads but one, before they start: a new thread inherits the mask.
//!
//! Usage: cargo run -q -p signals --example each_thread_has_a_mask_the_process_has_the_handlers
//! See also: `pthread_sigmask(3)`, `pthreads(7)`
#![allow(unsafe_code, reason = "a handler that notes its thread")]

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, SigSet, Signal, kill};
use nix::unistd::{getpid, gettid};
use signals::{action, set};
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::sync::mpsc;

static RAN_IN: AtomicI32 = AtomicI32::new(0);

extern "C" fn note(_number: libc::c_int) {
    RAN_IN.store(gettid().as_raw(), Relaxed);
}

fn main() -> Result<()> {
    // SAFETY: the handler calls gettid(2) and works on an atomic.
    unsafe { action::catch(Signal::SIGUSR1, note, SaFlags::empty(), SigSet::empty()) }.context("install")?;
    set::of([Signal::SIGUSR1]).thread_block().context("block in the main thread")?;
    for of_ten in [3, 7] {
        println!("open in thread {of_ten} of 10: the handler ran there: {}", ran_in_the_open_thread(of_ten)?);
    }
    Ok(())
}

/// Starts ten threads, of which one does not block the signal, and sends it to the process.
fn ran_in_the_open_thread(open: i32) -> Result<bool> {
    RAN_IN.store(0, Relaxed);
    std::thread::scope(|scope| {
        let (ready, wait_ready) = mpsc::channel();
        let mut gates = Vec::new();
        for number in 1..=10 {
            let (gate, wait_gate) = mpsc::channel::<()>();
            gates.push(gate);
            let ready = ready.clone();
            scope.spawn(move || {
                if number == open {
                    set::of([Signal::SIGUSR1]).thread_unblock().expect("a valid signal can be unblocked");
                    ready.send(gettid()).expect("the main thread waits");
                }
                let _ = wait_gate.recv(); // Until the main thread drops the gate.
            });
        }
        let open_thread = wait_ready.recv().context("wait for the open thread")?;
        kill(getpid(), Signal::SIGUSR1).context("send the signal")?;
        while RAN_IN.load(Relaxed) == 0 {
            std::thread::yield_now();
        }
        Ok(RAN_IN.load(Relaxed) == open_thread.as_raw())
    })
}
