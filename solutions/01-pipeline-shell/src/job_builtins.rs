//! The builtins about jobs: `wait`, `jobs`, `fg`. See `waitpid(2)`, `killpg(3)`.

use crate::builtins::{fail, misuse, number, print};
use crate::jobs::Job;
use crate::shell::Shell;
use crate::wait::State;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Pid, getpgrp};

impl Shell {
    /// `wait [PID...]`
    pub(crate) fn wait(&mut self, arguments: &[Vec<u8>]) -> u8 {
        // BEGIN SOLUTION
        let Some(pids) = arguments.iter().map(|text| number(text)).collect::<Option<Vec<i32>>>() else {
            return misuse("wait", "usage: wait [PID...]");
        };
        if pids.is_empty() {
            while self.runs_a_job() && self.children.wait_for_change() {}
            self.jobs.forget_done(&self.children);
            return 0;
        }
        pids.into_iter().fold(0, |_, pid| self.wait_for(Pid::from_raw(pid)))
        // END SOLUTION
        // STUB: todo!("M6: wait for all jobs that are not stopped, or for these processes")
    }
    // BEGIN SOLUTION

    fn runs_a_job(&self) -> bool {
        self.jobs.iter().any(|job| self.state_of(job) == State::Running)
    }

    /// Waits for one process; 127 if psh knows nothing of it.
    fn wait_for(&mut self, pid: Pid) -> u8 {
        loop {
            match self.children.state(pid) {
                None => return 127,
                Some(State::Ended(status)) => {
                    // The table first: a job's own state is made of its processes' states.
                    self.jobs.forget_done(&self.children);
                    self.children.forget(pid);
                    return status;
                }
                Some(State::Stopped(signal)) => return 128 + signal,
                Some(State::Running) if !self.children.wait_for_change() => return 127,
                Some(State::Running) => {}
            }
        }
    }
    // END SOLUTION

    /// `jobs`
    pub(crate) fn list_jobs(&mut self, arguments: &[Vec<u8>]) -> u8 {
        // BEGIN SOLUTION
        if !arguments.is_empty() {
            return misuse("jobs", "usage: jobs");
        }
        self.children.note_changes();
        let lines: Vec<_> = self.jobs.iter().map(|job| self.line(job)).collect();
        self.jobs.forget_done(&self.children);
        print("jobs", &lines.concat())
        // END SOLUTION
        // STUB: todo!("M6: print a line for each job, then forget those that are done")
    }
    // BEGIN SOLUTION

    fn line(&self, job: &Job) -> Vec<u8> {
        let state = match self.state_of(job) {
            State::Running => "running",
            State::Stopped(_) => "stopped",
            State::Ended(_) => "done",
        };
        let group = job.processes.group.unwrap_or_else(getpgrp);
        [format!("[{}] {state} {group} ", job.number).as_bytes(), &job.text, b"\n"].concat()
    }
    // END SOLUTION

    /// `fg [N]`
    pub(crate) fn fg(&mut self, arguments: &[Vec<u8>]) -> u8 {
        // BEGIN SOLUTION
        self.children.note_changes();
        let is_done = |job: &Job| matches!(self.state_of(job), State::Ended(_));
        let wanted = match arguments {
            [] => self.jobs.iter().rfind(|job| !is_done(job)).map(|job| job.number),
            [text] => match number(text) {
                Some(wanted) => Some(wanted),
                None => return misuse("fg", "usage: fg [N]"),
            },
            _ => return misuse("fg", "usage: fg [N]"),
        };
        // A copy of the shell has no jobs: those it knows of are not its children.
        match wanted.filter(|_| !self.is_copy).and_then(|number| self.jobs.remove(number)) {
            Some(job) => self.bring_to_foreground(job),
            None => fail("fg", "no such job"),
        }
        // END SOLUTION
        // STUB: todo!("M6: give the job the terminal, continue it and wait for it")
    }
    // BEGIN SOLUTION

    fn bring_to_foreground(&mut self, job: Job) -> u8 {
        let Job { number, mut processes, text } = job;
        let printed = print("fg", &[&text[..], b"\n"].concat());
        if let (State::Running | State::Stopped(_), Some(group)) =
            (processes.state(&self.children, self.pipefail), processes.group)
        {
            if let Some(terminal) = self.terminal.as_ref().filter(|terminal| terminal.is_ours()) {
                processes.has_terminal = terminal.give_to(group).is_ok();
            }
            // It may have ended this very moment: then there is nothing to continue.
            if killpg(group, Signal::SIGCONT).is_ok() {
                processes.all().for_each(|pid| self.children.continued(pid));
            }
        }
        let status = self.wait_in_foreground(processes, Some(number), &text).status();
        if printed == 0 { status } else { printed }
    }
    // END SOLUTION

    fn state_of(&self, job: &Job) -> State {
        job.processes.state(&self.children, self.pipefail)
    }
}
