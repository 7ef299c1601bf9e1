//! The exit statuses of `cargo xtask`, and the error that carries one. This is their only home; `--help`
//! prints [`TABLE`].

use std::fmt;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything passed, or the class was graded.
    Done = 0,
    /// Some checks failed, or a file is not what it must be.
    SomeFailed = 1,
    /// The arguments make no sense: nothing was done.
    Usage = 2,
    /// The lab does not compile.
    DoesNotCompile = 3,
    /// A file, folder or manifest cannot be used.
    BadInput = 4,
    /// The grader itself failed. Never the student's fault.
    GraderError = 5,
    /// Ctrl-C.
    Interrupted = 130,
}

/// The same for readers of `--help`.
pub const TABLE: &str = "\
Exit status:
  0    everything passed; the class was graded
  1    some checks failed; something generated is out of date
  2    wrong usage, nothing was done
  3    the lab does not compile
  4    a file, folder or manifest cannot be used
  5    the grader itself failed (never costs points)
  130  interrupted by Ctrl-C";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error whose exit status is known. Any other error is a [`Exit::GraderError`].
#[derive(Debug)]
pub struct Stop {
    /// How the program shall end.
    pub exit: Exit,
    text: String,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for Stop {}

/// The user gave something that cannot be used: `what + where`.
pub fn bad_input(text: impl Into<String>) -> anyhow::Error {
    Stop { exit: Exit::BadInput, text: text.into() }.into()
}

/// The arguments name something that does not exist.
pub fn usage(text: impl Into<String>) -> anyhow::Error {
    Stop { exit: Exit::Usage, text: text.into() }.into()
}

/// An error with a given exit status.
pub fn stop(exit: Exit, text: impl Into<String>) -> anyhow::Error {
    Stop { exit, text: text.into() }.into()
}

/// The exit status an error asks for.
#[must_use]
pub fn of_error(error: &anyhow::Error) -> Exit {
    error.chain().find_map(|cause| cause.downcast_ref::<Stop>()).map_or(Exit::GraderError, |stop| stop.exit)
}
