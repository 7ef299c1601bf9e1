//! Ctrl-C and its relatives as events between two pictures, instead of an end in the middle of one.

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::getpid;
use std::os::fd::AsFd;
use std::time::Duration;

/// Signals that end the program, and Ctrl-Z, are blocked and read from a descriptor.
#[derive(Debug)]
pub struct Stop(SignalFd);

impl Stop {
    /// sigprocmask, signalfd—From now on these signals wait until they are asked for. Children made later have them
    /// blocked too: Ctrl-C reaches the whole group of the terminal, and only the boss shall answer.
    ///
    /// # Errors
    /// None in practice.
    pub fn subscribe() -> Result<Self> {
        let signals = [Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGQUIT, Signal::SIGTSTP];
        let set: SigSet = signals.into_iter().collect();
        set.thread_block().context("block the signals")?;
        let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
        SignalFd::with_flags(&set, flags).context("ask for signals by descriptor").map(Self)
    }

    /// poll—The next signal, or `None` if there is none for so long: the pause between two pictures.
    ///
    /// # Errors
    /// None in practice.
    pub fn within(&self, pause: Duration) -> Result<Option<Signal>> {
        let pause = PollTimeout::try_from(pause).context("a pause that poll can count")?;
        self.wait(&mut [PollFd::new(self.0.as_fd(), PollFlags::POLLIN)], pause)
    }

    /// poll—Waits until `stream` can be read or has ended (`None`), or a signal comes first.
    ///
    /// Who reads without asking here would be deaf to Ctrl-C as long as nothing comes.
    ///
    /// # Errors
    /// None in practice.
    pub fn before(&self, stream: impl AsFd) -> Result<Option<Signal>> {
        let both = [self.0.as_fd(), stream.as_fd()];
        self.wait(&mut both.map(|end| PollFd::new(end, PollFlags::POLLIN)), PollTimeout::NONE)
    }

    fn wait(&self, events: &mut [PollFd], patience: PollTimeout) -> Result<Option<Signal>> {
        ipc_kit::retry(|| poll(events, patience)).context("wait for a signal")?;
        let Some(found) = self.0.read_signal().context("read a signal")? else { return Ok(None) };
        Signal::try_from(found.ssi_signo.cast_signed()).map(Some).context("a signal with a name")
    }

    /// kill—Stops this process, as Ctrl-Z does. Returns when it goes on.
    ///
    /// # Errors
    /// None in practice.
    pub fn pause(&self) -> Result<()> {
        kill(getpid(), Signal::SIGSTOP).context("stop")
    }
}
