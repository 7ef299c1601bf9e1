//! Walking the tree: lists, `&&` and `||`, pipelines in the foreground and in the background.

use crate::ast::{AndOr, Condition, List, Pipeline};
use crate::expand::Expanded;
use crate::failure::{Failure, say};
use crate::given::{Body, Stage};
use crate::launch::{Ground, Launch};
use crate::processes::Processes;
use crate::redirect::{Saved, apply};
use crate::shell::{Flow, Shell};
use crate::spawn::Group;
use crate::wait::State;
use nix::fcntl::{OFlag, open};
use nix::sys::stat::Mode;
use nix::unistd::{Pid, dup2_stdin, getpgrp};

impl Shell {
    /// Runs a list; `Break` if an `exit` in it ends the shell.
    pub fn list(&mut self, list: &List) -> Flow {
        for and_or in &list.items {
            if and_or.background {
                self.background(and_or);
            } else {
                self.and_or(and_or)?;
            }
        }
        Flow::Continue(self.status)
    }

    /// In a child: runs a list and returns its status.
    pub(crate) fn run_copy(&mut self, list: &List) -> nix::Result<u8> {
        self.become_copy()?;
        // `$?` in the list is psh's own; only an empty list has nothing to take a status from.
        if list.items.is_empty() {
            return Ok(0);
        }
        let (Flow::Continue(status) | Flow::Break(status)) = self.list(list);
        Ok(status)
    }

    /// Runs pipelines from left to right, each if the status so far permits.
    fn and_or(&mut self, and_or: &AndOr) -> Flow {
        self.pipeline(&and_or.first, &and_or.text)?;
        for (condition, pipeline) in &and_or.rest {
            todo!("M4: run the pipeline if the status so far meets the condition")
        }
        Flow::Continue(self.status)
    }

    /// Runs a pipeline in the foreground. `text` is how `jobs` shows it, should it be stopped.
    fn pipeline(&mut self, pipeline: &Pipeline, text: &[u8]) -> Flow {
        let flow = self.try_pipeline(pipeline, text).unwrap_or_else(|failure| {
            failure.complain();
            Flow::Continue(1)
        });
        if let Flow::Continue(status) = flow {
            self.status = status;
        }
        flow
    }

    fn try_pipeline(&mut self, pipeline: &Pipeline, text: &[u8]) -> Result<Flow, Failure> {
        let mut commands = self.expand_all(pipeline)?;
        if let [only] = &commands[..]
            && !only.is_program()
            && let Some(only) = commands.pop()
        {
            return self.run_here(Stage::prepare(only)?, text);
        }
        if self.via_files && commands.len() > 1 {
            return self.run_by_files(commands, text).map(Flow::Continue);
        }
        let mut launch = self.launch(commands, Ground::Foreground)?;
        if let Some(report) = launch.report.take()
            && let Err(errno) = report.print(&mut self.children, &self.signals)
        {
            Failure::pipe(errno).complain();
        }
        Ok(Flow::Continue(self.wait_in_foreground(launch.processes, None, text).status()))
    }

    fn expand_all<'a>(&mut self, pipeline: &'a Pipeline) -> Result<Vec<Expanded<'a>>, Failure> {
        pipeline.commands.iter().map(|command| self.expand(command)).collect()
    }

    /// Runs a lone builtin, or redirections without a command, in psh itself.
    fn run_here(&mut self, stage: Stage<'_>, text: &[u8]) -> Result<Flow, Failure> {
        let mut launch = Launch::new(Ground::Foreground, Default::default(), false)?;
        let started = self.launch_lists(&mut launch, &stage.lists);
        let saved = match started.and_then(|()| Saved::before(&stage.redirects).map_err(Failure::pipe)) {
            Ok(saved) => saved,
            Err(failure) => {
                self.abandon(launch);
                return Err(failure);
            }
        };
        let flow = match &stage.body {
            _ if !apply(&stage.redirects) => Flow::Continue(1),
            Body::Builtin(builtin, arguments) => self.builtin(*builtin, arguments),
            Body::Nothing(status) => Flow::Continue(*status),
            Body::Program(_) => unreachable!("a program runs in a child"),
        };
        drop(saved);
        drop(stage);
        self.wait_in_foreground(launch.processes, None, text);
        Ok(flow)
    }

    /// Waits for a foreground pipeline. If it is stopped, it becomes a job, with the number it had
    /// before, if any.
    pub(crate) fn wait_in_foreground(
        &mut self,
        processes: Processes,
        number: Option<usize>,
        text: &[u8],
    ) -> State {
        let state = self.wait_until_still(&processes);
        self.reclaim_terminal(&processes);
        if let State::Stopped(_) = state {
            self.add_stopped(processes, number, text);
        }
        state
    }

    /// Waits until nothing of the pipeline runs. A copy of the shell has no jobs: it waits for the end.
    fn wait_until_still(&mut self, processes: &Processes) -> State {
        todo!("M1: wait for changes until the processes' state is other than Running")
    }

    /// Takes the terminal back from a pipeline that had it.
    pub(crate) fn reclaim_terminal(&self, processes: &Processes) {
        let Some(terminal) = self.terminal.as_ref().filter(|_| processes.has_terminal) else { return };
        let was_cut_short = processes.stages.iter().any(|&pid| match self.children.state(pid) {
            Some(State::Ended(status)) => status > 128,
            state => state.is_some(),
        });
        let mut result = terminal.take_back();
        if was_cut_short {
            result = result.and_then(|()| terminal.restore_modes());
        }
        if let Err(errno) = result {
            Failure { what: "terminal", errno }.complain();
        }
    }

    /// Starts an and-or list in the background.
    fn background(&mut self, and_or: &AndOr) {
        todo!("M6: start the list without waiting for it, and note it as a job")
    }

    /// Makes a stopped foreground pipeline a job.
    fn add_stopped(&mut self, processes: Processes, number: Option<usize>, text: &[u8]) {
        todo!("M6: note the stopped pipeline as a job and say so on standard error")
    }
}
