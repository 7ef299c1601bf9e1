//! Claim: one kill to a process group reaches every process in it; that is how Ctrl-C ends a whole pipeline.
//!
//! Both children join the group whose number is the first child's pid. *Both sides* would call setpgid in a shell,
//! because nobody knows who runs first; here the parent alone does it, while the children wait at a pipe. The signal
//! is SIGTERM: who is started in the background (`command &`, nohup) inherits SIGINT ignored, and so would they.
//!
//! Usage: cargo run -q -p pipeline-shell --example a_process_group_is_signalled_as_one
//! See also: `setpgid(2)`, `killpg(3)`, `credentials(7)`

use anyhow::{Context, Result};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{getpgrp, setpgid};
use pipeline_shell::{fork, pipe, status};

fn main() -> Result<()> {
    // Nobody ever writes: a reader waits until the last write end, ours, is closed.
    let (gate, _keeps_the_gate_shut) = pipe::pipe()?;
    let wait_at_gate = || pipe::read_all(&gate).map(|_| 0);
    let (first, second) = (fork::child(wait_at_gate)?, fork::child(wait_at_gate)?);

    setpgid(first, first).context("make a process group")?;
    setpgid(second, first).context("join the process group")?;
    println!("the children's group is this process's own: {}", first == getpgrp());
    killpg(first, Signal::SIGTERM).context("signal the group")?;
    println!("first: {}", status::wait(first)?);
    println!("second: {}", status::wait(second)?);
    Ok(())
}
