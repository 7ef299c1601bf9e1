//! What the runner and the referee say to each other.
//!
//! The *referee* is a compiled specification (a test binary that stands on `testkit`). The *runner*
//! (`cargo xtask`) starts one referee for one check, hands it a [`Config`] in the environment variable
//! [`CONFIG_VAR`], and reads [`Record`]s, one JSON object a line, from a pipe that only the referee
//! holds. No verdict is ever read from an exit status or from standard output: both belong, in part, to
//! the program under test.
//!
//! Without [`CONFIG_VAR`] (plain `cargo test`), the referee uses [`Config::default`]: no confinement, no
//! verdict pipe, a random seed.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// The environment variable that carries the [`Config`] as JSON.
pub const CONFIG_VAR: &str = "IPC_LABS_REFEREE";

/// What the runner tells the referee before a check.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where each program of the lab is, by its contract name (`psh`). Empty: where cargo built it.
    pub programs: BTreeMap<String, PathBuf>,
    /// The folder with the helper programs (`gate`, `meet`, ...). `None`: beside the referee's own file.
    pub helpers: Option<PathBuf>,
    /// The folder in which the check makes its private directory. `None`: the system's.
    pub scratch: Option<PathBuf>,
    /// The descriptor of the verdict pipe's write end. `None`: failures only panic.
    pub verdict_fd: Option<i32>,
    /// The seed of every random challenge. `None`: a new one, printed on failure.
    pub seed: Option<u64>,
    /// How much slower than the reference machine this one is, in percent (100 = equal, 300 = three times
    /// slower). Watchdogs are multiplied by it, never divided.
    pub slowness: Option<u32>,
    /// How the programs under test are confined.
    pub confine: Confine,
    /// The resource limits of each program under test. Used unless `confine` is [`Confine::None`].
    pub limits: ProgramLimits,
    /// What a program may read under [`Confine::Reduced`], beside the system's own folders.
    pub readable: Vec<PathBuf>,
    /// What a program may write under [`Confine::Reduced`]. The `scratch` folder is always one of them.
    pub writable: Vec<PathBuf>,
}

/// The limits of one program under test: setrlimit(2), and two switches.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ProgramLimits {
    /// Processes and threads of the sandbox's user, the referee included (`RLIMIT_NPROC`).
    pub processes: u64,
    /// Bytes of address space of one process (`RLIMIT_AS`).
    pub address_space: Option<u64>,
    /// Bytes of one file (`RLIMIT_FSIZE`).
    pub file_size: u64,
    /// Descriptors of one process (`RLIMIT_NOFILE`).
    pub descriptors: u64,
    /// Processor seconds of one process (`RLIMIT_CPU`).
    pub cpu_seconds: u64,
    /// Bytes of POSIX message queues (`RLIMIT_MSGQUEUE`).
    pub queue_bytes: u64,
    /// Whether `memfd_create(2)` is allowed. Its memory is in nobody's resident set, so it is refused
    /// unless a lab needs it.
    pub memfd: bool,
    /// Whether a program may neither signal nor reach, by abstract sockets, what was started apart from
    /// it. Turn it off for labs whose programs, started one by one, signal each other.
    pub scopes: bool,
}

impl Default for ProgramLimits {
    fn default() -> Self {
        Self {
            processes: 64,
            address_space: Some(1 << 30),
            file_size: 32 << 20,
            descriptors: 256,
            cpu_seconds: 120,
            queue_bytes: 1 << 20,
            memfd: false,
            scopes: true,
        }
    }
}

/// How the referee confines each program under test, between `fork` and `exec`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confine {
    /// Not at all: a student runs their own program.
    #[default]
    None,
    /// System-call filters, resource limits, Landlock scopes; namespaces were made by the sandbox.
    Full,
    /// System-call filters, resource limits and Landlock file rules, without namespaces.
    Reduced,
}

/// The outcome of a check, or of one case of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The promise was kept.
    Pass,
    /// The promise was broken.
    Fail,
    /// Nobody moved any more, or the watchdog ended the check.
    Hang,
    /// The program under test died of a signal or panicked.
    Crash,
    /// The program left something behind: a process, a zombie, a descriptor, a name.
    Leak,
    /// The check did not run, because of what its text says.
    NotRun,
    /// The grader itself failed. Never costs points, and has its own exit status.
    GraderError,
}

/// One line on the verdict pipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The test function, with its case: `m3_pipeline::no_stage_keeps_an_end::case_2_middle`.
    pub test: String,
    /// What happened.
    pub verdict: Verdict,
    /// Why, for the student: at most 15 lines, empty for [`Verdict::Pass`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// More for whoever wants to know: of a hang, every process and what it waits for. May be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The seed that repeats this run.
    pub seed: u64,
}

impl Verdict {
    /// The word used in reports and journals.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Hang => "hang",
            Self::Crash => "crash",
            Self::Leak => "leak",
            Self::NotRun => "not run",
            Self::GraderError => "grader error",
        }
    }
}
