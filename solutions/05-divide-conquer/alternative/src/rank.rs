//! A rank, as `mpirun` starts and sees it. See `execve(2)`, `prctl(2)` PR_SET_PDEATHSIG, `pidfd_open(2)`.

#![allow(unsafe_code, reason = "what a child does between fork and exec; pidfd_open(2)")]

use std::ffi::c_int;
use std::io;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::{Pid, getpid, getppid};

use crate::ending::Ending;
use crate::failure::Failure;
use crate::options::Mpirun;
use crate::output::Lines;
use crate::wire::{self, Inbox};

/// A process of the run.
#[derive(Debug)]
pub struct Rank {
    /// Its process.
    pub child: Child,
    /// Becomes readable when the process has ended.
    pub end: OwnedFd,
    /// What it prints; `None` when it has no more to say. Never blocks.
    pub output: Option<ChildStdout>,
    /// What of it is not yet a line.
    pub lines: Lines,
    /// Whether it has not been waited for.
    pub is_alive: bool,
}

/// SIGTERM alone: what `mpirun` blocks, and no rank does.
pub fn terminate() -> SigSet {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGTERM);
    signals
}

/// Starts rank `rank`.
///
/// # Errors
/// The program is not there (127), cannot be run (126), or no process can be made (1).
pub fn start(options: &Mpirun, inboxes: &[Inbox], rank: usize) -> Result<Rank, Failure> {
    let program = &options.command[0];
    let (address, descriptors) = wire::address(options.transport, inboxes, rank);
    let mut command = Command::new(program);
    command
        .args(&options.command[1..])
        .env("IPCLAB_RANK", rank.to_string())
        .env("IPCLAB_SIZE", options.size.to_string())
        .env("IPCLAB_ADDR", address)
        .stdin(if rank == 0 { Stdio::inherit() } else { Stdio::null() })
        .stdout(Stdio::piped());
    let parent = getpid();
    // SAFETY: prctl, getppid, pthread_sigmask and fcntl are system calls without locks and without memory of their own,
    // and an `Errno` becomes an `io::Error` without any; the descriptors were listed before the fork.
    unsafe { command.pre_exec(move || prepare(parent, &descriptors).map_err(io::Error::from)) };
    let mut child =
        command.spawn().map_err(|error| not_started(program.to_string_lossy().as_ref(), &error))?;
    let output = child.stdout.take();
    let watched = pidfd(pid(&child)).and_then(|end| output.as_ref().map_or(Ok(()), unblock).map(|()| end));
    match watched {
        Ok(end) => Ok(Rank { child, end, output, lines: Lines::default(), is_alive: true }),
        Err(errno) => {
            // Not in anybody's list yet; the failure to tell is the one that we have.
            let _ = child.kill();
            let _ = child.wait();
            Err(Failure::system("pidfd_open", errno))
        }
    }
}

impl Rank {
    /// Sends a signal, if the rank has not been waited for: until then its pid is its own.
    pub fn signal(&self, signal: Signal) {
        if self.is_alive {
            // It may have ended, which is all that could go wrong.
            let _ = kill(pid(&self.child), signal);
        }
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// `waitpid` failed.
    pub fn reap(&mut self) -> Result<Ending, Failure> {
        self.is_alive = false;
        self.child.wait().map(Ending::from).map_err(|error| Failure::io("waitpid", &error))
    }

    /// How much the pipe of its output can hold, in bytes: no more is left in it.
    pub fn room(&self) -> usize {
        let room = self.output.as_ref().map(|output| fcntl(output, FcntlArg::F_GETPIPE_SZ));
        // A pipe that is not there, or does not tell, holds nothing.
        room.and_then(Result::ok).and_then(|room| usize::try_from(room).ok()).unwrap_or(0)
    }
}

fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

/// In the child, before exec: it dies with mpirun, hears all signals, and keeps its ends of the inboxes.
fn prepare(parent: Pid, descriptors: &[RawFd]) -> nix::Result<()> {
    set_pdeathsig(Signal::SIGKILL)?;
    // mpirun gets SIGTERM by a signalfd, so it is blocked there; exec keeps what is blocked.
    SigSet::empty().thread_set_mask()?;
    // mpirun may have died before we asked.
    if getppid() != parent {
        return Err(Errno::ESRCH);
    }
    for &number in descriptors {
        // SAFETY: it is open: it was before the fork, and the child has closed nothing.
        let end = unsafe { BorrowedFd::borrow_raw(number) };
        fcntl(end, FcntlArg::F_SETFD(FdFlag::empty()))?;
    }
    Ok(())
}

fn not_started(program: &str, error: &io::Error) -> Failure {
    match error.raw_os_error().map(Errno::from_raw) {
        // Not of the program: there are too many processes, or descriptors.
        Some(errno @ (Errno::EAGAIN | Errno::ENOMEM)) => Failure::system("fork", errno),
        Some(errno @ (Errno::EMFILE | Errno::ENFILE)) => Failure::system("pipe", errno),
        Some(Errno::ENOENT) => Failure { status: 127, ..Failure::io(program, error) },
        _ => Failure { status: 126, ..Failure::io(program, error) },
    }
}

fn unblock(output: &ChildStdout) -> nix::Result<()> {
    fcntl(output, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map(drop)
}

fn pidfd(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: pidfd_open(2) has two numbers as arguments; it is always close-on-exec.
    let number = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
    // SAFETY: the kernel has just made it for us, and a descriptor is an int.
    Ok(unsafe { OwnedFd::from_raw_fd(number as c_int) })
}
