//! A pipe of a program to itself, by which its handlers wake it: nobody has forgotten to close its ends. signal-safety(7).

use super::{Found, Group};
use crate::object::{Key, Object};
use crate::proc::descriptor::Table;
use crate::report::{CauseKind, Kind};
use crate::signals::has_handler;

impl Group<'_> {
    /// Its handler does not write any more, or waits in the write itself.
    pub(super) fn self_pipe(&self) -> Option<Found> {
        let [at] = self.places.as_slice() else { return None };
        let wait = &self.all[*at];
        let is_own = wait.waits_for_itself() && !self.self_pipes(wait.pid).is_empty();
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

    /// Whether this descriptor is an end of a pipe between the handlers of a program and its loop.
    pub(super) fn is_self_pipe(&self, pid: i32, number: i32) -> bool {
        let polls = self.waits().any(|wait| wait.pid == pid && wait.kind == Kind::Poll);
        let key = self.descriptor(pid, number).and_then(|held| held.object.key());
        polls && key.is_some_and(|key| self.self_pipes(pid).contains(&key))
    }

    /// The pipes of which a process has both ends, if it has a handler that others can make run.
    fn self_pipes(&self, pid: i32) -> Vec<Key> {
        let member = self.reader.snapshot.members.get(&pid);
        let member = member.filter(|member| member.threads.iter().any(has_handler));
        let tables = member.into_iter().flat_map(|member| member.tables.iter());
        let both_ends = |table: &Table| {
            let pipes = table.values().filter(|held| matches!(held.object, Object::Pipe(_)));
            let ends = |key: &Key| {
                let same = || table.values().filter(|held| held.object.key().as_ref() == Some(key));
                same().any(|held| held.reads) && same().any(|held| held.writes)
            };
            pipes.filter_map(|held| held.object.key()).filter(ends).collect::<Vec<Key>>()
        };
        tables.flat_map(|(_, table)| both_ends(table)).collect()
    }
}
