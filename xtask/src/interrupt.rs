//! Ctrl-C: one flag that every loop looks at, so that a run stops, cleans up and ends with status 130.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Context as _;
use nix::sys::signal::{SigSet, Signal};

static IS_INTERRUPTED: AtomicBool = AtomicBool::new(false);
static IS_HALTED: AtomicBool = AtomicBool::new(false);

/// Turns SIGINT, SIGTERM and SIGHUP into the flag. Call it before the first thread starts: threads inherit the blocked
/// signals. So does what a `Command` starts; the sandbox and `trace` unblock all of them in what they start.
///
/// # Errors
/// When the signals cannot be blocked or the thread cannot start.
pub fn install() -> anyhow::Result<()> {
    let mut signals = SigSet::empty();
    for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP] {
        signals.add(signal);
    }
    signals.thread_block().context("block SIGINT")?;
    let wait = move || {
        while signals.wait().is_ok() {
            request();
        }
    };
    thread::Builder::new().name("interrupt".to_owned()).spawn(wait).context("start the signal thread")?;
    Ok(())
}

/// Sets the flag, for a command that takes the signals itself.
pub fn request() {
    // Relaxed: a lone flag, it orders nothing else.
    IS_INTERRUPTED.store(true, Ordering::Relaxed);
    sandbox::cancel_all();
}

/// Ends the checks that run now, and lets the program go on: what `watch` does when a file is saved meanwhile.
pub fn halt_run() {
    IS_HALTED.store(true, Ordering::Relaxed);
}

/// Lets checks run again. Call it when the halted run has ended.
pub fn allow_runs() {
    IS_HALTED.store(false, Ordering::Relaxed);
}

/// Whether a run shall end now: it was halted, or the user wants everything to end.
#[must_use]
pub fn is_halted() -> bool {
    is_set() || IS_HALTED.load(Ordering::Relaxed)
}

/// Lets a write beyond `RLIMIT_FSIZE` fail with an error that can be told, instead of SIGXFSZ, which kills.
///
/// # Errors
/// When the signal cannot be blocked.
pub fn survive_file_limit() -> anyhow::Result<()> {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGXFSZ);
    signals.thread_block().context("block SIGXFSZ")
}

/// Whether the user wants the run to end.
#[must_use]
pub fn is_set() -> bool {
    IS_INTERRUPTED.load(Ordering::Relaxed)
}
