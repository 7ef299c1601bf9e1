//! Claim: fork is a library function; the system call below it is clone, which also makes threads.
//!
//! A tracer stops a child at each of its system calls and looks which one starts a process. This is how `strace`
//! works, and how the tests of the lab count the processes that a shell starts.
//!
//! Usage: cargo run -q -p pipeline-shell --example fork_is_clone_underneath
//! See also: `fork(2)` (NOTES), `clone(2)`, `ptrace(2)`, `proc_pid_syscall(5)`

use anyhow::{Context, Result, bail};
use nix::sys::ptrace;
use nix::sys::signal::{Signal, raise};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;
use pipeline_shell::{fork, status};

fn main() -> Result<()> {
    let pid = fork::child(|| {
        ptrace::traceme().context("let the parent trace")?;
        raise(Signal::SIGSTOP).context("wait for the tracer")?;
        status::wait(fork::child(|| Ok(0))?)?;
        Ok(0)
    })?;
    waitpid(pid, None).context("wait until the child has stopped")?;
    ptrace::setoptions(pid, ptrace::Options::PTRACE_O_TRACESYSGOOD).context("ask for system call stops")?;
    println!("fork enters the system call {}", call_that_makes_a_process(pid)?);
    ptrace::detach(pid, None).context("let the child run alone")?;
    println!("child: {}", status::wait(pid)?);
    Ok(())
}

fn call_that_makes_a_process(pid: Pid) -> Result<&'static str> {
    loop {
        ptrace::syscall(pid, None).context("run to the next system call")?;
        let WaitStatus::PtraceSyscall(_) = waitpid(pid, None).context("wait for a system call")? else {
            bail!("the child made no process");
        };
        let call =
            std::fs::read_to_string(format!("/proc/{pid}/syscall")).context("read the call's number")?;
        match call.split(' ').next().and_then(|number| number.parse().ok()) {
            Some(libc::SYS_clone) => return Ok("clone"),
            Some(libc::SYS_clone3) => return Ok("clone3"),
            _ => {}
        }
    }
}
