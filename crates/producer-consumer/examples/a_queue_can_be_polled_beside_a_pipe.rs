//! Claim: on Linux a POSIX queue is a descriptor, so one poll waits for it and for a pipe at the same time.
//!
//! POSIX does not promise that: elsewhere the queue may be a pointer, and waiting for two things takes a thread or a
//! signal (mq_notify). System V queues are descriptors nowhere.
//!
//! Usage: cargo run -q -p producer-consumer --example a_queue_can_be_polled_beside_a_pipe
//! See also: `mq_overview(7)` (Polling message queue descriptors), `poll(2)`

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use producer_consumer::{posix_queue::Name, process};
use std::os::fd::AsFd;

fn main() -> Result<()> {
    let name = Name::new();
    let queue = name.create(4)?;
    let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
    let (gate, open_gate) = ipc_kit::pipe().context("make a gate")?;
    let sender = process::child(|| {
        queue.send(b"!", 0).context("send to the queue")?;
        nix::unistd::read(&gate, &mut [0]).context("wait")?;
        ipc_kit::write_all(&writer, b"!").context("write to the pipe")
    })?;

    for _ in 0..2 {
        let mut both = [&queue.as_fd(), &reader.as_fd()].map(|end| PollFd::new(*end, PollFlags::POLLIN));
        ipc_kit::retry(|| poll(&mut both, PollTimeout::NONE)).context("wait for either")?;
        let [from_queue, from_pipe] = both.map(|end| end.any().unwrap_or(false));
        println!("ready: queue {from_queue}, pipe {from_pipe}");
        if from_queue {
            queue.receive().context("receive")?;
            ipc_kit::write_all(&open_gate, b"!").context("let the sender go on")?;
        }
    }
    process::join(sender)
}
