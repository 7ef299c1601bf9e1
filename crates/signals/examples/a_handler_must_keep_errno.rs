//! Claim: a handler must leave errno as it found it: it may run between a failed call and the look at errno.
//!
//! open fails: no such file. Then, before the program reads the reason, a signal comes whose handler makes a call that
//! fails for another reason. The message is wrong, unless the handler saves errno and puts it back.
//!
//! Usage: cargo run -q -p signals --example a_handler_must_keep_errno
//! See also: `signal-safety(7)` (errno), `errno(3)`
#![allow(unsafe_code, reason = "handlers, and a call that fails")]

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigSet, Signal, raise};
use signals::action::{self, Handler};

extern "C" fn careless(_number: libc::c_int) {
    // SAFETY: close(2) is async-signal-safe; there is no descriptor -1, so it fails with EBADF.
    unsafe { libc::close(-1) };
}

extern "C" fn careful(number: libc::c_int) {
    let errno = Errno::last_raw();
    careless(number);
    Errno::set_raw(errno);
}

fn main() -> Result<()> {
    println!("no signal: open: {:?}", open_nothing(None)?);
    println!("careless handler: open: {:?}", open_nothing(Some(careless))?);
    println!("careful handler: open: {:?}", open_nothing(Some(careful))?);
    Ok(())
}

/// What errno says after a failed open, if a signal with this handler comes in between.
fn open_nothing(handler: Option<Handler>) -> Result<Errno> {
    if let Some(handler) = handler {
        // SAFETY: both handlers call close(2) only. That one spoils errno is the point.
        unsafe { action::catch(Signal::SIGUSR1, handler, SaFlags::empty(), SigSet::empty()) }
            .context("install")?;
    }
    // SAFETY: the path is a C string, and the call only reads it.
    let opened = unsafe { libc::open(c"/no/such/file".as_ptr(), libc::O_RDONLY) };
    if handler.is_some() {
        raise(Signal::SIGUSR1).context("raise the signal")?; // It succeeds, and success leaves errno alone.
    }
    let reason = Errno::last();
    anyhow::ensure!(opened == -1, "there is a file named /no/such/file");
    Ok(reason)
}
