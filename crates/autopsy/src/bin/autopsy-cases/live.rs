//! Not hangs: programs that only wait for the clock, for the outside, or burn processor time.

use std::sync::atomic::{AtomicI32, Ordering};

use anyhow::{Context, Result};
use nix::sys::timer::{Expiration, TimerSetTimeFlags};
use nix::sys::timerfd::{ClockId, TimerFd, TimerFlags};

use crate::shared::Segment;
use crate::stage::{child, drain, pause, ready, rename, wait_all};

/// Long enough for every test.
const LONG: std::time::Duration = std::time::Duration::from_secs(3600);

/// A boss waits for a worker that sleeps.
pub(crate) fn sleeper() -> Result<()> {
    rename("boss")?;
    child("sleeper", &[], || {
        nap(LONG);
        Ok(())
    })?;
    wait_all()
}

/// A filter waits for its standard input, which the check holds.
pub(crate) fn external() -> Result<()> {
    rename("filter")?;
    drain(std::io::stdin())
}

/// A consumer spins on a word that nobody changes.
pub(crate) fn spin() -> Result<()> {
    rename("main")?;
    let word: &'static AtomicI32 = Segment::named()?.word(32);
    child("consumer", &[], || {
        ready()?;
        while word.load(Ordering::Acquire) == 0 {
            std::hint::spin_loop();
        }
        Ok(())
    })?;
    wait_all()
}

/// The same, politely: it gives the processor away at each turn.
pub(crate) fn spin_yield() -> Result<()> {
    rename("main")?;
    let word: &'static AtomicI32 = Segment::named()?.word(32);
    child("consumer", &[], || {
        ready()?;
        while word.load(Ordering::Acquire) == 0 {
            std::thread::yield_now();
        }
        Ok(())
    })?;
    wait_all()
}

/// A program waits for its timer.
pub(crate) fn timer() -> Result<()> {
    rename("clock")?;
    let timer = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::empty()).context("make a timer")?;
    timer.set(Expiration::OneShot(LONG.into()), TimerSetTimeFlags::empty()).context("set the timer")?;
    timer.wait().context("wait for the timer")
}

/// A program waits for its alarm, which is seen nowhere in /proc.
pub(crate) fn alarm() -> Result<()> {
    rename("clock")?;
    crate::signals::catch(nix::sys::signal::Signal::SIGALRM)?;
    nix::unistd::alarm::set(3600);
    pause()
}

/// Takes its time: that is what a slow program does. Nothing waits for it by the clock.
#[allow(clippy::disallowed_methods, reason = "this sleep is the case, not a way to wait for something")]
pub(crate) fn nap(time: std::time::Duration) {
    std::thread::sleep(time);
}
