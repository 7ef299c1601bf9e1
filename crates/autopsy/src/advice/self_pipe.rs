//! A pipe of a program to itself, by which its handlers wake it: nobody has forgotten to close its ends. signal-safety(7).

use super::{Found, Group};
use crate::object::{Key, Object};
use crate::proc::process::Process;
use crate::report::{CauseKind, Kind};
use crate::signals::has_handler;
use crate::wait::Waiting;

impl Group<'_> {
    /// Its handler does not write any more, or waits in the write itself.
    pub(super) fn self_pipe(&self) -> Option<Found> {
        let [at] = self.places.as_slice() else { return None };
        let wait = &self.all[*at];
        let is_own = !wait.part.wakers.is_empty()
            && wait.part.wakers.iter().all(|waker| self.wakes_itself(waker.pid, wait));
        let who = self.reader.names.brief(wait.pid);
        match wait.kind {
            Kind::Poll if is_own => Some((
                CauseKind::LostSignal,
                format!("{who} waits for a byte of its handler in a pipe to itself (a self-pipe), and no signal comes any more"),
                vec![
                    "look where the signal went: it came before its handler was installed, it ran the handler in a child \
                     between fork and exec, or its byte found the pipe full; count signals in atomics, and let the byte \
                     only wake"
                        .to_owned(),
                ],
            )),
            Kind::Write if is_own => Some((
                CauseKind::FullBothWays,
                format!("{who} waits in a write to a pipe that only {who} reads: a handler that writes there interrupts the reader"),
                vec!["make the write end non-blocking (O_NONBLOCK): a pipe that is full wakes its reader, too".to_owned()],
            )),
            _ => None,
        }
    }

    fn wakes_itself(&self, pid: i32, wait: &Waiting) -> bool {
        let member = self.reader.snapshot.members.get(&pid);
        pid == wait.pid && member.is_some_and(catches) && self.own_pipes(pid).next().is_some()
    }

    /// Whether this descriptor is an end of a pipe between the handlers of a program and its loop.
    pub(super) fn is_self_pipe(&self, pid: i32, number: i32) -> bool {
        let polls = self.waits().any(|wait| wait.pid == pid && wait.kind == Kind::Poll);
        let key = self.descriptor(pid, number).and_then(|held| held.object.key());
        let member = self.reader.snapshot.members.get(&pid);
        polls && member.is_some_and(catches) && self.own_pipes(pid).any(|own| Some(own) == key)
    }

    /// The pipes of which a process has both ends.
    fn own_pipes(&self, pid: i32) -> impl Iterator<Item = Key> + '_ {
        let member = self.reader.snapshot.members.get(&pid);
        let tables = member.into_iter().flat_map(|member| member.tables.iter());
        tables.flat_map(|(_, table)| {
            let pipes = table.values().filter(|held| matches!(held.object, Object::Pipe(_)));
            let ends = |key: &Key| {
                let same = || table.values().filter(|held| held.object.key().as_ref() == Some(key));
                same().any(|held| held.reads) && same().any(|held| held.writes)
            };
            pipes.filter_map(|held| held.object.key()).filter(ends).collect::<Vec<Key>>()
        })
    }
}

/// Whether it has a handler for anything that others send.
fn catches(member: &Process) -> bool {
    member.threads.iter().any(has_handler)
}
