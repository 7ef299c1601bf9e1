//! `autopsy` says why a tree of processes hangs: who waits for whom, in what, and what to change.
//!
//! It only reads: proc(5), socket diagnostics, and for a few questions a descriptor borrowed for a moment. It
//! never stops, changes or signals a watched process. What it cannot know, it says.
//!
//! | module | holds |
//! |---|---|
//! | `proc` | proc(5): threads, descriptors, maps, sockets; parsers are pure |
//! | `borrow`, `namespace` | questions proc does not answer |
//! | `object`, `socket`, `snapshot` | what a descriptor is open on, and who else holds it |
//! | `wait`, `futex`, `signals` | one thread becomes one wait: who could end it |
//! | `graph` | pure: who is alive, who is stuck, which circles are the root |
//! | `advice` | from the shape of a root to its cause and remedy |
//! | `words`, `report`, `text` | names, letters, sentences |
//!
//! # How it decides
//!
//! A wait is alive if its thread runs, has a time-out, can be ended from outside, or if one of those who could
//! end it is alive (the OR model of deadlock). What is left is stuck. Root causes are the stuck groups from
//! which no other stuck group is reached; the rest are consequences and get no advice.
//!
//! A deadlock is *proved* when every thread of every member is stuck, everything of them could be read, and
//! nobody moved while it was read: see [`prove`].
//!
//! # Why not the `procfs` crate
//!
//! It was tried (0.18, without default features). It costs a student about 4 seconds of a cold build beyond
//! what is compiled anyway, and gives half of what is needed: nothing of `fdinfo` (flags, locks, poll sets,
//! eventfd ids), no `timers`; its reader of `syscall` fails on a thread outside a system call, and its
//! `Status` takes 110 µs a thread in a debug build where this one takes 20. What is left (`stat`, `maps`,
//! `net/tcp`) is a hundred lines here.

mod advice;
mod borrow;
mod futex;
mod graph;
mod namespace;
mod object;
mod part;
mod proc;
mod report;
mod signals;
mod snapshot;
mod socket;
mod sysv;
mod text;
mod wait;
mod words;

use std::path::PathBuf;

#[doc(hidden)]
pub use borrow::{borrow, pretend_attach_is_refused};
pub use report::{Cause, CauseKind, Kind, Open, Report, State, Verdict, Wait};

/// What is to be explained.
#[derive(Debug, Clone, Default)]
pub struct Scene {
    /// The processes to explain, as numbered in our pid namespace.
    pub members: Vec<i32>,
    /// The process that watches them ("the check"): no member, never blamed. Its descriptors are known.
    pub watcher: Option<i32>,
    /// What a student calls a program.
    pub roles: Vec<Role>,
    /// Whether the rest of the world may interfere.
    pub world: World,
    /// Processes that the watcher has stopped by SIGSTOP, and lets go on later.
    pub halted: Vec<i32>,
    /// The inode of the watcher's socket on which it waits for an answer, or for its end.
    pub awaits: Option<u64>,
    /// FIFOs that the watcher itself opens later, after what it waits for now.
    pub gates: Vec<PathBuf>,
    /// Threads in state `t` of which their tracer says that it leaves them stopped by their signal.
    pub stopped: Vec<i32>,
}

/// A program and what a student calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// The file it runs.
    pub exe: PathBuf,
    /// For example `your shell`.
    pub words: String,
}

/// What those may do who are no members.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum World {
    /// Whatever they like.
    #[default]
    Open,
    /// While the watcher waits, it and everybody outside write nothing, open no name, connect to nothing and
    /// send no signal; and the members use no alarm(2). They still read what is written to them, but the watcher reads
    /// no socket: that does only the thread that waits.
    Closed,
}

impl Scene {
    /// A process and all its descendants. The reader itself is left out.
    #[must_use]
    pub fn tree(pid: i32) -> Self {
        Self::of(snapshot::tree(pid))
    }

    /// These processes.
    #[must_use]
    pub fn of(pids: impl IntoIterator<Item = i32>) -> Self {
        Self { members: pids.into_iter().collect(), ..Self::default() }
    }
}

/// One snapshot, explained.
///
/// The verdict [`Verdict::Stuck`] is given under the same conditions as by [`prove`].
#[must_use]
pub fn examine(scene: &Scene) -> Report {
    wait::explain(scene, snapshot::Snapshot::take(scene))
}

/// A deadlock, if it is proved; cheap where somebody obviously still runs.
///
/// Proved means: each thread was off the processor at a first look and has not run until a last one (equal
/// context switches, ticks and system call), and from the snapshot in between nobody is left who could wake
/// anyone. A process that was killed from outside, or by an alarm(2) that it does not catch, could still change
/// that: alarms cannot be seen. With [`World::Closed`] the watcher promises that there are none; with
/// [`World::Open`], nothing is proved of a process that catches signals.
#[must_use]
pub fn prove(scene: &Scene) -> Option<Report> {
    let report = wait::explain(scene, snapshot::Snapshot::take_if_still(scene)?);
    (report.verdict == Verdict::Stuck).then_some(report)
}
