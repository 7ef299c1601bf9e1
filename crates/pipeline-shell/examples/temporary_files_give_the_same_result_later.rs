//! Claim: a pipeline through temporary files gives the same bytes, but only after each stage has ended.
//!
//! The first stage prints a line, then waits at a gate. By a pipe the second stage delivers that line while the first
//! one still lives. By a file it must not start before the first has ended: a reader at the end of a file is not told
//! to wait for more. So a file costs its whole size on disk, and it is no way for `tail -f | head`.
//!
//! Usage: cargo run -q -p pipeline-shell --example temporary_files_give_the_same_result_later
//! See also: `pipe(7)`, `tmpfile(3)`

use anyhow::{Context, Result};
use pipeline_shell::{asleep, chain, exec::Program, pipe, spawn, status};
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};

/// Prints a line, waits until its input ends, prints another line.
fn producer() -> Result<Program> {
    Program::new(&["sh", "-c", "echo early; cat; echo late"])
}

/// Passes every byte on at once.
fn consumer() -> Result<Program> {
    Program::new(&["cat"])
}

fn main() -> Result<()> {
    let (by_pipe, by_file) = (through_pipe()?, through_file()?);
    println!("same bytes: {}", by_pipe == by_file);
    Ok(())
}

fn through_pipe() -> Result<Vec<u8>> {
    let ((gate, shut), (reader, writer)) = (pipe::pipe()?, pipe::pipe()?);
    let pids = chain::start(&[producer()?, consumer()?], Some(gate), Some(writer))?;
    let mut bytes = vec![0; 6];
    let count = nix::unistd::read(&reader, &mut bytes).context("read the first line")?;
    bytes.truncate(count);
    println!(
        "pipe: got {:?}, first stage alive: {}",
        String::from_utf8_lossy(&bytes),
        asleep::state(pids[0])? != 'Z'
    );
    drop(shut); // Opens the gate.
    bytes.extend(pipe::read_all(&reader)?);
    pids.into_iter().try_for_each(|pid| status::wait(pid).map(drop))?;
    Ok(bytes)
}

fn through_file() -> Result<Vec<u8>> {
    let (gate, shut) = pipe::pipe()?;
    let between = tempfile::NamedTempFile::new().context("make a temporary file")?;
    let wiring = spawn::Wiring { stdin: Some(gate.as_fd()), stdout: Some(between.as_file().as_fd()) };
    let pid = spawn::spawn(&producer()?, wiring)?;
    drop(shut);
    println!("file: the second stage starts after the first's {}", status::wait(pid)?);
    println!(
        "file: {} bytes on disk, under a name",
        between.as_file().metadata().context("look at it")?.len()
    );
    let again: OwnedFd = File::open(between.path()).context("open it again")?.into();
    let (reader, writer) = pipe::pipe()?;
    let pids = chain::start(&[consumer()?], Some(again), Some(writer))?;
    let bytes = pipe::read_all(&reader)?;
    pids.into_iter().try_for_each(|pid| status::wait(pid).map(drop))?;
    Ok(bytes)
}
