//! The processes of one pipeline, and what they amount to together.

use crate::wait::{Children, State};
use nix::unistd::Pid;

/// What a pipeline consists of once it is started.
#[derive(Debug, Clone, Default)]
pub struct Processes {
    /// The process group, once there is one: the pid of the first process.
    pub group: Option<Pid>,
    /// The stages, from left to right.
    pub stages: Vec<Pid>,
    /// The children that run its `<(..)` lists.
    pub lists: Vec<Pid>,
    /// Whether it was given the terminal.
    pub has_terminal: bool,
}

impl Processes {
    /// Every process psh waits for.
    pub fn all(&self) -> impl Iterator<Item = Pid> {
        self.stages.iter().chain(&self.lists).copied()
    }

    /// Running while one runs; else stopped if one is; else ended with the pipeline's status.
    pub fn state(&self, children: &Children, pipefail: bool) -> State {
        let mut stopped = None;
        for pid in self.all() {
            match children.state(pid) {
                Some(State::Running) => return State::Running,
                Some(state @ State::Stopped(_)) => stopped = Some(state),
                _ => {}
            }
        }
        stopped.unwrap_or_else(|| State::Ended(self.status(children, pipefail)))
    }

    /// The status of the last stage, or with `pipefail` the rightmost that is not 0.
    fn status(&self, children: &Children, pipefail: bool) -> u8 {
        let statuses = self.stages.iter().rev().map(|&pid| match children.state(pid) {
            Some(State::Ended(status)) => status,
            _ => 127,
        });
        rightmost(statuses, pipefail)
    }
}

/// A pipeline's status out of its stages' statuses, given from right to left.
pub(crate) fn rightmost(mut statuses: impl Iterator<Item = u8>, pipefail: bool) -> u8 {
    statuses.next().unwrap_or(0) // M3: with `pipefail`, the rightmost status that is not 0
}
