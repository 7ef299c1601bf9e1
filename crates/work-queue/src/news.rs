//! What a boss waits for: a client, the end of a child, or the order to stop. It sleeps until one of them comes.
//!
//! The two signals are blocked and read from a descriptor, so that one `ppoll` waits for signals and clients alike. No
//! handler runs, and a signal that comes between two waits is not lost: it stays pending.
//!
//! See also: `signalfd(2)`, `poll(2)`

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::net::TcpListener;
use std::os::fd::AsFd;

/// Where the signals of a boss arrive.
#[derive(Debug)]
pub struct News(SignalFd);

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A client waits to be accepted.
    Client,
    /// At least one child ended. Standard signals are not counted: look for all of them.
    ChildrenEnded,
    /// SIGTERM.
    Stop,
}

impl News {
    /// signalfd—From now on SIGCHLD and SIGTERM are read, not delivered.
    ///
    /// # Errors
    /// When no descriptor is left.
    pub fn subscribe() -> Result<Self> {
        let mut signals = SigSet::empty();
        signals.add(Signal::SIGCHLD);
        signals.add(Signal::SIGTERM);
        signals.thread_block().context("block SIGCHLD and SIGTERM")?;
        Ok(Self(SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC).context("make a signalfd")?))
    }

    /// ppoll—Sleeps until something happens. Without a listener, clients are not among it.
    ///
    /// # Errors
    /// None in practice.
    pub fn wait(&self, listener: Option<&TcpListener>) -> Result<Event> {
        let mut sources = vec![PollFd::new(self.0.as_fd(), PollFlags::POLLIN)];
        sources.extend(listener.map(|listener| PollFd::new(listener.as_fd(), PollFlags::POLLIN)));
        ipc_kit::retry(|| ppoll(&mut sources, None, None)).context("wait for news")?;
        // Signals first: a flood of clients must not hide the order to stop.
        if sources[0].any() != Some(true) {
            return Ok(Event::Client);
        }
        let signal = self.0.read_signal().context("read a signal")?.context("find the signal that came")?;
        let is_stop = signal.ssi_signo == Signal::SIGTERM as u32;
        Ok(if is_stop { Event::Stop } else { Event::ChildrenEnded })
    }
}
