//! `mpirun`: starts the ranks, passes on what they print, and ends all of them when one fails.

// BEGIN SOLUTION
#![allow(unsafe_code, reason = "what happens between fork and exec: prctl(2), fcntl(2)")]

use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigSet, Signal, kill};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, getppid};

use ipc_kit::retry;

use crate::failure::say;
use crate::output::{Lines, print_bytes};
use crate::wire::{self, Inbox};
// END SOLUTION
use crate::failure::Failure;
use crate::options::Mpirun;

/// Runs all ranks to their end, and gives the status to end with.
///
/// # Errors
/// The ranks cannot be started; their output cannot be written.
pub fn run(options: &Mpirun) -> Result<u8, Failure> {
    // BEGIN SOLUTION
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGCHLD);
    signals.add(Signal::SIGTERM);
    let flags = SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK;
    let events = signals.thread_block().and_then(|()| SignalFd::with_flags(&signals, flags));
    let events = events.map_err(|errno| Failure::system("signalfd", errno))?;
    let mut crew = Crew { ranks: Vec::new(), status: 0, is_ending: false };
    let ended = crew.start(options).and_then(|()| crew.attend(&events));
    if ended.is_err() {
        crew.kill_all();
        crew.ranks.iter_mut().filter(|rank| !rank.has_ended).for_each(|rank| drop(rank.child.wait()));
    }
    ended.map(|()| crew.status)
    // END SOLUTION
    // STUB: todo!("M4: start the ranks, pass on their lines, wait for all; M7: end all when one fails")
}
// BEGIN SOLUTION

struct Rank {
    child: Child,
    /// `None` when it has come to its end.
    stdout: Option<ChildStdout>,
    lines: Lines,
    has_ended: bool,
}

impl Rank {
    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }

    /// Passes on the whole lines that have come, and the rest when the rank's output has ended.
    fn pass_on(&mut self) -> Result<(), Failure> {
        let mut buffer = [0; 64 << 10];
        while let Some(stdout) = &mut self.stdout {
            let whole = match stdout.read(&mut buffer) {
                Ok(0) => {
                    self.stdout = None;
                    self.lines.finish()
                }
                Ok(count) => self.lines.add(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(Failure::io("read", &error)),
            };
            print_bytes(&whole)?;
        }
        Ok(())
    }
}

struct Crew {
    ranks: Vec<Rank>,
    /// Of the first rank that failed.
    status: u8,
    /// The ranks are on their way to their ends; nobody fails any more.
    is_ending: bool,
}

impl Crew {
    fn start(&mut self, options: &Mpirun) -> Result<(), Failure> {
        let inboxes = wire::inboxes(options.transport, options.size);
        let inboxes = inboxes.map_err(|errno| Failure::system(format!("{:?}", options.transport), errno))?;
        for rank in 0..options.size {
            let mut child = spawn(options, &inboxes, rank)?;
            let stdout = child.stdout.take();
            if let Some(stdout) = &stdout {
                fcntl(stdout, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))
                    .map_err(|errno| Failure::system("fcntl", errno))?;
            }
            self.ranks.push(Rank { child, stdout, lines: Lines::default(), has_ended: false });
        }
        // The inboxes are dropped: who writes to a rank that is gone must not find them held by mpirun.
        Ok(())
    }

    /// Until all ranks have ended.
    fn attend(&mut self, events: &SignalFd) -> Result<(), Failure> {
        while self.ranks.iter().any(|rank| !rank.has_ended) {
            self.wait(events).map_err(|errno| Failure::system("poll", errno))?;
            for rank in &mut self.ranks {
                rank.pass_on()?;
            }
            while let Ok(Some(signal)) = events.read_signal() {
                if signal.ssi_signo == Signal::SIGTERM as u32 {
                    self.terminate();
                }
            }
            self.reap()?;
        }
        // What a rank has left behind may hold its output. Nobody waits for that.
        for rank in &mut self.ranks {
            rank.pass_on()?;
            print_bytes(&rank.lines.finish())?;
        }
        Ok(())
    }

    fn wait(&self, events: &SignalFd) -> nix::Result<()> {
        let watched = self.ranks.iter().filter_map(|rank| rank.stdout.as_ref()).map(AsFd::as_fd);
        let mut watched: Vec<PollFd> = watched.chain([events.as_fd()]).map(poll_in).collect();
        retry(|| poll(&mut watched, PollTimeout::NONE)).map(drop)
    }

    /// Takes note of the ranks that have ended.
    fn reap(&mut self) -> Result<(), Failure> {
        for index in 0..self.ranks.len() {
            let rank = &mut self.ranks[index];
            if rank.has_ended {
                continue;
            }
            let end = waitpid(rank.pid(), Some(WaitPidFlag::WNOHANG));
            let (status, how) = match end.map_err(|errno| Failure::system("waitpid", errno))? {
                WaitStatus::Exited(_, status) => (status & 255, format!("exit status {status}")),
                WaitStatus::Signaled(_, signal, _) => {
                    (128 + signal as i32, format!("signal {}", signal as i32))
                }
                _ => continue,
            };
            rank.has_ended = true;
            // Its last lines come before the news of its death.
            rank.pass_on()?;
            if status != 0 && self.status == 0 {
                self.status = u8::try_from(status).unwrap_or(u8::MAX);
                say(&format!("rank {index}: {how}\n"));
                if !self.is_ending {
                    self.kill_all();
                }
            }
        }
        Ok(())
    }

    /// SIGKILL, because it ends a rank that is stopped or takes no other signal.
    fn kill_all(&mut self) {
        self.is_ending = true;
        self.signal(Signal::SIGKILL);
    }

    /// All ranks get the SIGTERM that mpirun got, and end in their own way.
    fn terminate(&mut self) {
        if !self.is_ending {
            self.is_ending = true;
            self.signal(Signal::SIGTERM);
        }
    }

    fn signal(&self, signal: Signal) {
        for rank in self.ranks.iter().filter(|rank| !rank.has_ended) {
            // It was not reaped, so its pid is still its own: at worst a zombie gets the signal.
            let _ = kill(rank.pid(), signal);
        }
    }
}

fn poll_in(descriptor: BorrowedFd<'_>) -> PollFd<'_> {
    PollFd::new(descriptor, PollFlags::POLLIN)
}

/// Starts one rank.
fn spawn(options: &Mpirun, inboxes: &[Inbox], rank: usize) -> Result<Child, Failure> {
    let mut command = Command::new(&options.command[0]);
    command.args(&options.command[1..]);
    command.env("IPCLAB_RANK", rank.to_string());
    command.env("IPCLAB_SIZE", options.size.to_string());
    command.env("IPCLAB_ADDR", wire::address(options.transport, inboxes, rank));
    command.stdin(if rank == 0 { Stdio::inherit() } else { Stdio::null() });
    command.stdout(Stdio::piped());
    let (parent, kept) = (getpid(), wire::kept(inboxes, rank));
    // SAFETY: `settle` makes system calls only, and allocates nothing; and mpirun has one thread.
    unsafe { command.pre_exec(move || settle(parent, &kept).map_err(Into::into)) };
    command.spawn().map_err(|error| {
        let status = if error.kind() == ErrorKind::NotFound { 127 } else { 126 };
        Failure { status, ..Failure::io(options.command[0].to_string_lossy(), &error) }
    })
}

/// In the child, before its exec.
fn settle(parent: Pid, kept: &[RawFd]) -> nix::Result<()> {
    SigSet::empty().thread_set_mask()?;
    // A rank must not outlive mpirun.
    set_pdeathsig(Signal::SIGKILL)?;
    if getppid() != parent {
        return Err(Errno::ESRCH);
    }
    for &number in kept {
        // SAFETY: mpirun holds the owner of this number open until all ranks are started.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        fcntl(descriptor, FcntlArg::F_SETFD(FdFlag::empty()))?;
    }
    Ok(())
}
// END SOLUTION
