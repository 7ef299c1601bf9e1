//! Control groups: the hard limit of memory and processes around a run, where the system has one to give.
//!
//! The watchdog sums what is resident, every 50 ms. The kernel charges a group for every page at once, also for those in
//! nobody's resident set: memfds, System V segments, `tmpfs`. So the group's limit is the last word, and the watchdog,
//! which knows the smaller number, mostly has the first.
//!
//! A group is made once and used for run after run (making and removing one costs milliseconds). The process that becomes
//! the program joins before it gives up its rights; the helper stays outside, to tell what happened.
//!
//! | question | file |
//! |---|---|
//! | which hierarchies there are | `find` |
//! | a v2 group that has been delegated | `delegate` |
//! | one group: limits, removal | `group` |
//! | has it run out of memory? | `watch` |
//! | all groups of this process | `pool` |
//! | the helper's side | `member` |

mod delegate;
mod find;
mod group;
mod member;
mod pool;
mod watch;

pub(crate) use member::{Doors, Membership};
pub(crate) use pool::{Lease, fell_back, take};
pub(crate) use watch::Watch;

pub use pool::{memory_fallbacks, remove_groups};

use crate::spec::Spec;
use crate::tree;

/// What the kernel charges a group for and no limit of ours counts: page tables, stacks, pipes, sockets, the referee.
const KERNEL_BYTES: u64 = 128 << 20;
/// What the referee may start beside the programs, which `RLIMIT_NPROC` stops earlier.
const REFEREES_PROCESSES: u64 = 32;

/// The limits of one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Caps {
    /// Bytes of memory, swap included.
    pub(crate) memory: u64,
    /// Processes and threads.
    pub(crate) pids: u64,
}

impl Caps {
    /// Room for all that `spec` allows: files in a writable folder in memory are charged too, and are no reason to kill.
    pub(crate) fn of(spec: &Spec) -> Self {
        let folders: u64 = tree::writable(spec).iter().map(|folder| folder.bytes).sum();
        // Where an overlay must be copied, each has a store of its own.
        let overlays = spec.overlay_bytes.saturating_mul(spec.overlay.len() as u64);
        let memory =
            [folders, overlays, KERNEL_BYTES].into_iter().fold(spec.limits.memory, u64::saturating_add);
        Self { memory, pids: spec.limits.program.processes.saturating_add(REFEREES_PROCESSES) }
    }
}

/// How the memory of runs is limited on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryGuard {
    /// For a report: `cgroup v1, per slot; watchdog, 50 ms`.
    pub word: String,
    /// Why there is no control group; `None` where there is one.
    pub missing: Option<String>,
}

/// How the memory of this process's runs is limited. Makes the first group, if that is possible.
#[must_use]
pub fn memory_guard() -> MemoryGuard {
    let watchdog = "watchdog, 50 ms";
    match pool::version() {
        Ok(version) => {
            MemoryGuard { word: format!("cgroup {}, per slot; {watchdog}", version.word()), missing: None }
        }
        Err(reason) => MemoryGuard { word: watchdog.to_owned(), missing: Some(reason) },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Bind, Job, Tmpfs};

    #[test]
    fn the_groups_limit_has_room_for_every_file_that_may_be_written() {
        let mut spec = Spec::new(Job::Exec { argv: Vec::new(), cwd: "/".into() });
        spec.limits.memory = 256 << 20;
        // /tmp has 64 MiB, /dev/shm 32.
        assert_eq!(Caps::of(&spec), Caps { memory: (256 + 96 + 128) << 20, pids: 96 });
        spec.tmpfs = vec![Tmpfs::new("/scratch", 128)];
        spec.overlay = vec![Bind::same("/a")];
        spec.overlay_bytes = 512 << 20;
        assert_eq!(Caps::of(&spec).memory, (256 + 96 + 128 + 128 + 512) << 20);
    }
}
