//! A pipeline: n programs, n - 1 pipes, one loop.
//!
//! ```text
//!   stage 0 --pipe--> stage 1 --pipe--> stage 2        in each step of the loop the parent holds:
//!                                                        the read end left by the step before,
//!                                                        the two ends of the pipe just made
//! ```
//!
//! **Invariant: when a stage has been started, the parent keeps one end only: the read end that the next stage
//! needs.** Every other copy is dropped at once, or some reader will never see the end of its input.

use crate::{exec::Program, pipe, spawn, status};
use anyhow::Result;
use nix::unistd::Pid;
use std::os::fd::{AsFd, OwnedFd};

/// Starts all stages, from left to right, and lets them run at the same time. The first reads from `input`, the
/// last writes to `output`, and this function's copies of the two are closed before it returns.
///
/// # Errors
/// When a pipe cannot be made or a process not started. The stages already started are left to end by
/// themselves (their pipes are closed); a real shell would end them and wait.
pub fn start(stages: &[Program], input: Option<OwnedFd>, output: Option<OwnedFd>) -> Result<Vec<Pid>> {
    let (mut pids, mut stdin, mut output) = (Vec::new(), input, output);
    for (index, program) in stages.iter().enumerate() {
        let is_last = index + 1 == stages.len();
        let (next_stdin, stdout) = if is_last {
            (None, output.take())
        } else {
            let (reader, writer) = pipe::pipe()?;
            (Some(reader), Some(writer))
        };
        let wiring = spawn::Wiring {
            stdin: stdin.as_ref().map(AsFd::as_fd),
            stdout: stdout.as_ref().map(AsFd::as_fd),
        };
        pids.push(spawn::spawn(program, wiring)?);
        // Closes the read end of the stage before; `stdout` is closed at the end of this step.
        stdin = next_stdin;
    }
    Ok(pids)
}

/// Runs all stages and waits for each: the statuses from left to right.
///
/// # Errors
/// See [`start`] and [`status::wait`].
pub fn run(stages: &[Program]) -> Result<Vec<status::Status>> {
    start(stages, None, None)?.into_iter().map(status::wait).collect()
}

/// Runs all stages and catches what the last one prints.
///
/// Reads first and waits afterwards: the other way round, a program that prints more than the pipe holds would
/// wait for this process to read, while this process waits for it to end.
///
/// # Errors
/// See [`start`], [`pipe::read_all`] and [`status::wait`].
pub fn capture(stages: &[Program]) -> Result<(Vec<u8>, Vec<status::Status>)> {
    let (reader, writer) = pipe::pipe()?;
    let pids = start(stages, None, Some(writer))?;
    let output = pipe::read_all(reader)?;
    let statuses = pids.into_iter().map(status::wait).collect::<Result<_>>()?;
    Ok((output, statuses))
}

/// Prepares the programs of a pipeline from their words: `programs(&["ls -r", "wc -l"])`, split at blanks.
///
/// That is all the "parser" of this lecture: no quotes, no redirection, no variables. Those belong to the lab.
///
/// # Errors
/// When a stage has no word; see [`Program::new`].
pub fn programs(stages: &[&str]) -> Result<Vec<Program>> {
    stages.iter().map(|stage| Program::new(&stage.split_whitespace().collect::<Vec<_>>())).collect()
}
