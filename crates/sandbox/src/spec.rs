//! What to run, on which files, within which limits: the caller's side of the interface.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::protocol::{Config, ProgramLimits};

/// How much stands between an unread program and the machine. Stronger levels compare greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Resource limits, a watchdog and the end of all children; nothing else. For one's own code.
    None,
    /// Landlock file rules, system-call filters and resource limits, without namespaces.
    Reduced,
    /// Namespaces, a file tree of its own, system-call filters, Landlock scopes, resource limits.
    Full,
}

impl Level {
    /// The word used in reports.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Reduced => "reduced",
            Self::Full => "full",
        }
    }
}

/// A file or folder of the host (`from`) that is seen inside at the absolute path `to`.
///
/// At the levels without namespaces there is no second tree: a path inside that lies under `to` is
/// rewritten to where the thing really is, wherever a whole string of the [`Spec`] is such a path
/// (arguments, values of the environment, `cwd`, `collect`, programs of the referee).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bind {
    /// The absolute path on the host.
    pub from: PathBuf,
    /// The absolute path inside.
    pub to: PathBuf,
}

impl Bind {
    /// `from` on the host, `to` inside.
    pub fn new(from: impl Into<PathBuf>, to: impl Into<PathBuf>) -> Self {
        Self { from: from.into(), to: to.into() }
    }

    /// The same path on both sides.
    pub fn same(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self { from: path.clone(), to: path }
    }
}

/// An empty, writable folder in memory, bounded in bytes and in files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tmpfs {
    /// The absolute path inside.
    pub at: PathBuf,
    /// Most bytes it may hold.
    pub bytes: u64,
    /// Most files, folders and links it may hold.
    pub inodes: u64,
}

impl Tmpfs {
    /// A writable folder of `mib` MiB and 128 files a MiB.
    pub fn new(at: impl Into<PathBuf>, mib: u64) -> Self {
        Self { at: at.into(), bytes: mib << 20, inodes: mib * 128 }
    }
}

/// A file to hand back when the job has ended and everything inside is dead.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collect {
    /// The absolute path inside. It must be a regular file, not a link.
    pub path: PathBuf,
    /// Most bytes it may have.
    pub max: u64,
}

/// What the first process of the sandbox does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Job {
    /// Supervise one unread command, such as `cargo build`, confined by [`Limits::program`].
    Exec {
        /// The program's path inside, and its arguments.
        argv: Vec<String>,
        /// The working directory inside.
        cwd: PathBuf,
    },
    /// Become the referee: trusted code that starts unread programs and writes verdicts.
    Referee {
        /// The compiled specification on the host. It is not visible inside.
        exe: PathBuf,
        /// Its arguments, without the program's name.
        args: Vec<String>,
        /// The working directory inside.
        cwd: PathBuf,
        /// What it is told. [`run`](crate::run) fills in `verdict_fd`, `confine`, `limits`, `readable` and
        /// `writable`.
        config: Box<Config>,
    },
}

/// Limits of a whole run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Time until everything is killed.
    pub wall: Duration,
    /// Bytes of standard output and error together, until everything is killed.
    pub output: u64,
    /// Bytes of each stream that are kept.
    pub keep: usize,
    /// Resident bytes (anonymous and shared) of all processes together, and, where `memfd_create` is allowed, the bytes
    /// of their memfds. Looked at every 50 ms. A control group, where there is one, has this limit with the writable folders and
    /// 128 MiB on top, which the kernel never lets a run pass.
    pub memory: u64,
    /// Bytes by which the *host's* shared memory may grow during the run: a last stop for memory that nobody is seen to
    /// hold. Everything on the machine counts, other sandboxes' writable folders too, so it must be far above those.
    pub host_shmem: u64,
    /// Limits of each unread program.
    pub program: ProgramLimits,
}

impl Limits {
    /// For one check: 10 s, 8 MiB of output, 256 MiB of memory, 64 processes.
    #[must_use]
    pub fn check() -> Self {
        Self {
            wall: Duration::from_secs(10),
            output: 8 << 20,
            keep: 64 << 10,
            memory: 256 << 20,
            host_shmem: 4 << 30,
            program: ProgramLimits::default(),
        }
    }

    /// For one build: 60 s, 1.5 GiB of memory, 256 processes.
    #[must_use]
    pub fn build() -> Self {
        let program = ProgramLimits {
            processes: 256,
            address_space: None,
            file_size: 512 << 20,
            descriptors: 1024,
            cpu_seconds: 240,
            ..ProgramLimits::default()
        };
        Self { wall: Duration::from_secs(60), memory: 1536 << 20, program, ..Self::check() }
    }
}

/// One run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// The level asked for. `None`: the strongest that works here, `full` or `reduced`, never `none`.
    pub level: Option<Level>,
    /// Which of the parallel sandboxes this is, from 0. Started by root, programs run as uid `60000 + slot`, or as
    /// the next one that no other sandbox of this machine uses now.
    pub slot: u32,
    /// Read-only files and folders, beside `/usr`, `/bin`, `/sbin`, `/lib*` and the least of `/etc`.
    pub ro: Vec<Bind>,
    /// Folders that may be written inside and stay as they are on the host.
    pub overlay: Vec<Bind>,
    /// Most bytes the overlays may take up together.
    pub overlay_bytes: u64,
    /// Writable folders in memory. `/tmp` (64 MiB) and `/dev/shm` (32 MiB) exist unless given here.
    pub tmpfs: Vec<Tmpfs>,
    /// The whole environment.
    pub env: Vec<(String, String)>,
    /// The limits.
    pub limits: Limits,
    /// The job.
    pub job: Job,
    /// Files to hand back after an [`Job::Exec`] that exited with 0.
    pub collect: Vec<Collect>,
}

impl Spec {
    /// A run of `job` with [`Limits::check`], the best level, and only `PATH` and `LC_ALL` set.
    #[must_use]
    pub fn new(job: Job) -> Self {
        let env = [("PATH", "/usr/bin:/bin"), ("LC_ALL", "C")];
        Self {
            level: None,
            slot: 0,
            ro: Vec::new(),
            overlay: Vec::new(),
            overlay_bytes: 512 << 20,
            tmpfs: Vec::new(),
            env: env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
            limits: Limits::check(),
            job,
            collect: Vec::new(),
        }
    }
}
