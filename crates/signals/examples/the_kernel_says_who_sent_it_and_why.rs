//! Claim: signals come from the kernel too, and si_code says why: a child's end, a timer, another process.
//!
//! The uses: to end a program (SIGTERM, SIGINT), maintenance (SIGHUP: read your configuration again, SIGUSR1), debugging
//! (SIGSTOP, SIGTRAP, SIGQUIT), and messages of the kernel (SIGCHLD, SIGALRM, SIGPIPE, SIGSEGV).
//!
//! Usage: cargo run -q -p signals --example the_kernel_says_who_sent_it_and_why
//! See also: `sigaction(2)` (si_code), `signal(7)`
#![allow(unsafe_code, reason = "setitimer(2) is called by hand")]

use anyhow::{Context, Result};
use ipc_kit::{pipe, wait_for};
use nix::errno::Errno;
use nix::sys::signal::Signal;
use nix::unistd::{getpid, write};
use signals::{action, arrival, child::Child, number::Number, send, set};

fn main() -> Result<()> {
    let all = [Signal::SIGUSR1, Signal::SIGCHLD, Signal::SIGALRM, Signal::SIGPIPE].map(Number::from);
    set::of(all.into_iter().chain([Number::realtime(0)])).thread_block().context("block them")?;
    action::restore_default(Signal::SIGPIPE).context("undo what Rust's start-up did")?;

    Child::run(|_| send::kill(nix::unistd::getppid(), Signal::SIGUSR1).context("send"))?.wait()?;
    tell(Signal::SIGUSR1)?;
    arrival::take(&set::of([Signal::SIGCHLD])).context("forget that child")?;
    send::queue(getpid(), Number::realtime(0), 5).context("queue")?;
    tell(Number::realtime(0))?;
    for code in [7, 0] {
        let child = ipc_kit::run_in_child(|| {
            if code == 0 {
                let _ = send::kill(getpid(), Signal::SIGKILL);
            }
            code
        });
        let child = child.context("start a child")?;
        tell(Signal::SIGCHLD)?;
        wait_for(child).context("reap it")?;
    }
    // One microsecond, once.
    let once = libc::itimerval {
        it_interval: libc::timeval { tv_sec: 0, tv_usec: 0 },
        it_value: libc::timeval { tv_sec: 0, tv_usec: 1 },
    };
    // SAFETY: the new value is initialised, and the old one is not asked for.
    Errno::result(unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const once, std::ptr::null_mut()) })?;
    tell(Signal::SIGALRM)?;
    let (reader, writer) = pipe().context("make a pipe")?;
    drop(reader);
    println!("write to a pipe that nobody reads: {:?}", write(&writer, b"x"));
    tell(Signal::SIGPIPE)
}

fn tell(number: impl Into<Number>) -> Result<()> {
    let arrival = arrival::wait(&set::of([number])).context("wait for a signal")?;
    let why = match (arrival.number.get(), arrival.code) {
        (libc::SIGCHLD, libc::CLD_EXITED) => "CLD_EXITED: a child has ended by itself",
        (libc::SIGCHLD, libc::CLD_KILLED) => "CLD_KILLED: a signal has ended a child",
        (_, libc::SI_USER) if arrival.sender == Some(getpid()) => "SI_USER, as if this process had sent it",
        (_, libc::SI_USER) => "SI_USER: another process has called kill",
        (_, libc::SI_QUEUE) => "SI_QUEUE: by sigqueue",
        (_, libc::SI_KERNEL) => "SI_KERNEL: a timer of this process",
        (number, code) => anyhow::bail!("signal {number} came with code {code}"),
    };
    println!("{}: {why}", arrival.number);
    Ok(())
}
