//! Claim: a pipe is two descriptors, and a forked child has copies of both, with the same numbers.
//!
//! So after fork there are four: each side closes the end it does not use. `/proc/PID/fd` shows who holds what.
//!
//! Usage: cargo run -q -p pipeline-shell --example fork_hands_both_ends_to_the_child
//! See also: `pipe(2)`, `fork(2)`, `proc_pid_fd(5)`

use anyhow::{Context, Result};
use pipeline_shell::{fork, pipe, status};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::PathBuf;

/// What a descriptor of this process leads to: `pipe:[NUMBER]` for both ends of a pipe.
fn target(end: &OwnedFd) -> Result<PathBuf> {
    std::fs::read_link(format!("/proc/self/fd/{}", end.as_raw_fd())).context("read a link in /proc/self/fd")
}

fn main() -> Result<()> {
    let (reader, writer) = pipe::pipe()?;
    let pipe = target(&reader)?;
    println!("parent: both ends lead to one pipe: {}", target(&writer)? == pipe);
    let child = fork::child(|| {
        let same = target(&reader)? == pipe && target(&writer)? == pipe;
        println!("child: the same two numbers lead to the same pipe: {same}");
        Ok(0)
    })?;
    status::wait(child)?;
    drop(writer);
    println!("parent: after closing its write end it reads {:?}", pipe::read_all(&reader)?);
    Ok(())
}
