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
//!     ExitCode::SUCCESS
//! }
//! ```

pub mod confine;
pub mod doctor;
pub mod protocol;

mod apart;
mod cancel;
mod copy;
mod devices;
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
pub use confine::Confinement;
pub use doctor::{Doctor, Finding, probe};
pub use helper::init_main;
pub use outcome::{Capped, End, Outcome, Usage};
pub use run::run;
pub use shield::shield;
pub use spec::{Bind, Collect, Job, Level, Limits, Spec, Tmpfs};

/// The first argument that turns a program into the sandbox's helper.
pub const INIT_ARG: &str = "__sandbox-init";
