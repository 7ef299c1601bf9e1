//! `copy`: two processes and a pipe between them. See `pipe(2)`, `fork(2)`.

use crate::failure::{Failure, say};
use crate::terminate;
use ipc_kit::{exit_code, pipe, retry, wait_for, write_all};
use nix::unistd::{getpid, read};
use std::io::{stdin, stdout};
use std::os::fd::AsFd;

/// The most that one read takes.
const BLOCK: usize = 64 << 10;

/// Copies standard input to standard output. The parent is the producer, its child the consumer.
///
/// # Errors
/// What read, write, pipe or fork say.
pub fn copy() -> Result<(), Failure> {
    // BEGIN SOLUTION
    let (source, sink) = pipe().map_err(Failure::on("pipe"))?;
    // The child must not have the write end: it would wait for itself to close it.
    let mut sink = Some(sink);
    let child = terminate::start(|| {
        drop(sink.take());
        status(transfer(&source, stdout()))
    })
    .map_err(Failure::on("fork"))?;
    say(&format!("producer {} consumer {child}\n", getpid()));
    drop(source);
    let produced = match &sink {
        Some(sink) => transfer(stdin(), sink),
        None => Ok(()),
    };
    drop(sink);
    let ended = wait_for(child).map_err(Failure::on("waitpid"))?;
    terminate::reaped(child);
    match exit_code(ended) {
        Some(0) => produced,
        // If the consumer gave up, a failed write here is only the echo.
        Some(status) => Err(Failure::Told(status)),
        None => Err(Failure::Told(1)),
    }
    // END SOLUTION
    // STUB: todo!("M1: make a pipe, start the consumer by terminate::start, be the producer, wait")
}
// BEGIN SOLUTION

/// Passes bytes on as they come, until end of file.
fn transfer(from: impl AsFd, to: impl AsFd) -> Result<(), Failure> {
    let mut block = vec![0; BLOCK];
    loop {
        let count = retry(|| read(&from, &mut block)).map_err(Failure::on("-"))?;
        if count == 0 {
            return Ok(());
        }
        write_all(&to, &block[..count]).map_err(Failure::writing("-"))?;
    }
}

/// How the child tells its parent.
fn status(done: Result<(), Failure>) -> u8 {
    match done {
        Ok(()) => 0,
        Err(failure) => {
            failure.tell();
            failure.status()
        }
    }
}
// END SOLUTION
