//! Claim: a handler that writes one byte into a pipe of its own process makes a signal readable, on every Unix.
//!
//! poll then waits for input and signals alike. The work is done in the loop, where everything is allowed. A signal
//! between two polls is not lost: its byte is in the pipe.
//!
//! Usage: cargo run -q -p signals --example a_self_pipe_turns_a_signal_into_a_byte
//! See also: `src/self_pipe.rs`, `pipe(7)`, `poll(2)`

use anyhow::{Context, Result};
use ipc_kit::{pipe, retry, write_all};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, raise};
use nix::unistd::read;
use signals::self_pipe::SelfPipe;
use std::os::fd::AsFd;

fn main() -> Result<()> {
    let signals = SelfPipe::new([Signal::SIGUSR1, Signal::SIGHUP])?;
    let (input, writer) = pipe().context("make a pipe")?;
    let step = |what: &str| -> Result<()> {
        let mut both = [signals.as_fd(), input.as_fd()].map(|end| PollFd::new(end, PollFlags::POLLIN));
        retry(|| poll(&mut both, PollTimeout::NONE)).context("poll")?;
        let is_ready = both.map(|entry| entry.any() == Some(true));
        print!("{what}: ready: signals {}, input {};", is_ready[0], is_ready[1]);
        while let Some(number) = signals.take()? {
            print!(" took {number}");
        }
        if is_ready[1] {
            print!(" took {} bytes", retry(|| read(&input, &mut [0; 10])).context("read")?);
        }
        println!();
        Ok(())
    };
    raise(Signal::SIGUSR1).context("raise a signal")?;
    step("a signal before the poll")?;
    write_all(&writer, b"abc").context("write")?;
    step("input")?;
    raise(Signal::SIGHUP).context("raise a signal")?;
    raise(Signal::SIGUSR1).context("raise a signal")?;
    write_all(&writer, b"de").context("write")?;
    step("two signals and input")
}
