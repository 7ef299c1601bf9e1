//! What superv waits for, as one epoll set. See epoll(7), signalfd(2), pidfd_open(2).

use std::os::fd::AsFd;

use ipc_kit::retry;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;

use crate::child::Child;

/// The signalfd's token; a child's is its pid, which is never zero.
const SIGNALS: u64 = 0;

/// So many events are told at once. More wait for the next time.
const BATCH: usize = 32;

/// What signals have ordered so far.
#[derive(Debug, Default)]
pub(super) struct Orders {
    /// How often SIGTERM or SIGINT has come.
    pub(super) ends: u32,
    /// SIGHUP has come, and the table was not read since.
    pub(super) reload: bool,
}

/// The signals and the children.
pub(super) struct Watch {
    epoll: Epoll,
    signals: SignalFd,
}

impl Watch {
    /// Blocks the signals that give orders: from now on they come out of [`read_into`](Self::read_into) only.
    pub(super) fn new() -> nix::Result<Self> {
        let set: SigSet = [Signal::SIGHUP, Signal::SIGINT, Signal::SIGTERM].into_iter().collect();
        set.thread_block()?;
        let signals = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)?;
        epoll.add(signals.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, SIGNALS))?;
        Ok(Self { epoll, signals })
    }

    /// Watches a child too, until its pidfd is closed.
    pub(super) fn add(&self, child: &Child) -> nix::Result<()> {
        let token = u64::from(child.pid.as_raw().unsigned_abs());
        self.epoll.add(child.pidfd.as_fd(), EpollEvent::new(EpollFlags::EPOLLIN, token))
    }

    /// Sleeps until something happens; gives the children that have ended.
    pub(super) fn wait(&self) -> nix::Result<Vec<Pid>> {
        let mut events = [EpollEvent::empty(); BATCH];
        let n = retry(|| self.epoll.wait(&mut events, EpollTimeout::NONE))?;
        let pids = events[..n].iter().map(EpollEvent::data).filter(|token| *token != SIGNALS);
        // Each of these tokens was made of a pid.
        Ok(pids.filter_map(|token| i32::try_from(token).ok()).map(Pid::from_raw).collect())
    }

    /// Takes all signals that are pending, and does not wait.
    pub(super) fn read_into(&self, orders: &mut Orders) -> nix::Result<()> {
        while let Some(signal) = retry(|| self.signals.read_signal())? {
            match Signal::try_from(signal.ssi_signo.cast_signed()) {
                Ok(Signal::SIGHUP) => orders.reload = true,
                _ => orders.ends = orders.ends.saturating_add(1),
            }
        }
        Ok(())
    }
}
