//! A real-time signal with a number in it: sent by sigqueue(3), taken as bytes out of a signalfd.

#![allow(unsafe_code, reason = "nix knows neither real-time signals nor sigqueue(3)")]

use std::mem::MaybeUninit;
use std::path::Path;
use std::ptr;

use anyhow::{Context as _, ensure};
use nix::errno::Errno;
use nix::libc;
use nix::sys::signal::SigSet;
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::unistd::Pid;

use super::channel::{Channel, Mechanism};

pub(super) const QUEUED: Mechanism = Mechanism { name: "sigqueue + signalfd", largest: 0, make: queued };

/// One direction; the number of each signal is one more than that of the one before.
struct Queued {
    fd: SignalFd,
    other: Option<Pid>,
    done: i32,
}

impl Channel for Queued {
    fn send(&mut self, _: &[u8]) -> anyhow::Result<()> {
        let other = self.other.context("know whom to signal")?;
        let value =
            libc::sigval { sival_ptr: ptr::without_provenance_mut(self.done.cast_unsigned() as usize) };
        self.done += 1;
        // SAFETY: it reads its arguments and nothing else; the pointer is a number, and nobody follows it.
        let sent = unsafe { libc::sigqueue(other.as_raw(), libc::SIGRTMIN(), value) };
        Errno::result(sent).context("sigqueue").map(drop)
    }

    fn receive(&mut self, _: &mut [u8]) -> anyhow::Result<()> {
        let came = self.fd.read_signal().context("read a signal")?.context("find a signal")?;
        ensure!(came.ssi_int == self.done, "signal {} came for {}", came.ssi_int, self.done);
        self.done += 1;
        Ok(())
    }

    fn meet(&mut self, other: Pid) {
        self.other = Some(other);
    }
}

fn queued(_: usize, _: &Path) -> anyhow::Result<Box<dyn Channel>> {
    let set = only(libc::SIGRTMIN())?;
    // Both sides inherit the mask; a signal that is not blocked would kill.
    set.thread_block().context("block a real-time signal")?;
    let fd = SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC).context("make a signalfd")?;
    Ok(Box::new(Queued { fd, other: None, done: 0 }))
}

fn only(signal: libc::c_int) -> anyhow::Result<SigSet> {
    let mut set = MaybeUninit::uninit();
    // SAFETY: the pointer is valid for a set, which the call makes.
    let made = unsafe { libc::sigemptyset(set.as_mut_ptr()) };
    Errno::result(made).context("make a set of signals")?;
    // SAFETY: the set was made above.
    let added = unsafe { libc::sigaddset(set.as_mut_ptr(), signal) };
    Errno::result(added).context("name a signal")?;
    // SAFETY: sigemptyset has made it.
    let set = unsafe { set.assume_init() };
    // SAFETY: it comes from the C library, which knows its form.
    Ok(unsafe { SigSet::from_sigset_t_unchecked(set) })
}
