//! Claim: what is put into one pipe reaches *one* reader; who wants to tell all needs a pipe for each of them.
//!
//! Three consumers wait at one pipe. "stop" is sent once. One of them gets it, nobody can say which; the others go on
//! waiting, until the end. So one-to-many is a loop over pipes: one-to-one, many times.
//!
//! Usage: cargo run -q -p producer-consumer --example a_message_for_all_needs_a_pipe_for_each
//! See also: `pipe(7)`, `tee(2)`

use anyhow::{Context, Result};
use producer_consumer::{framing, process};
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    println!("one pipe for three: \"stop\" reached {}", told(1)?);
    println!("a pipe for each: \"stop\" reached {}", told(3)?);
    Ok(())
}

/// Starts three consumers at so many pipes, and sends "stop" once to each pipe: how many consumers got it.
fn told(pipes: usize) -> Result<usize> {
    let (told, tell) = ipc_kit::pipe().context("make a pipe for the answers")?;
    let pipes = (0..pipes).map(|_| ipc_kit::pipe()).collect::<nix::Result<Vec<_>>>().context("make pipes")?;
    let consumer = |number| process::child(|| consume(number, &pipes, &tell));
    let consumers = (0..3).map(consumer).collect::<Result<Vec<_>>>()?;
    drop(tell);
    for (reader, writer) in pipes {
        ipc_kit::write_all(&writer, b"stop").context("send")?;
        drop((reader, writer));
    }
    consumers.into_iter().try_for_each(process::join)?;
    Ok(ipc_kit::read_to_end(&told).context("read the answers")?.len())
}

fn consume(number: usize, pipes: &[(OwnedFd, OwnedFd)], tell: &OwnedFd) -> Result<()> {
    pipes.iter().try_for_each(|(_, writer)| process::close_copy(writer))?;
    let (reader, _) = &pipes[number % pipes.len()];
    if framing::fill(reader, &mut [0; 4])? {
        ipc_kit::write_all(tell, b"!").context("say that it was told")?;
    }
    Ok(())
}
