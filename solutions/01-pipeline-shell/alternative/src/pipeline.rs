//! Starts the processes of pipelines, lists and single commands.

use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;

use nix::errno::Errno;
use nix::fcntl::{OFlag, open};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, getpgrp, pipe2, setpgid};

use crate::expand::KnownCommand;
use crate::feed::{Feed, above_redirections};
use crate::jobs::Job;
use crate::procs::State;
use crate::redirect::{KnownTarget, apply};
use crate::shell::{Exhausted, Shell};
use crate::table::Table;
use crate::tree::{AndOr, Command};
use crate::{builtins, exec, expand, explain, sys};

/// A command about to be started.
pub(crate) struct Stage<'a> {
    pub(crate) command: &'a Command,
    /// `None`: its `$(..)` are expanded by its own process, so that psh and the other stages go on.
    pub(crate) known: Option<KnownCommand>,
    pub(crate) feeds: Vec<Feed>,
    pub(crate) input: Option<Rc<OwnedFd>>,
    pub(crate) output: Option<Rc<OwnedFd>>,
    /// Nobody waits for it.
    pub(crate) behind: bool,
}

impl Shell {
    /// Starts all stages of a pipeline, left to right. If one cannot be started, none is left.
    pub(crate) fn start_pipeline(&mut self, stages: &[Command], behind: bool) -> Result<Job, Exhausted> {
        self.all_or_nothing(|shell, job| {
            if !shell.options.explain || behind || stages.len() == 1 {
                return shell.start_stages(job, stages, behind).map(drop);
            }
            let (started, starting) = pipe2(OFlag::O_CLOEXEC).map_err(Exhausted::pipe)?;
            shell.starting = Some(above_redirections(starting));
            let pipes = shell.start_stages(job, stages, behind);
            shell.starting = None;
            explain::tell(&pipes?, &started);
            Ok(())
        })
    }

    /// Runs `start`; if it fails, kills and reaps what it had started.
    pub(crate) fn all_or_nothing(
        &mut self,
        start: impl FnOnce(&mut Self, &mut Job) -> Result<(), Exhausted>,
    ) -> Result<Job, Exhausted> {
        let mut job = Job::default();
        let Err(exhausted) = start(self, &mut job) else { return Ok(job) };
        if job.group != 0 && !self.nested {
            // A group whose processes have all ended needs no signal.
            let _ = killpg(Pid::from_raw(job.group), Signal::SIGKILL);
        }
        for pid in job.pids() {
            // None of them is reaped yet, so each number still names our child.
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        for pid in job.pids() {
            while !matches!(self.procs.state(pid), None | Some(State::Ended(_))) {
                self.procs.wait_change();
            }
            self.procs.forget(pid);
        }
        self.terminal.take_back();
        Err(exhausted)
    }

    /// Gives the inode of each pipe.
    fn start_stages(
        &mut self,
        job: &mut Job,
        stages: &[Command],
        behind: bool,
    ) -> Result<Vec<u64>, Exhausted> {
        let mut pipes = Vec::new();
        let mut input = if behind { Some(Rc::new(nothing()?)) } else { None };
        for (at, command) in stages.iter().enumerate() {
            let (mut next, mut output) = (None, None);
            if at + 1 < stages.len() {
                let (read, write) = pipe2(OFlag::O_CLOEXEC).map_err(Exhausted::pipe)?;
                if self.starting.is_some() {
                    pipes.push(nix::sys::stat::fstat(&read).map_err(Exhausted::pipe)?.st_ino);
                }
                (next, output) = (Some(Rc::new(read)), Some(Rc::new(write)));
            }
            self.start_stage(job, command, input, output, behind)?;
            input = next;
        }
        Ok(pipes)
    }

    /// Starts a command that is not alone, or that nobody waits for.
    pub(crate) fn start_stage(
        &mut self,
        job: &mut Job,
        command: &Command,
        input: Option<Rc<OwnedFd>>,
        output: Option<Rc<OwnedFd>>,
        behind: bool,
    ) -> Result<(), Exhausted> {
        let feeds = Feed::open_all(command)?;
        let later = command.must_wait_for_words();
        let known = if later { None } else { Some(expand::command(self, command, &feeds)?) };
        self.start(job, Stage { command, known, feeds, input, output, behind })
    }

    /// Starts the process of a command, then those of its `<(LIST)`, in the group of the job.
    pub(crate) fn start(&mut self, job: &mut Job, stage: Stage<'_>) -> Result<(), Exhausted> {
        let group = (!self.nested).then_some(job.group);
        let lend = !stage.behind && !self.nested && job.stages.is_empty() && self.terminal.is_ours();
        let spawned = if lend { None } else { spawn_stage(&stage, group)? };
        let pid = match spawned {
            Some(pid) => pid,
            None => self.fork_stage(&stage, group, lend).map_err(Exhausted::fork)?,
        };
        self.adopt(job, pid);
        job.stages.push(pid);
        if lend {
            self.terminal.lend(Pid::from_raw(job.group));
        }
        drop((stage.input, stage.output));
        self.start_feeds(job, &stage.feeds, stage.behind)
    }

    /// Starts the lists of a command's `<(LIST)`.
    pub(crate) fn start_feeds(
        &mut self,
        job: &mut Job,
        feeds: &[Feed],
        behind: bool,
    ) -> Result<(), Exhausted> {
        for feed in feeds {
            let group = (!self.nested).then_some(job.group);
            let pid = sys::in_child(|| {
                join(group);
                let placed = sys::move_fd(feed.write.as_raw_fd(), 1);
                let quiet = if behind { self.read_nothing() } else { Ok(()) };
                if let Err(exhausted) = placed.map_err(Exhausted::pipe).and(quiet) {
                    return exhausted.tell();
                }
                self.become_child(&[]);
                self.run_inner(&feed.list)
            })
            .map_err(Exhausted::fork)?;
            self.adopt(job, pid);
            job.feeds.push(pid);
        }
        Ok(())
    }

    /// Starts a background list that is more than one pipeline.
    pub(crate) fn start_list(&mut self, item: &AndOr) -> Result<Job, Exhausted> {
        self.all_or_nothing(|shell, job| {
            let group = (!shell.nested).then_some(0);
            let pid = sys::in_child(|| {
                join(group);
                if let Err(exhausted) = shell.read_nothing() {
                    return exhausted.tell();
                }
                shell.become_child(&[]);
                shell.run_and_or(item);
                shell.status
            })
            .map_err(Exhausted::fork)?;
            shell.adopt(job, pid);
            job.stages.push(pid);
            Ok(())
        })
    }

    /// A lone command in the foreground: a builtin runs here, a program in its process.
    pub(crate) fn run_alone(&mut self, command: &Command, text: &[u8]) -> Result<u8, Exhausted> {
        let feeds = Feed::open_all(command)?;
        let known = expand::command(self, command, &feeds)?;
        if known.argv.first().is_some_and(|word| !builtins::is_one(word)) {
            let stage =
                Stage { command, known: Some(known), feeds, input: None, output: None, behind: false };
            let job = self.all_or_nothing(|shell, job| shell.start(job, stage))?;
            return Ok(self.finish(job, None, text).status);
        }
        let job = self.all_or_nothing(|shell, job| shell.start_feeds(job, &feeds, false))?;
        let status = self.perform(&known, &feeds);
        drop(feeds);
        if !job.feeds.is_empty() {
            self.finish(job, None, text);
        }
        Ok(status)
    }

    /// Runs a known command in this very process: a program takes its place.
    fn perform(&mut self, known: &KnownCommand, feeds: &[Feed]) -> u8 {
        let mut table = Table::inherited();
        feeds.iter().for_each(|feed| table.keep(feed.number()));
        if let Err(failure) = apply(&mut table, &known.redirections) {
            failure.tell(&table);
            return 1;
        }
        match known.argv.first() {
            None => known.status.unwrap_or(0),
            Some(word) if builtins::is_one(word) => builtins::run(self, &known.argv, &table),
            Some(_) => exec::become_program(&known.argv, &table),
        }
    }

    /// The way for all that posix_spawn(3) cannot do: builtins, files that may block when opened, failures.
    fn fork_stage(&mut self, stage: &Stage<'_>, group: Option<i32>, lend: bool) -> nix::Result<i32> {
        sys::in_child(|| {
            join(group);
            if lend {
                self.terminal.lend(getpgrp());
            }
            let ends = [(&stage.input, 0), (&stage.output, 1)];
            for (end, number) in ends {
                let placed = end.as_ref().map_or(Ok(()), |end| sys::move_fd(end.as_raw_fd(), number));
                if let Err(errno) = placed {
                    return Exhausted::pipe(errno).tell();
                }
            }
            let feeds = stage.feeds.iter().map(Feed::number);
            let mut keep: Vec<_> = feeds.chain(self.starting.iter().map(AsRawFd::as_raw_fd)).collect();
            keep.sort_unstable();
            self.become_child(&keep);
            let expanded;
            let known = match &stage.known {
                Some(known) => known,
                None => match expand::command(self, stage.command, &stage.feeds) {
                    Ok(known) => {
                        expanded = known;
                        &expanded
                    }
                    Err(exhausted) => return exhausted.tell(),
                },
            };
            self.perform(known, &stage.feeds)
        })
    }

    /// Takes a new child into the books. Its group is set on both sides, whoever comes first.
    fn adopt(&mut self, job: &mut Job, pid: i32) {
        self.procs.add(pid);
        if self.nested {
            job.group = getpgrp().as_raw();
            return;
        }
        if job.group == 0 {
            job.group = pid;
        }
        // EACCES: it has exec'd, after it joined by itself.
        let _ = setpgid(Pid::from_raw(pid), Pid::from_raw(job.group));
    }

    /// In a forked child: stdin becomes /dev/null.
    fn read_nothing(&self) -> Result<(), Exhausted> {
        sys::move_fd(nothing()?.as_raw_fd(), 0).map_err(Exhausted::pipe)
    }
}

/// Starts a program without a copy of psh, if nothing speaks against it.
fn spawn_stage(stage: &Stage<'_>, group: Option<i32>) -> Result<Option<i32>, Exhausted> {
    let Some(known) = &stage.known else { return Ok(None) };
    let opens = known.redirections.iter().any(|one| matches!(one.target, KnownTarget::File(..)));
    let Some(word) = known.argv.first().filter(|word| !opens && !builtins::is_one(word)) else {
        return Ok(None);
    };
    let Ok(file) = exec::find(word) else { return Ok(None) };
    let mut table = Table::inherited();
    stage.feeds.iter().for_each(|feed| table.keep(feed.number()));
    for (end, number) in [(&stage.input, 0), (&stage.output, 1)] {
        end.iter().for_each(|end| table.set(number, Rc::clone(end)));
    }
    if let Err(failure) = apply(&mut table, &known.redirections) {
        return failure.exhausted().map_or(Ok(None), |errno| Err(Exhausted::pipe(errno)));
    }
    match exec::spawn(&file, &known.argv, &table, group) {
        Ok(pid) => Ok(Some(pid)),
        Err(errno @ (Errno::EAGAIN | Errno::ENOMEM)) => Err(Exhausted::fork(errno)),
        Err(_) => Ok(None), // A forked child finds the same reason and tells it.
    }
}

/// In a child: joins the group of its job.
fn join(group: Option<i32>) {
    if let Some(group) = group {
        // The parent does the same, and the group cannot vanish before it goes on.
        let _ = setpgid(Pid::from_raw(0), Pid::from_raw(group));
    }
}

/// The stdin of commands that run in the background.
fn nothing() -> Result<OwnedFd, Exhausted> {
    open("/dev/null", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty()).map_err(Exhausted::pipe)
}
