//! The shell's state, and the running of lists.

use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;

use crate::jobs::{Job, Jobs};
use crate::options::Options;
use crate::procs::{Procs, State};
use crate::terminal::Terminal;
use crate::tree::{AndOr, Command, Link, List};
use crate::{files, say, sys};

/// There is no descriptor, process or memory for what is needed.
pub(crate) struct Exhausted {
    /// `pipe` or `fork`.
    pub(crate) what: &'static str,
    pub(crate) errno: Errno,
}

impl Exhausted {
    pub(crate) fn pipe(errno: Errno) -> Self {
        Self { what: "pipe", errno }
    }

    pub(crate) fn fork(errno: Errno) -> Self {
        Self { what: "fork", errno }
    }

    /// Tells it and gives the status.
    pub(crate) fn tell(&self) -> u8 {
        say::complain(2, self.what.as_bytes(), &say::reason(self.errno));
        1
    }
}

/// One shell: psh, or a child of it that runs a list.
pub(crate) struct Shell {
    pub(crate) options: Options,
    /// `$?`
    pub(crate) status: u8,
    /// `$!`
    pub(crate) last_pid: Option<i32>,
    pub(crate) pipefail: bool,
    pub(crate) procs: Procs,
    pub(crate) jobs: Jobs,
    pub(crate) terminal: Terminal,
    /// `exit` was run.
    pub(crate) leaving: bool,
    /// A child that runs a list: its pipelines stay in its group.
    pub(crate) nested: bool,
    /// stdin is a terminal.
    pub(crate) on_terminal: bool,
    /// With --explain: open in each forked stage until it has exec'd or ended.
    pub(crate) starting: Option<OwnedFd>,
}

impl Shell {
    pub(crate) fn new(options: Options) -> Self {
        let on_terminal = nix::unistd::isatty(std::io::stdin()) == Ok(true);
        if on_terminal {
            use libc::{SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU};
            [SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU]
                .into_iter()
                .for_each(|signal| sys::ignore(signal, true));
        }
        // Ignored in the parent, SIGCHLD would lose every status.
        sys::ignore(libc::SIGCHLD, false);
        sys::ignore(libc::SIGPIPE, true);
        // What psh was started with besides 0, 1, 2 is not for its commands.
        sys::close_range(3, i32::MAX, true);
        Self {
            options,
            status: 0,
            last_pid: None,
            pipefail: false,
            procs: Procs::default(),
            jobs: Jobs::default(),
            terminal: Terminal::find(),
            leaving: false,
            nested: false,
            on_terminal,
            starting: None,
        }
    }

    /// In a forked child: keeps descriptors 0, 1, 2 and `keep` (ascending), and nothing that is psh's alone.
    pub(crate) fn become_child(&mut self, keep: &[i32]) {
        self.jobs.disown(&self.procs);
        self.procs.disown();
        self.terminal.disown();
        if let Some(fd) = self.starting.take_if(|fd| !keep.contains(&fd.as_raw_fd())) {
            std::mem::forget(fd);
        }
        let mut first = 3;
        for fd in keep.iter().filter(|fd| **fd > 2) {
            sys::close_range(first, fd - 1, false);
            first = fd + 1;
        }
        sys::close_range(first, i32::MAX, false);
        // A builtin of a child is to see EPIPE, as in psh; all is reset before exec.
        sys::default_signals(Some(libc::SIGPIPE));
        self.nested = true;
        self.on_terminal = false;
    }

    pub(crate) fn run_list(&mut self, list: &List) {
        for item in list {
            if self.leaving {
                return;
            }
            if item.background { self.run_behind(item) } else { self.run_and_or(item) }
        }
    }

    /// In a child: runs the list of a substitution; an empty one is good.
    pub(crate) fn run_inner(&mut self, list: &List) -> u8 {
        if list.is_empty() {
            self.status = 0;
        }
        self.run_list(list);
        self.status
    }

    pub(crate) fn run_and_or(&mut self, item: &AndOr) {
        for (link, pipeline) in &item.pipelines {
            let skipped = match link {
                Link::Always => false,
                Link::IfGood => self.status != 0,
                Link::IfBad => self.status == 0,
            };
            if self.leaving || skipped {
                continue;
            }
            let status = match pipeline.as_slice() {
                [command] => self.run_alone(command, &item.text),
                stages if self.options.via_files => files::run(self, stages, &item.text),
                stages => self.run_pipeline(stages, &item.text),
            };
            self.status = status.unwrap_or_else(|exhausted| exhausted.tell());
        }
    }

    fn run_pipeline(&mut self, stages: &[Command], text: &[u8]) -> Result<u8, Exhausted> {
        let job = self.start_pipeline(stages, false)?;
        Ok(self.finish(job, None, text).status)
    }

    /// Waits for a foreground pipeline until it has ended, or stopped and become job `number` or a new one.
    pub(crate) fn finish(&mut self, mut job: Job, number: Option<usize>, text: &[u8]) -> Finished {
        let finished = loop {
            match job.state(&self.procs) {
                State::Stopped(signal) if !self.nested => {
                    job.text = text.to_vec();
                    let start = job.group;
                    let number = self.jobs.add(job, number);
                    let line = [format!("[{number}] stopped {start} ").as_bytes(), text, b"\n"].concat();
                    // There is nobody to tell that stderr does not work.
                    let _ = say::write_all(2, &line);
                    break Finished { status: 128 + signal, stopped: true };
                }
                State::Ended(_) => {
                    let status = job.status(&self.procs, self.pipefail);
                    job.pids().for_each(|pid| self.procs.forget(pid));
                    break Finished { status, stopped: false };
                }
                _ => self.procs.wait_change(),
            }
        };
        self.terminal.take_back();
        finished
    }

    /// Starts a list that nobody waits for.
    fn run_behind(&mut self, item: &AndOr) {
        let started = match item.pipelines.as_slice() {
            [(_, stages)] if stages.len() == 1 || !self.options.via_files => {
                self.start_pipeline(stages, true)
            }
            _ => self.start_list(item),
        };
        let mut job = match started {
            Ok(job) => job,
            Err(exhausted) => {
                self.status = exhausted.tell();
                return;
            }
        };
        job.text.clone_from(&item.text);
        self.last_pid = job.stages.last().copied();
        let group = job.group;
        let number = self.jobs.add(job, None);
        if self.on_terminal {
            // There is nobody to tell that stderr does not work.
            let _ = say::write_all(2, format!("[{number}] {group}\n").as_bytes());
        }
        self.status = 0;
    }
}

/// How waiting for a foreground pipeline ended.
pub(crate) struct Finished {
    pub(crate) status: u8,
    pub(crate) stopped: bool,
}
