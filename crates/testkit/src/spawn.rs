//! Starts a program: what happens between fork and exec, and the threads around it.

#![allow(unsafe_code, reason = "code that runs between fork and exec")]

use std::fs::{File, OpenOptions};
use std::io;
use std::os::fd::{OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask};
use nix::sys::stat::{Mode, umask};
use nix::sys::wait::{Id, WaitPidFlag, waitid};
use nix::unistd::{Pid, setsid};
use sandbox::confine::Confinement;

use crate::capture::{Capture, feed};
use crate::command::{Cmd, Input};
use crate::confine;
use crate::ended::{Ending, Started};
use crate::failure::{OWN_THREAD, or_grader_error};
use crate::line::Line;
use crate::process::Proc;
use crate::program::Program;
use crate::referee::referee;
use crate::running::Running;
use crate::shared::Shared;
use crate::{stdin, terminal, trace};

/// The parent's side of a program's standard descriptors.
struct Ends {
    stdin: stdin::Slot,
    feed: Option<(OwnedFd, Vec<u8>)>,
    stdout: Option<OwnedFd>,
    stderr: Option<OwnedFd>,
}

#[track_caller]
pub(crate) fn spawn(cmd: Cmd, line: Arc<Line>) -> Running {
    or_grader_error(start(cmd, line))
}

fn start(cmd: Cmd, line: Arc<Line>) -> Result<Running> {
    let shared = Arc::clone(&cmd.shared);
    shared.roles.lock().unwrap_or_else(PoisonError::into_inner).extend(cmd.program.role());
    let (command, ends) = prepare(&cmd)?;
    let ending = Ending::default();
    let (pid, tracing) = match cmd.fault.clone() {
        Some(fault) => {
            let (pid, report) =
                trace::start(command, fault, Arc::clone(&shared), ending.clone(), cmd.program.name())?;
            (pid, Some(report))
        }
        None => (start_untraced(command, &shared, ending.clone(), &cmd.program)?, None),
    };
    shared.evidence.lock().unwrap_or_else(PoisonError::into_inner).processes.insert(pid);
    let events = &shared.events;
    if let Some((end, bytes)) = ends.feed {
        feed(end, bytes, Arc::clone(events))?;
    }
    let capture = |end: Option<OwnedFd>| match end {
        Some(end) => Capture::start(end, Arc::clone(events)),
        None => Ok(Capture::nothing()),
    };
    let (stdout, stderr) = (capture(ends.stdout)?, capture(ends.stderr)?);
    shared.programs.lock().unwrap_or_else(PoisonError::into_inner).push(Started {
        name: cmd.program.name().to_owned(),
        stdout: stdout.clone(),
        stderr: stderr.clone(),
        ending: ending.clone(),
    });
    Ok(Running {
        pid,
        name: cmd.program.name().to_owned(),
        command: line,
        terminal: cmd.terminal,
        stdin: ends.stdin,
        stdout,
        stderr,
        ending,
        tracing,
        waited: false,
        shared,
    })
}

/// The command with its descriptors and everything it does before exec.
fn prepare(cmd: &Cmd) -> Result<(Command, Ends)> {
    let mut command = Command::new(cmd.program.path());
    command.arg0(cmd.program.name()).args(&cmd.args).env_clear().envs(&cmd.env).current_dir(&cmd.dir);
    let ends = if cmd.terminal { on_terminal(&mut command)? } else { on_pipes(cmd, &mut command)? };
    let setup = Setup {
        terminal: cmd.terminal,
        limits: cmd.limits.clone(),
        umask: Mode::from_bits_truncate(cmd.umask),
        ignored: cmd.ignored.clone(),
        blocked: cmd.blocked.iter().copied().collect(),
        traced: cmd.fault.is_some(),
        verdicts: referee().config.verdict_fd.filter(|&fd| fd > 2),
        confinement: confine::prepare(&cmd.shared)?,
    };
    // SAFETY: `Setup::apply` makes system calls only: no allocation, no lock, no panic.
    unsafe { command.pre_exec(move || setup.apply()) };
    Ok((command, ends))
}

fn on_terminal(command: &mut Command) -> Result<Ends> {
    let pair = terminal::open()?;
    let copy = || pair.program.try_clone().context("copy the terminal's descriptor");
    command.stdin(copy()?).stdout(copy()?).stderr(copy()?);
    // One description for both ways: typing blocks, which a screenful never does.
    let stdin = pair.check.try_clone().context("copy the terminal's descriptor")?;
    Ok(Ends {
        stdin: Mutex::new(Some(File::from(stdin))),
        feed: None,
        stdout: Some(pair.check),
        stderr: None,
    })
}

fn on_pipes(cmd: &Cmd, command: &mut Command) -> Result<Ends> {
    let mut ends = Ends { stdin: Mutex::new(None), feed: None, stdout: None, stderr: None };
    match &cmd.input {
        Input::Empty => drop(command.stdin(Stdio::null())),
        Input::File(path) => {
            let file = File::open(path).with_context(|| format!("open {} as stdin", path.display()))?;
            command.stdin(file);
        }
        Input::Bytes(bytes) => {
            let (reader, writer) = io::pipe().context("make stdin's pipe")?;
            command.stdin(reader);
            ends.feed = Some((writer.into(), bytes.clone()));
        }
        Input::Open => {
            let (reader, writer) = io::pipe().context("make stdin's pipe")?;
            command.stdin(reader);
            ends.stdin = stdin::keep(writer.into())?;
        }
    }
    let sink = |path: &Option<std::path::PathBuf>| -> Result<(Stdio, Option<OwnedFd>)> {
        match path {
            Some(path) => {
                let file = OpenOptions::new().write(true).create(true).truncate(true).open(path);
                Ok((file.with_context(|| format!("open {} for output", path.display()))?.into(), None))
            }
            None => {
                let (reader, writer) = io::pipe().context("make an output pipe")?;
                Ok((writer.into(), Some(reader.into())))
            }
        }
    };
    let (stdout, end) = sink(&cmd.output)?;
    command.stdout(stdout);
    ends.stdout = end;
    let (stderr, end) = sink(&cmd.error)?;
    command.stderr(stderr);
    ends.stderr = end;
    Ok(ends)
}

/// What the child does to itself, prepared before the fork.
struct Setup {
    terminal: bool,
    limits: Vec<(Resource, u64)>,
    umask: Mode,
    ignored: Vec<Signal>,
    blocked: SigSet,
    traced: bool,
    /// The verdict pipe's number, if the program's own descriptors have not taken its place.
    verdicts: Option<RawFd>,
    confinement: Option<Confinement>,
}

impl Setup {
    /// Runs in the child: async-signal-safe calls only.
    fn apply(&self) -> io::Result<()> {
        // Its own session: it cannot signal the referee's group, nor take the user's terminal.
        setsid()?;
        if self.terminal {
            // SAFETY: descriptor 0 is the terminal; TIOCSCTTY takes a plain number.
            let done = unsafe { libc::ioctl(0, libc::TIOCSCTTY, 0) };
            nix::errno::Errno::result(done)?;
        }
        umask(self.umask);
        if self.traced {
            nix::sys::ptrace::traceme()?;
        }
        if let Some(fd) = self.verdicts {
            // Close-on-exec is not enough: `apply` makes this process dumpable, so from then until exec an earlier
            // program of the same uid could open /proc/PID/fd/N, and write verdicts of its own.
            // SAFETY: this is the child's copy of the number; nobody here uses it any more.
            nix::errno::Errno::result(unsafe { libc::close(fd) })?;
        }
        if let Some(confinement) = &self.confinement {
            confinement.apply()?;
        }
        sandbox::default_signals();
        for &signal in &self.ignored {
            let ignore = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
            // SAFETY: the action runs no code.
            unsafe { sigaction(signal, &ignore) }?;
        }
        sigprocmask(SigmaskHow::SIG_SETMASK, Some(&self.blocked), None)?;
        // What the referee inherited from its own starter is not for programs.
        sandbox::cloexec_from_3()?;
        setrlimit(Resource::RLIMIT_CORE, 0, 0)?;
        for &(resource, value) in &self.limits {
            // Confinement may have set a lower one, which nobody can raise.
            let (_, hard) = getrlimit(resource)?;
            setrlimit(resource, value.min(hard), value.min(hard))?;
        }
        Ok(())
    }
}

/// Starts the command; returns when it has exec'd.
pub(crate) fn spawn_command(command: &mut Command, name: &str) -> Result<(i32, Child)> {
    let child = sandbox::while_forking(|| command.spawn()).with_context(|| format!("start {name}"))?;
    Ok((i32::try_from(child.id()).context("read the program's id")?, child))
}

fn start_untraced(
    mut command: Command,
    shared: &Arc<Shared>,
    ending: Ending,
    program: &Program,
) -> Result<i32> {
    let (pid, mut child) = shared.tree.start_root(|| spawn_command(&mut command, program.name()))?;
    let own_name = program.own_process_name();
    // The parent's copies of the program's ends must go, or its output never ends.
    sandbox::while_nobody_forks(|| drop(command));
    let waiting = Arc::clone(shared);
    let work = move || {
        if let Some(other) = own_name.and_then(|own| name_at_end(pid).filter(|name| *name != own)) {
            *waiting.became.lock().unwrap_or_else(PoisonError::into_inner) = Some(other);
        }
        let status = child.wait();
        waiting.tree.root_ended(pid);
        ending.set(status);
        waiting.events.notify();
    };
    thread::Builder::new()
        .name(format!("{OWN_THREAD}waiter"))
        .spawn(work)
        .context("start a waiter thread")?;
    Ok(pid)
}

/// The name of the file a process ran last: the kernel keeps it until the process is reaped.
fn name_at_end(pid: i32) -> Option<String> {
    let ended = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    while let Err(errno) = waitid(Id::Pid(Pid::from_raw(pid)), ended) {
        if errno != Errno::EINTR {
            return None;
        }
    }
    Some(Proc::read(pid)?.name)
}
