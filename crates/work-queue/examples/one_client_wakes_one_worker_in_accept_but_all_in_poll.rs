//! Claim: a new client wakes one of the workers that sleep in accept, but all of those that sleep in poll.
//!
//! Who waits in accept waits for *a client*, and there is one. Who waits in poll waits for *news*, and that is
//! for everybody: all wake, one gets the client, the others find nothing and sleep again. With 100 workers that is
//! the thundering herd. (epoll has a flag against it, EPOLLEXCLUSIVE.)
//!
//! Usage: cargo run -q -p work-queue --example one_client_wakes_one_worker_in_accept_but_all_in_poll
//! See also: `accept(2)`, `poll(2)`, `epoll_ctl(2)`, `proc_pid_status(5)` (voluntary_ctxt_switches)

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsFd;
use work_queue::asleep;

const WORKERS: usize = 4;

fn main() -> Result<()> {
    let woken = woken(|listener| listener.accept().map(drop).context("accept"), libc::SYS_accept4, 1)?;
    println!("{WORKERS} workers in accept, one client: {woken} of them woke");
    let woken = woken_in_poll()?;
    println!("{WORKERS} workers in poll, one client: {woken} of them woke");
    Ok(())
}

fn woken_in_poll() -> Result<usize> {
    let wait_and_accept = |listener: &TcpListener| {
        ppoll(&mut [PollFd::new(listener.as_fd(), PollFlags::POLLIN)], None, None).context("poll")?;
        listener.set_nonblocking(true).context("do not wait twice")?;
        // Those that come too late find nothing.
        listener.accept().map(drop).or_else(|error| match error.kind() {
            std::io::ErrorKind::WouldBlock => Ok(()),
            _ => Err(error).context("accept"),
        })
    };
    woken(wait_and_accept, libc::SYS_ppoll, WORKERS)
}

/// How many workers sleep `in_call` before a client comes, and are woken by it. `expected` is how many to wait for.
fn woken(wait: impl Fn(&TcpListener) -> Result<()>, in_call: libc::c_long, expected: usize) -> Result<usize> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("listen")?;
    let workers: Vec<Pid> = (0..WORKERS)
        .map(|_| {
            ipc_kit::run_in_child(|| {
                while wait(&listener).is_ok() {}
                1
            })
        })
        .collect::<nix::Result<_>>()
        .context("start the workers")?;
    for worker in &workers {
        asleep::until_in(*worker, in_call)?;
    }
    let before: Vec<u64> = workers.iter().map(|pid| asleep::sleeps(*pid)).collect::<Result<_>>()?;
    let client = TcpStream::connect(listener.local_addr().context("ask for the port")?).context("connect")?;
    let slept_again = || -> Result<usize> {
        let after: Vec<u64> = workers.iter().map(|pid| asleep::sleeps(*pid)).collect::<Result<_>>()?;
        Ok(before.iter().zip(after).filter(|(before, after)| *before < after).count())
    };
    while slept_again()? < expected {
        std::thread::yield_now();
    }
    let woken = slept_again()?;
    drop(client);
    for worker in workers {
        kill(worker, Signal::SIGKILL).context("end a worker")?;
        ipc_kit::wait_for(worker).context("wait for a worker")?;
    }
    Ok(woken)
}
