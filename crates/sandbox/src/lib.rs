//! Builds and runs programs nobody has read.
//!
//! [`run`] takes a [`Spec`] and returns an [`Outcome`] when every process of the run is dead. The work is done by
//! a helper: the calling binary, executed again. So each `main` that may call [`run`] begins with
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     if let Some(code) = sandbox::init_main() {
//!         return code;
//!     }
//!     // the program itself
//!     sandbox::remove_groups();
//!     ExitCode::SUCCESS
//! }
//! ```
//!
//! # The processes
//!
//! ```text
//! caller ── run(): pump the pipes, look at clock and memory, close the control pipe to stop
//!   └ helper (__sandbox-init)          user, mount, PID, network, IPC, UTS, cgroup namespaces; then only stands guard
//!       └ process 1                    builds the file tree, gives up every right, then
//!           Job::Exec:    supervises one confined command and hands back files
//!           Job::Referee: *becomes* the referee, which confines each program it starts
//! ```
//!
//! Whoever dies takes those below along: the helper and process 1 ask for a signal at their parent's death, and the
//! kernel kills all of a PID namespace with its process 1.
//!
//! # Which file does what
//!
//! | question | file |
//! |---|---|
//! | the caller's side | `spec`, `outcome`, `run`, `pump`, `proc`, `relocate`, `cancel` |
//! | memory and processes of a run, limited by the kernel | `cgroup` |
//! | the helper | `order` (what it is told), `helper`, `full` and `apart` (the levels), `supervise`, `sweep` |
//! | the world inside | `tree`, `mounts`, `devices`, `overlay`, `copy`, `network`, `identity` |
//! | an unread program's rights | [`confine`], `seccomp`, `landlock_rules` |
//! | the referee | [`protocol`], [`shield`] |
//! | what works here | [`doctor`] |
//! | raw system calls | `sys` |

pub mod confine;
pub mod doctor;
pub mod protocol;

mod apart;
mod cancel;
mod cgroup;
mod copy;
mod devices;
mod forking;
mod full;
mod helper;
mod identity;
mod landlock_rules;
mod mounts;
mod network;
mod order;
mod outcome;
mod overlay;
mod proc;
mod pump;
mod relocate;
mod run;
mod seccomp;
mod shield;
mod spec;
mod supervise;
mod sweep;
mod sys;
mod tree;

pub use cancel::cancel_all;
pub use cgroup::{MemoryGuard, memory_fallbacks, memory_guard, remove_groups};
pub use confine::Confinement;
pub use doctor::{Doctor, Finding, probe};
pub use forking::{while_forking, while_nobody_forks};
pub use helper::init_main;
pub use outcome::{Capped, End, Outcome, Usage};
pub use run::run;
pub use shield::{guard, shield};
pub use spec::{Bind, Collect, Job, Level, Limits, Spec, Tmpfs};
pub use sys::{cloexec_from_3, default_signals};

/// The first argument that turns a program into the sandbox's helper.
pub const INIT_ARG: &str = "__sandbox-init";
