//! Claim: kill by number hits whoever has the number now; a pidfd fails instead.
//!
//! Numbers are used again when the kernel has counted to its maximum, which takes long. Here the example asks for the
//! very number of a child that has been reaped. It may do so in a namespace of its own, where it is root (clone3 with
//! set_tid; a checkpoint tool restores processes like this).
//!
//! Usage: cargo run -q -p signals --example a_reused_number_hits_a_stranger
//! See also: `clone3(2)` (set_tid), `pidfd_send_signal(2)`, `pid_namespaces(7)`
#![allow(unsafe_code, reason = "clone3(2), which chooses the number of a child")]

use anyhow::{Context, Result, ensure};
use ipc_kit::{run_in_child, wait_for};
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use signals::child::Child;
use signals::end::End;
use signals::send::{self, PidFd};

fn main() -> Result<()> {
    let outside = Child::run(|_| {
        unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWPID).context("make a namespace")?;
        let first = run_in_child(|| match inside() {
            Ok(()) => 0,
            Err(error) => {
                eprintln!("{error:#}");
                1
            }
        });
        let end = End::of(wait_for(first.context("start the first process there")?).context("wait for it")?)?;
        ensure!(end == End::Code(0), "the first process of the namespace: {end}");
        Ok(())
    })?;
    ensure!(outside.wait()? == End::Code(0), "the demonstration has failed");
    Ok(())
}

fn inside() -> Result<()> {
    let worker = run_in_child(|| 0).context("start a worker")?;
    let held = PidFd::open(worker).context("take hold of the worker")?;
    println!("worker: {}", End::of(wait_for(worker).context("wait for the worker")?)?);

    let stranger = start_with_number(worker)?;
    println!("a stranger has the worker's number: {}", stranger == worker);
    println!("pidfd of the worker: {:?}", held.send(Signal::SIGTERM));
    println!("kill of the number: {:?}", send::kill(worker, Signal::SIGTERM));
    println!("stranger: {}", End::of(wait_for(stranger).context("wait for the stranger")?)?);
    Ok(())
}

/// clone3 — A child with this number, that sleeps until a signal ends it.
fn start_with_number(number: Pid) -> Result<Pid> {
    let wanted = [number.as_raw()];
    // SAFETY: all bytes zero is a valid `clone_args`: a plain fork.
    let mut how: libc::clone_args = unsafe { std::mem::zeroed() };
    how.exit_signal = u64::try_from(libc::SIGCHLD).context("a signal is positive")?;
    how.set_tid = wanted.as_ptr() as u64;
    how.set_tid_size = 1;
    // SAFETY: the arguments are initialised and outlive the call. Without a stack of its own the child has a copy of
    // this one, as after fork; this process has one thread.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const how, size_of::<libc::clone_args>()) };
    if Errno::result(pid).context("start a process with that number")? == 0 {
        nix::unistd::pause();
        // SAFETY: _exit(2) has no precondition.
        unsafe { libc::_exit(1) }
    }
    Ok(Pid::from_raw(pid.try_into().context("a pid is a small number")?))
}
