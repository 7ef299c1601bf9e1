//! Signals as a check sends them and as the kernel keeps them: real-time numbers, values, masks. See signal(7).
#![allow(unsafe_code, reason = "nix knows neither real-time signals nor sigqueue(3)")]

use std::fs;

use nix::errno::Errno;
use sandbox::protocol::Verdict;

use crate::failure::fail;
use crate::process::Proc;
use crate::running::Running;

/// The number of `SIGRTMIN+n`, as the C library counts.
#[must_use]
pub fn real_time(n: i32) -> i32 {
    libc::SIGRTMIN() + n
}

/// What the kernel knows of a process's signals; bit n - 1 stands for signal n (proc_pid_status(5)).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SignalSets {
    /// Sent to the process or its first thread, and not delivered yet (`ShdPnd`, `SigPnd`).
    pub pending: u64,
    /// Blocked in its first thread (`SigBlk`).
    pub blocked: u64,
    /// Ignored (`SigIgn`).
    pub ignored: u64,
    /// With a handler (`SigCgt`).
    pub caught: u64,
}

impl SignalSets {
    /// Reads them; `None` if there is no such process any more.
    #[must_use]
    pub fn of(pid: i32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let set = |name: &str| {
            let value = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            u64::from_str_radix(value.trim(), 16).ok()
        };
        Some(Self {
            pending: set("ShdPnd")? | set("SigPnd")?,
            blocked: set("SigBlk")?,
            ignored: set("SigIgn")?,
            caught: set("SigCgt")?,
        })
    }

    /// Whether `signal`, a number, is in `set`.
    #[must_use]
    pub fn holds(set: u64, signal: i32) -> bool {
        (1..=64).contains(&signal) && set & (1 << (signal - 1)) != 0
    }
}

impl Running {
    /// Sends it a signal by number, `SIGRTMIN+n` too: kill(2). Who has ended gets none.
    #[track_caller]
    pub fn kill_by_number(&self, signal: i32) -> &Self {
        // SAFETY: kill(2) takes plain numbers.
        match Errno::result(unsafe { libc::kill(self.pid, signal) }) {
            Ok(_) | Err(Errno::ESRCH) => self,
            Err(error) => {
                fail(Verdict::GraderError, format!("cannot send signal {signal} to {}: {error}", self.name))
            }
        }
    }

    /// Sends it a signal with a value: sigqueue(3). Who has ended gets none.
    #[track_caller]
    pub fn queue(&self, signal: i32, value: i32) -> &Self {
        match queue(self.pid, signal, value) {
            Ok(()) | Err(Errno::ESRCH) => self,
            Err(error) => {
                fail(Verdict::GraderError, format!("cannot queue signal {signal} for {}: {error}", self.name))
            }
        }
    }

    /// Its signals; all empty if it has ended.
    #[must_use]
    pub fn signal_sets(&self) -> SignalSets {
        SignalSets::of(self.pid).unwrap_or_default()
    }

    /// Whether a signal, by number, has been sent to it and not been delivered yet.
    #[must_use]
    pub fn is_pending(&self, signal: i32) -> bool {
        SignalSets::holds(self.signal_sets().pending, signal)
    }
}

impl Proc {
    /// Its signals; all empty if it has ended.
    #[must_use]
    pub fn signal_sets(&self) -> SignalSets {
        SignalSets::of(self.pid).unwrap_or_default()
    }
}

fn queue(pid: i32, signal: i32, value: i32) -> nix::Result<()> {
    // The union's first four bytes are the int; the pointer carries it in its lower half.
    let value = libc::sigval { sival_ptr: std::ptr::without_provenance_mut(value.cast_unsigned() as usize) };
    // SAFETY: sigqueue(3) takes numbers; the pointer is data for the receiver and is not followed.
    Errno::result(unsafe { libc::sigqueue(pid, signal, value) }).map(drop)
}
