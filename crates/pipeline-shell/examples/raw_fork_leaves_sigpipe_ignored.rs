//! Claim: a program started by raw fork and exec inherits Rust's ignored SIGPIPE; `Command` gives the default back.
//!
//! exec resets handlers but keeps "ignored". So `yes` started by hand does not end silently: its write fails, it
//! prints "Broken pipe" and ends with code 1. A shell written in Rust must restore the default in each child.
//!
//! Usage: cargo run -q -p pipeline-shell --example raw_fork_leaves_sigpipe_ignored
//! See also: `execve(2)`, `signal(7)`, `proc_pid_status(5)` (SigIgn)

use anyhow::{Context, Result};
use pipeline_shell::{chain, exec::Program, fork, pipe, sigpipe, status};
use std::process::Command;

const SHOW: [&str; 2] = ["cat", "/proc/self/status"];

fn main() -> Result<()> {
    let program = Program::new(&SHOW)?;
    let (reader, writer) = pipe::pipe()?;
    let child = fork::child(|| {
        nix::unistd::dup2_stdout(&writer)?;
        Ok(Program::code_of_failure(program.exec()))
    })?;
    drop(writer);
    report("raw fork and exec", &pipe::read_all(&reader)?)?;
    status::wait(child)?;

    let output = Command::new(SHOW[0]).arg(SHOW[1]).output().context("run cat")?;
    report("std::process::Command", &output.stdout)?;
    report("spawn of this lecture", &chain::capture(&[program])?.0)
}

fn report(how: &str, settings: &[u8]) -> Result<()> {
    let ignored = sigpipe::is_ignored(&String::from_utf8_lossy(settings))?;
    println!("{how}: SIGPIPE is {}", if ignored { "ignored" } else { "at its default" });
    Ok(())
}
