//! A signal is an integer. This is that integer, with its name.
//!
//! `nix` has a type for the standard signals; the real-time signals have no names but a distance from SIGRTMIN, and
//! SIGRTMIN itself is known only when the program runs: the C library keeps the first few for itself.

use nix::sys::signal::Signal;
use std::fmt;

/// The number of a signal of this machine: 1 to SIGRTMAX. The number of a name differs from machine to machine.
///
/// See also: `signal(7)`, "Signal numbering for standard signals"
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(libc::c_int);

impl Number {
    /// The signal with this number, if there is one.
    #[must_use]
    pub fn new(number: libc::c_int) -> Option<Self> {
        (1..=libc::SIGRTMAX()).contains(&number).then_some(Self(number))
    }

    /// SIGRTMIN + `distance`.
    ///
    /// # Panics
    /// If the distance is negative, or beyond SIGRTMAX.
    #[must_use]
    pub fn realtime(distance: libc::c_int) -> Self {
        assert!((0..=libc::SIGRTMAX() - libc::SIGRTMIN()).contains(&distance), "no SIGRTMIN+{distance}");
        Self(libc::SIGRTMIN() + distance)
    }

    /// The integer that the kernel knows.
    #[must_use]
    pub const fn get(self) -> libc::c_int {
        self.0
    }

    /// Every signal of this machine, by number.
    pub fn all() -> impl Iterator<Item = Self> {
        (1..=libc::SIGRTMAX()).map(Self)
    }
}

impl From<Signal> for Number {
    fn from(signal: Signal) -> Self {
        Self(signal as libc::c_int)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        match Signal::try_from(self.0) {
            Ok(signal) => out.pad(signal.as_str()),
            Err(_) if self.0 == libc::SIGRTMIN() => out.pad("SIGRTMIN"),
            Err(_) if self.0 > libc::SIGRTMIN() => {
                out.pad(&format!("SIGRTMIN+{}", self.0 - libc::SIGRTMIN()))
            }
            // 32 and 33: the C library cancels threads with them.
            Err(_) => out.pad(&format!("signal {}", self.0)),
        }
    }
}
