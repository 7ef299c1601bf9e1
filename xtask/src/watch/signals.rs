//! Signals as something to wait for: signalfd(2).

use anyhow::Context as _;
use nix::sys::signal::{SigSet, SigmaskHow, Signal, raise, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// Ctrl-C, `kill`, a closed terminal.
    End,
    /// Ctrl-Z.
    Stop,
    /// Continued, or the window has another size.
    Redraw,
}

const WISHES: [(Signal, Wish); 7] = [
    (Signal::SIGINT, Wish::End),
    (Signal::SIGTERM, Wish::End),
    (Signal::SIGHUP, Wish::End),
    (Signal::SIGQUIT, Wish::End),
    (Signal::SIGTSTP, Wish::Stop),
    (Signal::SIGCONT, Wish::Redraw),
    (Signal::SIGWINCH, Wish::Redraw),
];

/// Blocks the signals and makes them readable. Call it before the first thread starts: they inherit the mask (a
/// `Command`'s child does not).
pub(super) fn open() -> anyhow::Result<SignalFd> {
    let signals: SigSet = WISHES.iter().map(|(signal, _)| *signal).collect();
    signals.thread_block().context("block signals")?;
    SignalFd::with_flags(&signals, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC).context("make a signalfd")
}

/// The next signal that has come.
pub(super) fn take(signals: &SignalFd) -> anyhow::Result<Option<Wish>> {
    let Some(info) = signals.read_signal().context("read a signal")? else { return Ok(None) };
    let wish = WISHES.iter().find(|(signal, _)| *signal as u32 == info.ssi_signo);
    Ok(wish.map(|(_, wish)| *wish))
}

/// Stops this process as Ctrl-Z would; returns when it is continued.
pub(super) fn stop() -> anyhow::Result<()> {
    let stop: SigSet = [Signal::SIGTSTP].into_iter().collect();
    sigprocmask(SigmaskHow::SIG_UNBLOCK, Some(&stop), None).context("unblock SIGTSTP")?;
    raise(Signal::SIGTSTP).context("stop")?;
    sigprocmask(SigmaskHow::SIG_BLOCK, Some(&stop), None).context("block SIGTSTP")
}
