//! Claim: a handler must not take a lock, and so must not allocate or print: what it interrupts may hold that lock.
//!
//! The interrupted code cannot go on before the handler returns; the handler cannot return before the lock is free. In
//! real programs the lock is inside `println!`, `malloc` or a logger. write(2) takes none: it is one of about 200
//! functions that are *async-signal-safe*.
//!
//! Usage: cargo run -q -p signals --example a_handler_that_locks_waits_for_itself
//! See also: `signal-safety(7)`
#![allow(unsafe_code, reason = "a handler that is wrong, and one that is right")]

use anyhow::{Context, Result};
use nix::sys::signal::{SaFlags, SigSet, Signal, raise};
use signals::action::{self, Handler};
use signals::{asleep, child::Child};
use std::sync::Mutex;

static LOG: Mutex<u32> = Mutex::new(0);

extern "C" fn locks(_number: libc::c_int) {
    if let Ok(mut log) = LOG.lock() {
        *log += 1;
    }
}

extern "C" fn writes(_number: libc::c_int) {
    let text = b"writes: from the handler\n";
    // SAFETY: write(2) is async-signal-safe; pointer and length are those of the text.
    unsafe { libc::write(1, text.as_ptr().cast(), text.len()) };
}

fn main() -> Result<()> {
    let child = signal_inside_the_lock(locks)?;
    asleep::until_in(child.pid(), libc::SYS_futex)?;
    println!("locks: the process sleeps at the lock, and has one thread: {}", threads(&child)? == 1);
    drop(child); // Kills it.
    let child = signal_inside_the_lock(writes)?;
    println!("writes: {}", child.wait()?);
    Ok(())
}

fn signal_inside_the_lock(handler: Handler) -> Result<Child> {
    // SAFETY: `writes` is safe. `locks` is not, and the child that shows it is killed.
    unsafe { action::catch(Signal::SIGUSR1, handler, SaFlags::empty(), SigSet::empty()) }
        .context("install")?;
    Child::run(|_| {
        let log = LOG.lock().map_err(|error| anyhow::anyhow!("take the lock: {error}"))?;
        raise(Signal::SIGUSR1).context("raise the signal")?; // It comes in the middle of a change.
        drop(log);
        Ok(())
    })
}

fn threads(child: &Child) -> Result<usize> {
    Ok(std::fs::read_dir(format!("/proc/{}/task", child.pid())).context("list the threads")?.count())
}
