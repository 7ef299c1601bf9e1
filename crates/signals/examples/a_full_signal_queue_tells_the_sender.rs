//! Claim: the queue is finite (RLIMIT_SIGPENDING). When it is full, sigqueue fails with EAGAIN; kill does not.
//!
//! The limit counts queued signals of all processes of the receiver's *user*, so others may have taken some of it. A
//! standard signal still gets through: its bit needs no memory. Whoever queues must be ready to be told "later".
//!
//! Usage: cargo run -q -p signals --example a_full_signal_queue_tells_the_sender
//! See also: `setrlimit(2)` (RLIMIT_SIGPENDING), `sigqueue(3)` (EAGAIN)

use anyhow::{Context, Result, bail};
use ipc_kit::{pipe, read_to_end, write_all};
use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};
use nix::sys::signal::Signal;
use signals::{arrival, child::Child, look, number::Number, send, set};

const LIMIT: libc::rlim_t = 2000;

fn main() -> Result<()> {
    let realtime = Number::realtime(0);
    set::of([realtime, Signal::SIGUSR1.into()]).thread_block().context("block the signals")?;
    setrlimit(Resource::RLIMIT_SIGPENDING, LIMIT, LIMIT).context("set the limit")?; // The child inherits it.
    let (answers, answer) = pipe().context("make a pipe")?;
    let child = Child::run_to_gate(|| {
        while arrival::take(&set::of([realtime])).context("take a signal")?.is_some() {
            write_all(&answer, b"x").context("answer")?;
        }
        Ok(())
    })?;
    drop(answer);
    let mut accepted = 0;
    loop {
        match send::queue(child.pid(), realtime, 0) {
            Ok(()) => accepted += 1,
            Err(Errno::EAGAIN) => break,
            Err(reason) => bail!("queue a signal: {reason}"),
        }
    }
    // Not exactly so many: other processes of this user may have some in their queues.
    println!(
        "the limit is {LIMIT}; accepted: at least 1, at most that many: {}",
        (1..=LIMIT).contains(&accepted)
    );
    println!("then sigqueue: EAGAIN");
    child.send(Signal::SIGUSR1)?;
    let pending = look::at(child.pid())?.pending;
    println!("SIGUSR1, sent by kill, is pending: {}", pending.contains(&Signal::SIGUSR1.into()));
    child.open()?;
    let arrived = read_to_end(&answers).context("read the answers")?.len();
    println!("each one that was accepted has arrived: {}", u64::try_from(arrived) == Ok(accepted));
    child.wait()?;
    Ok(())
}
