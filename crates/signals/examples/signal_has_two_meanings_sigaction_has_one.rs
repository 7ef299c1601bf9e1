//! Claim: `signal(SIGUSR1, func)` means two things on two systems. sigaction says which: use it.
//!
//! In the older meaning (System V) the handler is taken away when it runs, and the second signal ends the process. In
//! the newer one (BSD, and glibc's signal) it stays, and interrupted calls are restarted. Read back with sigaction,
//! both are only flags.
//!
//! Usage: cargo run -q -p signals --example signal_has_two_meanings_sigaction_has_one
//! See also: `signal(2)` (Portability), `sigaction(2)` (SA_RESTART, SA_RESETHAND, SA_NODEFER)
#![allow(unsafe_code, reason = "signal(2), to show what it leaves open")]

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::signal::{SaFlags, Signal};
use signals::{action, child::Child, look, tally};

extern "C" fn do_nothing(_number: libc::c_int) {}

fn main() -> Result<()> {
    let handler = do_nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
    #[allow(clippy::disallowed_methods, reason = "this is what the example is about")]
    // SAFETY: the handler does nothing, so nothing that is unsafe in a handler.
    let before = unsafe { libc::signal(libc::SIGUSR1, handler) };
    anyhow::ensure!(before != libc::SIG_ERR, "install a handler: {}", Errno::last());
    let flags = action::flags(Signal::SIGUSR1).context("read the flags")?;
    println!("signal() of this C library restarts calls: {}", flags.contains(SaFlags::SA_RESTART));
    println!("and takes the handler away: {}", flags.contains(SaFlags::SA_RESETHAND));

    second_signal("System V's flags", SaFlags::SA_RESETHAND | SaFlags::SA_NODEFER)?;
    second_signal("BSD's flags", SaFlags::SA_RESTART)
}

fn second_signal(meaning: &str, flags: SaFlags) -> Result<()> {
    tally::start(Signal::SIGUSR1, flags).context("install a handler")?;
    let child = Child::run_to_gate(|| {
        println!("{meaning}: the handler ran {} times", tally::of(Signal::SIGUSR1));
        Ok(())
    })?;
    for _ in 0..2 {
        child.send(Signal::SIGUSR1)?;
        look::until_taken(child.pid(), Signal::SIGUSR1)?;
    }
    child.open()?;
    println!("{meaning}: after two signals: {}", child.wait()?);
    Ok(())
}
