//! Stopped processes: by whom, and who does not notice.

use super::{Found, Group};
use crate::proc::process::Process;
use crate::report::{CauseKind, Kind};
use crate::signals;
use crate::wait::{Reader, Waiting};

impl Group<'_> {
    pub(super) fn stopped(&self) -> Option<Found> {
        let stopped: Vec<&Waiting> = self.waits().filter(|wait| wait.kind == Kind::Stopped).collect();
        let members = stopped.iter().filter_map(|wait| self.reader.snapshot.members.get(&wait.pid));
        let members: Vec<&Process> = members.collect();
        let first = *members.first()?;
        let names = self.reader.names.all(&self.pids(), "and");
        if self.pids().iter().all(|pid| self.reader.halted.contains(pid)) {
            let pending = members.iter().fold(0, |set, member| set | asked_to_end(member));
            if pending != 0 {
                let asked = signals::names(pending);
                let why = format!(
                    "{asked} has come for {names}, which the check has stopped: whoever is stopped does not hear it"
                );
                let fix = format!("send SIGCONT after {asked}, to the same processes");
                return Some((CauseKind::Stopped, why, vec![fix]));
            }
            let why = format!("the check has stopped {names}, and lets go on only after what it waits for");
            return Some((CauseKind::NothingMoreComes, why, Vec::new()));
        }
        if self.pids().len() > 1 {
            let why =
                format!("{names} are stopped together: they are in one process group ({})", first.stat.group);
            let fix = "a signal to a group stops all of it; give each job a group of its own (setpgid, in the child \
                       and in the parent)";
            let fixes = [vec![fix.to_owned()], self.continued(first, "-")].concat();
            return Some((CauseKind::Stopped, why, fixes));
        }
        let mut fixes = self.does_not_ask(first.pid);
        fixes.extend(self.reader.background(first));
        fixes.extend(self.continued(first, ""));
        Some((CauseKind::Stopped, format!("{names} is stopped, and goes on only after SIGCONT"), fixes))
    }

    /// The command that lets it go on, for who can still type it: a check ends it at once.
    fn continued(&self, member: &Process, group: &str) -> Vec<String> {
        let number = if group.is_empty() { member.pid } else { member.stat.group };
        let end = if group.is_empty() { String::new() } else { format!("-- {group}") };
        let command = format!("to go on now: kill -CONT {end}{number}");
        if self.reader.snapshot.watcher.is_some() { Vec::new() } else { vec![command] }
    }

    /// A parent in waitpid that is told nothing of the stop.
    fn does_not_ask(&self, pid: i32) -> Vec<String> {
        let waits_for = |wait: &&Waiting| {
            wait.kind == Kind::Child && wait.part.wakers.iter().any(|waker| waker.pid == pid)
        };
        let parent = self.all.iter().find(waits_for);
        let fix = |parent: &Waiting| {
            let parent = self.reader.names.brief(parent.pid);
            format!("the waitpid of {parent} does not return for a stopped child: use WUNTRACED")
        };
        parent.map(fix).into_iter().collect()
    }
}

/// The signals to end that have been sent to a process and have not been delivered.
fn asked_to_end(member: &Process) -> u64 {
    member.threads.iter().fold(0, |set, thread| set | thread.status.all_pending()) & signals::ending()
}

impl Reader<'_> {
    /// A process outside the foreground group is stopped by its terminal when it reads from it.
    fn background(&self, member: &Process) -> Option<String> {
        let foreground = member.stat.foreground;
        if foreground <= 0 || foreground == member.stat.group {
            return None;
        }
        let owner = if self.snapshot.members.contains_key(&foreground) {
            format!("that is the group of {}", self.names.brief(foreground))
        } else {
            format!("that is group {foreground}")
        };
        Some(format!(
            "{} is not in the foreground group of its terminal ({owner}): call tcsetpgrp before it runs",
            self.names.brief(member.pid)
        ))
    }
}
