//! Claim: posix_spawn has the same effects as fork, dup2 and exec; it only writes them down as a list.
//!
//! The child of posix_spawn shares its parent's memory until exec, so nothing is copied. What should happen
//! between the two is given as "file actions" and "attributes".
//!
//! Usage: cargo run -q -p pipeline-shell --example posix_spawn_does_what_fork_and_exec_do
//! See also: `posix_spawn(3)`, `fork(2)`

use anyhow::{Context, Result};
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, posix_spawnp};
use pipeline_shell::{exec::Program, pipe, spawn, status};
use std::os::fd::{AsFd, AsRawFd};

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    let wiring = spawn::Wiring { stdout: Some(writer.as_fd()), ..Default::default() };
    let by_hand = spawn::spawn(&Program::new(&["echo", "hello"])?, wiring)?;
    drop(writer);
    report("fork, dup2, exec", &pipe::read_all(&reader)?, status::wait(by_hand)?);

    let (reader, writer) = pipe::pipe()?;
    let mut actions = PosixSpawnFileActions::init().context("make a list of actions")?;
    actions.add_dup2(writer.as_raw_fd(), 1).context("add dup2 to the list")?;
    let attributes = PosixSpawnAttr::init().context("make attributes")?;
    let environment: [&std::ffi::CStr; 0] = [];
    let spawned = posix_spawnp(c"echo", &actions, &attributes, &[c"echo", c"hello"], &environment);
    let spawned = spawned.context("spawn echo")?;
    drop(writer);
    report("posix_spawn", &pipe::read_all(&reader)?, status::wait(spawned)?);
    Ok(())
}

fn report(how: &str, output: &[u8], status: status::Status) {
    println!("{how}: {:?}, {status}", String::from_utf8_lossy(output));
}
