//! The first process of a [`Job::Exec`](crate::Job::Exec): starts one confined command, reaps everybody, kills what is
//! left at the command's end, and only then opens the files to hand back.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::prctl;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{ForkResult, Pid, chdir, execve, setsid};

use crate::cgroup::Membership;
use crate::confine::Confinement;
use crate::full::{leave_the_output, strings};
use crate::helper::Never;
use crate::order::{Message, Status};
use crate::protocol::{Config, Confine};
use crate::spec::{Collect, Spec};
use crate::{identity, sys};

/// Process 1's whole life. Returns its exit status.
pub(crate) fn run(spec: &Spec, argv: &[String], cwd: &Path, status: &Status) -> Result<i32> {
    let config = Config { confine: Confine::Full, limits: spec.limits.program.clone(), ..Config::default() };
    let confinement = Confinement::new(&config)?;
    let command = start(spec, argv, cwd, &confinement, &Entry::default(), status)?;
    leave_the_output()?;
    let end = reap_until(command)?;
    // Everybody but us: we are process 1.
    match kill(Pid::from_raw(-1), Signal::SIGKILL) {
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(error) => return Err(error).context("kill what is left"),
    }
    reap_all()?;
    status.send(&Message::Command(end))?;
    if end == 0 {
        hand_back(&spec.collect, status)?;
    }
    Ok(0)
}

/// What a program's process does first, where process 1 has not done it.
#[derive(Debug, Default)]
pub(crate) struct Entry<'a> {
    /// Joins this control group.
    pub(crate) group: Option<&'a Membership>,
    /// Becomes this slot's user.
    pub(crate) slot: Option<u32>,
}

impl Entry<'_> {
    /// Does it, in that order: only the helper's user may join.
    pub(crate) fn pass(&self, status: &Status) -> Result<()> {
        self.group.map_or(Ok(()), |group| group.join(status))?;
        self.slot.map_or(Ok(()), identity::become_slot)
    }
}

/// Forks the confined command.
pub(crate) fn start(
    spec: &Spec,
    argv: &[String],
    cwd: &Path,
    confinement: &Confinement,
    entry: &Entry<'_>,
    status: &Status,
) -> Result<Pid> {
    match sys::fork_alone().context("fork the command")? {
        ForkResult::Parent { child } => Ok(child),
        ForkResult::Child => {
            let done = setsid().context("start a session").and_then(|_| entry.pass(status));
            let error = match done.and_then(|()| become_command(spec, argv, cwd, confinement)) {
                Ok(never) => match never {},
                Err(error) => format!("{error:#}"),
            };
            let told = status.send(&Message::Failed(error));
            sys::exit_now(if told.is_ok() { 127 } else { 126 });
        }
    }
}

fn become_command(spec: &Spec, argv: &[String], cwd: &Path, confinement: &Confinement) -> Result<Never> {
    let program = argv.first().context("find the command: its argument list is empty")?;
    let env = strings(spec.env.iter().map(|(name, value)| format!("{name}={value}")))?;
    let args = strings(argv)?;
    // Where no PID namespace does it, an ordinary program still dies with its supervisor.
    prctl::set_pdeathsig(Signal::SIGKILL).context("arm the parent-death signal")?;
    chdir(cwd).with_context(|| format!("enter {}", cwd.display()))?;
    confinement.apply().context("confine the command")?;
    let path = args.first().context("find the command")?;
    match execve(path, &args, &env).with_context(|| format!("execute {program}"))? {}
}

/// Reaps until `command` has ended; returns its wait status.
fn reap_until(command: Pid) -> Result<i32> {
    loop {
        let (pid, status) = reap_one()?.context("wait for the command: it is not our child")?;
        if pid == command {
            return Ok(status);
        }
    }
}

/// Reaps until no child is left.
pub(crate) fn reap_all() -> Result<()> {
    while reap_one()?.is_some() {}
    Ok(())
}

/// Reaps one child, blocking; `None` if there is none.
pub(crate) fn reap_one() -> Result<Option<(Pid, i32)>> {
    match sys::wait4(Pid::from_raw(-1)) {
        Ok((pid, status, _)) => Ok(Some((pid, status))),
        Err(Errno::ECHILD) => Ok(None),
        Err(error) => Err(error).context("wait for a child"),
    }
}

/// Sends the files of `collect`, or why not, in order.
pub(crate) fn hand_back(collect: &[Collect], status: &Status) -> Result<()> {
    for file in collect {
        match read_plain(&file.path, file.max) {
            Ok(bytes) => status.send_file(&bytes)?,
            Err(error) => status.send(&Message::NoFile(format!("{error:#}")))?,
        }
    }
    Ok(())
}

/// Reads a file that unread code has left: no link on the way, a regular file, of at most `max` bytes.
fn read_plain(path: &PathBuf, max: u64) -> Result<Vec<u8>> {
    let context = || format!("collect {}", path.display());
    // O_NONBLOCK: opening a FIFO must not wait for a writer.
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_NO_SYMLINKS);
    let fd = openat2(nix::fcntl::AT_FDCWD, path, how).with_context(context)?;
    let file = File::from(fd);
    let meta = file.metadata().with_context(context)?;
    ensure!(meta.is_file(), "collect {}: not a regular file", path.display());
    ensure!(meta.len() <= max, "collect {}: {} bytes, more than {max}", path.display(), meta.len());
    let mut bytes = Vec::new();
    file.take(max).read_to_end(&mut bytes).with_context(context)?;
    Ok(bytes)
}
