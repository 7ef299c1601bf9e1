//! One thread: its state, the system call it sleeps in, and the beat by which two looks are compared.

use super::stat::Stat;
use super::status::Status;
use super::{stat, status, text};
use crate::borrow::is_refused;

/// Where a thread is in the kernel; `/proc/PID/task/TID/syscall`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Call {
    /// It sleeps in this system call.
    Blocked {
        /// The number, as in `<sys/syscall.h>`.
        number: i64,
        /// The six argument registers.
        args: [u64; 6],
    },
    /// It runs, or is about to.
    Running,
    /// It sleeps, but not in a system call: a page fault.
    Faulting,
    /// A 32-bit program: its call numbers are others.
    Foreign,
    /// The kernel refused (no ptrace permission), or the thread is gone.
    Refused,
}

/// A thread, as it was when looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thread {
    pub(crate) stat: Stat,
    pub(crate) status: Status,
    pub(crate) call: Call,
    /// The kernel function it sleeps in; empty where it runs or that is refused.
    pub(crate) place: String,
    /// The `syscall` file as it was: part of the beat.
    raw: String,
}

impl Thread {
    /// Reads one thread; `None` if it is gone.
    ///
    /// The order matters for proofs: the kernel answers `syscall` (or a name in `wchan`) only of a thread that
    /// has really left the processor. Counters read after that are those of a sleeper.
    pub(crate) fn read(pid: i32, tid: i32) -> Option<Self> {
        let file = |name: &str| text(&format!("/proc/{pid}/task/{tid}/{name}"));
        let raw = if is_refused() { None } else { file("syscall") };
        let place = file("wchan").unwrap_or_default();
        let stat = stat::parse(&file("stat")?)?;
        let status = status::parse(&file("status")?);
        let call = raw.as_deref().map_or(Call::Refused, parse_call);
        let place = if place == "0" { String::new() } else { tidy(&place) };
        Some(Self { stat, status, call, place, raw: raw.unwrap_or_default() })
    }

    /// Its id in our pid namespace.
    pub(crate) fn tid(&self) -> i32 {
        self.stat.id
    }

    /// Its id in its own pid namespace: what the program itself calls it.
    pub(crate) fn inner_tid(&self) -> i32 {
        self.status.ids.last().copied().unwrap_or(self.stat.id)
    }

    /// It has ended.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.stat.state, 'Z' | 'X' | 'x')
    }

    /// It sleeps, is stopped or dead, and the kernel vouches for it: nothing of it is on a processor.
    pub(crate) fn is_still(&self) -> bool {
        match self.stat.state {
            'S' => {
                matches!(self.call, Call::Blocked { .. } | Call::Faulting | Call::Foreign)
                    || !self.place.is_empty()
            }
            'T' | 'Z' | 'X' | 't' => true,
            'D' => self.is_in_vfork(),
            _ => false,
        }
    }

    /// It waits in vfork(2) until its child has called exec or has ended. The kernel counts that sleep as one for a device,
    /// but where it sleeps tells. A clone(2) without `CLONE_VFORK` never sleeps there.
    pub(crate) fn is_in_vfork(&self) -> bool {
        let is_fork = match self.call {
            #[cfg(target_arch = "x86_64")]
            Call::Blocked { number: libc::SYS_vfork, .. } => true,
            Call::Blocked { number, .. } => [libc::SYS_clone, libc::SYS_clone3].contains(&number),
            _ => false,
        };
        is_fork && ["kernel_clone", "wait_for_vfork_done"].contains(&self.place.as_str())
    }

    /// What is equal in two looks if and only if the thread has not run in between.
    pub(crate) fn beat(&self) -> (i32, u64, char, u64, u64, &str) {
        let Self { stat, status, .. } = self;
        (stat.id, stat.started, stat.state, status.switches, stat.ticks, &self.raw)
    }
}

/// The compiler marks its copies of a function: `poll_schedule_timeout.constprop.0`.
fn tidy(place: &str) -> String {
    place.trim().split('.').next().unwrap_or_default().to_owned()
}

/// Reads the `syscall` file: `running`, `-1 SP PC`, or `NUMBER ARG*6 SP PC`.
fn parse_call(text: &str) -> Call {
    let words: Vec<&str> = text.split_whitespace().collect();
    let hex = |word: &str| u64::from_str_radix(word.trim_start_matches("0x"), 16).ok();
    match words.as_slice() {
        ["running"] => Call::Running,
        ["-1", ..] => Call::Faulting,
        [number, args @ .., stack, _counter] if args.len() == 6 => {
            // A 64-bit program's stack lies above 4 GiB. One below belongs to a 32-bit program.
            if cfg!(target_pointer_width = "64") && hex(stack).is_none_or(|at| at >> 32 == 0) {
                return Call::Foreign;
            }
            let read: Option<Vec<u64>> = args.iter().map(|word| hex(word)).collect();
            match (number.parse(), read.and_then(|args| args.try_into().ok())) {
                (Ok(number), Some(args)) => Call::Blocked { number, args },
                _ => Call::Refused,
            }
        }
        _ => Call::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("running\n", Call::Running)]
    #[case("-1 0x7ffc57d0a8f8 0x7f1b4fb1e4e0\n", Call::Faulting)]
    #[case(
        "0 0x3 0x7ffd 0x1000 0x0 0x0 0xffffffff 0x7ffd5d2b6f58 0x7f0a31d0b5cd\n",
        Call::Blocked { number: 0, args: [3, 0x7ffd, 0x1000, 0, 0, 0xffff_ffff] }
    )]
    #[case("3 0x0 0x1 0x2 0x3 0x4 0x5 0xffd56f58 0xf7d0b5cd\n", Call::Foreign)]
    #[case("", Call::Refused)]
    #[case("0 0x3 0x7ffd", Call::Refused)]
    fn the_syscall_file_is_read(#[case] text: &str, #[case] expected: Call) {
        assert_eq!(parse_call(text), expected);
    }

    #[test]
    fn a_copy_of_a_kernel_function_has_its_plain_name() {
        assert_eq!(tidy("poll_schedule_timeout.constprop.0"), "poll_schedule_timeout");
    }
}
