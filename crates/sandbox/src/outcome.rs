//! What came of a run.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::Record;
use crate::spec::Level;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The command, or the referee, exited with this status.
    Exited(i32),
    /// A signal ended it.
    Signaled(i32),
    /// It was killed at [`Limits::wall`](crate::Limits::wall).
    TimedOut,
    /// It was killed at [`Limits::output`](crate::Limits::output).
    OutputLimit,
    /// It was killed at [`Limits::memory`](crate::Limits::memory), at the limit of its control group, or at
    /// [`Limits::host_shmem`](crate::Limits::host_shmem); the notes say which.
    MemoryLimit,
    /// It was killed because of [`cancel_all`](crate::cancel_all).
    Cancelled,
    /// The sandbox could not be made: the step and the system's reason (`unshare: EPERM: ...`). Nothing
    /// unread has run.
    SetupFailed(String),
}

/// What the run cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// From the start of the helper to its end.
    pub wall: Duration,
    /// Processor time in user mode, of all processes together.
    pub user: Duration,
    /// Processor time in the kernel, of all processes together.
    pub system: Duration,
    /// The largest resident set of one process, in bytes.
    pub max_rss: u64,
    /// The largest resident sum over all processes that the watchdog saw, in bytes.
    pub peak_sum: u64,
}

/// The kept beginning of a stream, and how long it really was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capped {
    /// The first bytes.
    pub bytes: Vec<u8>,
    /// All bytes that were read.
    pub total: u64,
}

impl Capped {
    /// The kept bytes as text, with anything that is not UTF-8 replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Everything that is known about a run that is over: no process of it is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// The level it really ran at.
    pub level: Level,
    /// What was weaker than wished, one sentence each: `overlay: EPERM, the seed was copied`.
    pub notes: Vec<String>,
    /// What it cost.
    pub usage: Usage,
    /// Standard output. Unread data: escape it before showing it.
    pub stdout: Capped,
    /// Standard error. Unread data: escape it before showing it.
    pub stderr: Capped,
    /// One entry for each [`Spec::collect`](crate::Spec::collect), in that order, or why there is none.
    pub files: Vec<Result<Vec<u8>, String>>,
    /// The verdicts the referee wrote.
    pub records: Vec<Record>,
    /// What was wrong with the verdict pipe's bytes. Then the referee is broken, and no verdict counts.
    pub garbled: Option<String>,
}

impl Outcome {
    /// An outcome of which only `end` and `level` are known.
    pub(crate) fn bare(end: End, level: Level) -> Self {
        Self {
            end,
            level,
            notes: Vec::new(),
            usage: Usage::default(),
            stdout: Capped::default(),
            stderr: Capped::default(),
            files: Vec::new(),
            records: Vec::new(),
            garbled: None,
        }
    }
}
