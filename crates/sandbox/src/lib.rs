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

mod outcome;
mod spec;

use std::process::ExitCode;

pub use confine::Confinement;
pub use doctor::{Doctor, Finding, probe};
pub use outcome::{Capped, End, Outcome, Usage};
pub use spec::{Bind, Collect, Job, Level, Limits, Spec, Tmpfs};

/// The first argument that turns a program into the sandbox's helper.
pub const INIT_ARG: &str = "__sandbox-init";

/// Runs `spec` and returns when nothing of it is left. Never panics, never prints.
///
/// Call it from a thread that lives as long as the run: the helper dies with the thread that started it.
#[must_use]
pub fn run(spec: &Spec) -> Outcome {
    Outcome::bare(End::SetupFailed("not built".to_owned()), spec.level.unwrap_or(Level::None))
}

/// Does the helper's work if this process was started as one (first argument [`INIT_ARG`]), else returns
/// `None` at once. To be called first in `main`, before any thread is started.
#[must_use]
pub fn init_main() -> Option<ExitCode> {
    None
}

/// Shields the referee from the programs it starts: makes this process non-dumpable (so that nobody of its own
/// uid may trace it or read its memory and descriptors), and puts back the default of the signals for which
/// Rust's runtime installs handlers (a process 1 without handlers cannot be hit from inside). Then
/// `PR_SET_CHILD_SUBREAPER` and `FD_CLOEXEC` on `verdict_fd`. To be called before the first program is started.
///
/// # Errors
/// The refused system call.
pub fn shield(_verdict_fd: Option<i32>) -> anyhow::Result<()> {
    Ok(())
}
