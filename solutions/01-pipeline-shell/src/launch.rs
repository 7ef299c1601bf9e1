//! Starting the stages of a pipeline, from left to right. See `pipe(7)`, `credentials(7)`.
//!
//! Nothing here waits: no stage is reaped before all are started, so the group of the first, even of
//! one that has ended, is there for the last to join.

use crate::ends::Ends;
use crate::exec::Program;
use crate::expand::Expanded;
use crate::explain::Report;
use crate::failure::Failure;
use crate::given::{Body, GivenList, Stage};
use crate::processes::Processes;
use crate::redirect::apply;
// BEGIN SOLUTION
use crate::redirect::opens_files;
// END SOLUTION
use crate::shell::{Flow, Shell};
use crate::spawn::Group;
use crate::wait::State;
use nix::fcntl::{OFlag, open};
use nix::sys::signal::{Signal, kill, killpg};
use nix::sys::stat::Mode;
use nix::unistd::{dup2_stdin, dup2_stdout};
use std::os::fd::OwnedFd;

/// Whether psh waits for a pipeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// It does, and lends it the terminal.
    Foreground,
    /// It does not; standard input is `/dev/null`.
    Background,
}

/// A pipeline of which some stages are started.
#[derive(Debug)]
pub struct Launch {
    /// Those that are.
    pub processes: Processes,
    /// The pipe ends for the next stage.
    pub ends: Ends,
    /// Filled if the pipeline is to be explained.
    pub report: Option<Report>,
    ground: Ground,
}

impl Launch {
    /// Before the first stage, which reads from `ends.stdin`.
    ///
    /// # Errors
    /// If there are too many open files.
    pub fn new(ground: Ground, ends: Ends, explain: bool) -> Result<Self, Failure> {
        let report = if explain { Some(Report::open().map_err(Failure::pipe)?) } else { None };
        Ok(Launch { processes: Processes::default(), ends, report, ground })
    }
}

impl Shell {
    /// Starts a pipeline: all of it, or, if that fails, nothing.
    ///
    /// # Errors
    /// If there are too many open files or processes. What was started is then killed and reaped.
    pub fn launch(&mut self, commands: Vec<Expanded<'_>>, ground: Ground) -> Result<Launch, Failure> {
        if commands.iter().any(|command| !command.is_program()) {
            // `jobs` in a child knows what psh knows now. Later, psh must not reap: see above.
            self.children.note_changes();
        }
        let mut ends = Ends::default();
        if ground == Ground::Background {
            ends.stdin = Some(open_null().map_err(Failure::pipe)?);
        }
        let explain = self.explain && ground == Ground::Foreground && commands.len() > 1;
        let mut launch = Launch::new(ground, ends, explain)?;
        match self.launch_all(&mut launch, commands) {
            Ok(()) => Ok(launch),
            Err(failure) => {
                self.abandon(launch);
                Err(failure)
            }
        }
    }

    fn launch_all(&mut self, launch: &mut Launch, commands: Vec<Expanded<'_>>) -> Result<(), Failure> {
        // BEGIN SOLUTION
        let last = commands.len() - 1;
        for (index, command) in commands.into_iter().enumerate() {
            if index < last {
                launch.ends.open_next()?;
                if let (Some(report), Some(sink)) = (&mut launch.report, &launch.ends.stdout) {
                    report.add_pipe(sink).map_err(Failure::pipe)?;
                }
            }
            self.launch_stage(launch, command)?;
            launch.ends.advance();
        }
        Ok(())
        // END SOLUTION
        // STUB: if commands.len() > 1 {
        // STUB:     todo!("M2: before each stage but the last `open_next`, after each stage `advance`");
        // STUB: }
        // STUB: for command in commands {
        // STUB:     self.launch_stage(launch, command)?;
        // STUB: }
        // STUB: Ok(())
    }

    /// Starts one stage, between the ends in `launch`, and the lists it reads from.
    ///
    /// # Errors
    /// If there are too many open files or processes.
    pub fn launch_stage(&mut self, launch: &mut Launch, command: Expanded<'_>) -> Result<(), Failure> {
        let stage = Stage::prepare(command)?;
        let group = self.next_group(launch);
        let Launch { ends, report, .. } = launch;
        // BEGIN SOLUTION
        let child = match &stage.body {
            // To open a FIFO may take until another command opens it, too. Until then psh must not sleep.
            Body::Program(program) if !opens_files(&stage.redirects) => self.start_program(group, |shell| {
                ends.lay()?;
                shell.become_program(program, &stage)
            }),
            _ => self.start_process(group, |shell| {
                ends.connect()?;
                shell.run_stage(&stage, report)
            }),
        }?;
        // END SOLUTION
        // STUB: let child = self.start_process(group, |shell| {
        // STUB:     ends.connect()?;
        // STUB:     shell.run_stage(&stage, report)
        // STUB: })?;
        launch.processes.stages.push(child);
        self.joined(launch, group, child);
        self.launch_lists(launch, &stage.lists)
    }

    /// In the child: becomes the program. Returns only if that fails, with the status.
    fn become_program(&self, program: &Program, stage: &Stage<'_>) -> nix::Result<u8> {
        self.signals.restore_for_command()?;
        stage.keep_lists()?;
        Ok(if apply(&stage.redirects) { program.exec() } else { 1 })
    }

    /// In the child: what a stage does. Returns only if it does not exec.
    fn run_stage(&mut self, stage: &Stage<'_>, report: &mut Option<Report>) -> nix::Result<u8> {
        if let Body::Program(program) = &stage.body {
            return self.become_program(program, stage);
        }
        // It will never exec, so it says so now. SIGPIPE stays ignored: a builtin sees EPIPE.
        *report = None;
        self.is_copy = true;
        self.signals.restore_for_copy()?;
        if !apply(&stage.redirects) {
            return Ok(1);
        }
        Ok(match &stage.body {
            Body::Builtin(builtin, arguments) => match self.builtin(*builtin, arguments) {
                Flow::Continue(status) | Flow::Break(status) => status,
            },
            Body::Nothing(status) => *status,
            Body::Program(_) => unreachable!("programs are dealt with above"),
        })
    }

    /// Starts the children that run the `<(..)` lists of a stage.
    ///
    /// # Errors
    /// If there are too many processes.
    pub fn launch_lists(&mut self, launch: &mut Launch, lists: &[GivenList<'_>]) -> Result<(), Failure> {
        for given in lists {
            // BEGIN SOLUTION
            let group = self.next_group(launch);
            let Launch { ends, ground, .. } = launch;
            let child = self.start_process(group, |shell| {
                dup2_stdout(&given.sink)?;
                if *ground == Ground::Background {
                    dup2_stdin(open_null()?)?;
                }
                // Before the report's end, which closes with all the rest: see `explain`.
                ends.close();
                shell.run_copy(given.list)
            })?;
            launch.processes.lists.push(child);
            self.joined(launch, group, child);
            // END SOLUTION
            // STUB: todo!("M9: start a child that runs the list (`run_copy`) and writes to its pipe")
        }
        Ok(())
    }

    /// The group for the next process of the pipeline.
    fn next_group(&self, launch: &Launch) -> Group {
        // BEGIN SOLUTION
        match launch.processes.group {
            _ if self.is_copy => Group::Same,
            Some(leader) => Group::Join(leader),
            None => {
                let terminal_is_ours = self.terminal.as_ref().is_some_and(|terminal| terminal.is_ours());
                Group::New { foreground: launch.ground == Ground::Foreground && terminal_is_ours }
            }
        }
        // END SOLUTION
        // STUB: Group::Same // M6: the first process makes the group, the others join it
    }

    /// Notes what the first process of the pipeline settled.
    fn joined(&self, launch: &mut Launch, group: Group, child: nix::unistd::Pid) {
        if let Group::New { foreground } = group {
            launch.processes.group = Some(child);
            launch.processes.has_terminal = foreground;
        }
    }

    /// Kills and reaps what was started of a pipeline that cannot be completed.
    pub fn abandon(&mut self, launch: Launch) {
        // BEGIN SOLUTION
        let processes = launch.processes;
        // The ends first: they are of no use, and memory or descriptors are short.
        drop(launch.ends);
        let result = match processes.group {
            Some(group) => killpg(group, Signal::SIGKILL),
            // A copy of the shell shares its group with its children: one by one, then.
            None => processes.all().try_for_each(|pid| kill(pid, Signal::SIGKILL)),
        };
        if let Err(errno) = result {
            Failure { what: "kill", errno }.complain();
        }
        let has_ended = |shell: &Shell, pid| matches!(shell.children.state(pid), Some(State::Ended(_)));
        while !processes.all().all(|pid| has_ended(self, pid)) && self.children.wait_for_change() {}
        self.reclaim_terminal(&processes);
        // END SOLUTION
        // STUB: todo!("M9: close the ends, kill what was started, reap it, take the terminal back")
    }
}

fn open_null() -> nix::Result<OwnedFd> {
    open("/dev/null", OFlag::O_RDONLY | OFlag::O_CLOEXEC, Mode::empty())
}
