//! Reads the sandbox's four pipes, looks at the clock and at the memory, and stops the run at a limit.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::Pid;

use crate::cancel::is_cancelled;
use crate::cgroup::Watch;
use crate::outcome::Capped;
use crate::spec::{Limits, Spec};
use crate::{proc, sys};

/// How often memory is looked at.
const TICK_MS: u8 = 50;
/// How long the helper gets to kill everybody before it is killed itself. It only has to send one signal and to wait.
const GRACE: Duration = Duration::from_secs(10);
/// Bytes of verdicts that a referee may write: ten thousand of the longest.
const VERDICTS: u64 = 16 << 20;

/// Why the parent ended the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    Time,
    Output,
    Memory(String),
    /// The caller wants all runs to end.
    Cancelled,
}

/// One pipe: what is kept of it, and whether more may come.
#[derive(Debug)]
struct Stream {
    file: Option<File>,
    kept: Capped,
    keep: u64,
}

impl Stream {
    fn new(fd: OwnedFd, keep: u64) -> Result<Self> {
        fcntl(&fd, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("make a pipe non-blocking")?;
        Ok(Self { file: Some(fd.into()), kept: Capped::default(), keep })
    }

    /// Reads what is there now.
    fn drain(&mut self) -> Result<()> {
        let mut buffer = [0; 64 << 10];
        while let Some(mut file) = self.file.as_ref() {
            match file.read(&mut buffer) {
                Ok(0) => self.file = None,
                Ok(count) => self.take(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error).context("read from the sandbox"),
            }
            if self.kept.total > self.keep.saturating_mul(2) + (16 << 20) {
                // A flood: let the caller look at its limits.
                return Ok(());
            }
        }
        Ok(())
    }

    fn take(&mut self, bytes: &[u8]) {
        let room = self.keep.saturating_sub(self.kept.bytes.len() as u64);
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        self.kept.bytes.extend_from_slice(&bytes[..room]);
        self.kept.total += bytes.len() as u64;
    }
}

/// The parent's watch over one run.
#[derive(Debug)]
pub(crate) struct Pump {
    limits: Limits,
    pid: Pid,
    pidfd: OwnedFd,
    /// Standard output, standard error, status, verdicts.
    streams: [Stream; 4],
    /// Closed to stop the run.
    control: Option<OwnedFd>,
    stop: Option<Stop>,
    shmem_before: u64,
    /// The control group's counters, and its limit in bytes.
    group: Option<(Watch, u64)>,
    /// A uid that nobody else has, where the host's System V memory is open to the programs.
    owner: Option<u32>,
    peak: u64,
    /// User and system time of those alive at the stop.
    unreaped: [Duration; 2],
}

impl Pump {
    pub(crate) fn new(spec: &Spec, pid: Pid, fds: [OwnedFd; 4], control: OwnedFd) -> Result<Self> {
        let limits = spec.limits.clone();
        let files: u64 = spec.collect.iter().map(|file| file.max).sum();
        let [out, err, status, verdicts] = fds;
        let keep = limits.keep as u64;
        Ok(Self {
            pidfd: sys::pidfd_open(pid).context("open the helper's pidfd")?,
            streams: [
                Stream::new(out, keep)?,
                Stream::new(err, keep)?,
                Stream::new(status, files + (1 << 20))?,
                Stream::new(verdicts, VERDICTS)?,
            ],
            limits,
            pid,
            control: Some(control),
            stop: None,
            shmem_before: proc::host_shmem(),
            group: None,
            owner: None,
            peak: 0,
            unreaped: [Duration::ZERO; 2],
        })
    }

    /// Watches a control group too, and the host's System V segments of `owner`.
    pub(crate) fn watch(&mut self, group: Option<(Watch, u64)>, owner: Option<u32>) {
        self.group = group;
        self.owner = owner;
    }

    /// Pumps until the helper has ended, which it does after everybody else, and then takes what is left in the pipes.
    pub(crate) fn until_dead(&mut self, started: Instant) -> Result<()> {
        let mut looked = started;
        let mut stopped = None;
        while !self.wait()? {
            self.drain()?;
            let now = Instant::now();
            if self.stop.is_none() {
                if now.duration_since(looked) >= Duration::from_millis(TICK_MS.into()) {
                    looked = now;
                    self.look_at_memory();
                }
                self.look_at_the_rest(now.duration_since(started));
                if self.stop.is_some() {
                    self.keep_times();
                    self.control = None;
                    stopped = Some(now);
                }
            }
            if stopped.is_some_and(|at| now.duration_since(at) > GRACE) {
                sys::pidfd_kill(self.pidfd.as_fd()).context("kill the sandbox's helper")?;
            }
        }
        // A program may be killed, and its run be over, between two looks.
        if self.stop.is_none() {
            self.look_at_the_group();
        }
        self.drain()
    }

    /// Waits for bytes, the helper's end or the next tick; `true` if the helper has ended.
    fn wait(&self) -> Result<bool> {
        let mut fds = vec![PollFd::new(self.pidfd.as_fd(), PollFlags::POLLIN)];
        let open = self.streams.iter().filter_map(|stream| stream.file.as_ref());
        fds.extend(open.map(|file| PollFd::new(file.as_fd(), PollFlags::POLLIN)));
        match poll(&mut fds, PollTimeout::from(TICK_MS)) {
            Ok(_) => Ok(fds[0].any().unwrap_or(false)),
            Err(Errno::EINTR) => Ok(false),
            Err(error) => Err(error).context("wait for the sandbox"),
        }
    }

    fn drain(&mut self) -> Result<()> {
        self.streams.iter_mut().try_for_each(Stream::drain)
    }

    fn look_at_the_rest(&mut self, since: Duration) {
        if is_cancelled() {
            self.stop = Some(Stop::Cancelled);
        } else if self.streams[0].kept.total + self.streams[1].kept.total > self.limits.output {
            self.stop = Some(Stop::Output);
        } else if since > self.limits.wall {
            self.stop = Some(Stop::Time);
        }
    }

    /// What dies with a PID namespace is reaped by the kernel, and its time counted nowhere: so it is read before. The
    /// namespace's process 1 is not among them; the helper waits for it.
    fn keep_times(&mut self) {
        for pid in proc::descendants(self.pid.as_raw()).into_iter().skip(1) {
            let [user, system] = proc::times(pid);
            self.unreaped[0] += user;
            self.unreaped[1] += system;
        }
    }

    fn look_at_the_group(&mut self) {
        if let Some((watch, bytes)) = &self.group
            && watch.has_run_out()
        {
            let note = format!("more than {} MiB in the control group, with files in memory", bytes >> 20);
            self.stop = Some(Stop::Memory(note));
        }
    }

    fn look_at_memory(&mut self) {
        self.look_at_the_group();
        if self.stop.is_some() {
            return;
        }
        let pids = proc::descendants(self.pid.as_raw());
        let resident: u64 = pids.iter().copied().map(proc::resident).sum();
        let hidden = if self.limits.program.memfd { proc::memfds(&pids) } else { 0 };
        let sum = resident + hidden + self.owner.map_or(0, proc::detached_segments);
        self.peak = self.peak.max(sum);
        let grown = proc::host_shmem().saturating_sub(self.shmem_before);
        if sum > self.limits.memory {
            self.stop = Some(Stop::Memory(format!("{} MiB in all processes together", sum >> 20)));
        } else if grown > self.limits.host_shmem {
            self.stop = Some(Stop::Memory(format!("the host's shared memory grew by {} MiB", grown >> 20)));
        }
    }

    /// Why the parent ended the run; `None` if it ended by itself.
    pub(crate) fn stop(&self) -> Option<&Stop> {
        self.stop.as_ref()
    }

    /// Standard output and standard error.
    pub(crate) fn output(&self) -> [&Capped; 2] {
        [&self.streams[0].kept, &self.streams[1].kept]
    }

    /// The status pipe's bytes.
    pub(crate) fn status(&self) -> &[u8] {
        &self.streams[2].kept.bytes
    }

    /// The verdict pipe's bytes.
    pub(crate) fn verdicts(&self) -> &[u8] {
        &self.streams[3].kept.bytes
    }

    /// User and system time of the processes that were alive when the run was stopped.
    pub(crate) fn unreaped(&self) -> [Duration; 2] {
        self.unreaped
    }

    /// The largest resident sum seen, in bytes.
    pub(crate) fn peak(&self) -> u64 {
        self.peak
    }
}
