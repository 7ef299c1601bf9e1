//! Claim: a stuck worker is not a dead one: no end of file comes; only a lease, a limit in time, finds it.
//!
//! The first worker stops in its task. It lives, and its line is open. When the lease is over the boss gives the task to
//! another. Then the first goes on and answers, late: the boss knows the attempt by its number, and drops the answer.
//!
//! Usage: cargo run -q -p work-queue --example a_lease_finds_the_worker_that_is_stuck
//! See also: `timerfd_create(2)`, `signal(7)` (SIGSTOP)

use anyhow::{Context, Result, ensure};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::time::{TimeSpec, TimeValLike};
use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use std::os::fd::{AsFd, BorrowedFd};
use work_queue::{asleep, crew::Crew};

const TASK: u8 = 7;

fn main() -> Result<()> {
    let mut crew = Crew::default();
    for gets_stuck in [true, false] {
        crew.hire(|line| {
            while let Some([task, attempt]) = receive(line.as_fd())? {
                if gets_stuck {
                    raise(Signal::SIGSTOP).context("get stuck")?;
                }
                send(line.as_fd(), [task * task, attempt])?;
            }
            Ok(())
        })?;
    }
    let lease = TimerFd::new(ClockId::CLOCK_MONOTONIC, TimerFlags::TFD_CLOEXEC).context("make a timer")?;
    let length = Expiration::OneShot(TimeSpec::milliseconds(30));
    lease.set(length, TimerSetTimeFlags::empty()).context("start the lease")?;
    send(crew.line(0), [TASK, 1])?;

    let mut sources = [crew.line(0), lease.as_fd()].map(|source| PollFd::new(source, PollFlags::POLLIN));
    poll(&mut sources, PollTimeout::NONE).context("wait for the answer or the end of the lease")?;
    asleep::until(crew.pid(0), 'T')?;
    println!("answer or end of file from worker 1: {}", sources[0].any() == Some(true));
    println!("lease of attempt 1 over: {}", sources[1].any() == Some(true));

    send(crew.line(1), [TASK, 2])?;
    let [answer, attempt] = receive(crew.line(1))?.context("hear worker 2")?;
    println!("worker 2: answer {answer}, attempt {attempt}: taken");

    kill(crew.pid(0), Signal::SIGCONT).context("let worker 1 go on")?;
    let [answer, attempt] = receive(crew.line(0))?.context("hear worker 1")?;
    println!("worker 1: answer {answer}, attempt {attempt}: too late, dropped");
    Ok(())
}

fn send(line: BorrowedFd, message: [u8; 2]) -> Result<()> {
    ipc_kit::write_all(line, &message).context("send")
}

/// `None`: the line has ended.
fn receive(line: BorrowedFd) -> Result<Option<[u8; 2]>> {
    let mut message = [0; 2];
    let length = ipc_kit::retry(|| nix::unistd::read(line, &mut message)).context("receive")?;
    ensure!(length == 0 || length == 2, "a message of {length} bytes");
    Ok((length == 2).then_some(message))
}
