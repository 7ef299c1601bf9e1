//! What could not be read: it speaks against a proof, and is told.

use std::collections::BTreeSet;

use super::{Reader, Waiting};
use crate::World;
use crate::proc::process::Process;
use crate::proc::text;
use crate::proc::thread::{Call, Thread};
use crate::words::count;

impl Reader<'_> {
    /// Everything of the members was read, and nobody unseen can have inherited their pipes.
    pub(super) fn is_readable(&self) -> bool {
        let closed = self.snapshot.members.values().any(|member| member.is_closed);
        !closed && !self.has_unreadable_ancestor()
    }

    /// The kernel may work for a member while all its threads sleep: an io_uring whose descriptor is closed, or
    /// the older io_submit(2). Both keep a mapping.
    pub(super) fn has_hidden_work(&self) -> bool {
        let tid = |member: &Process| member.living().next().map(Thread::tid);
        let maps = |member: &Process| text(&format!("/proc/{}/task/{}/maps", member.pid, tid(member)?));
        let works = |maps: String| maps.contains("[io_uring]") || maps.contains("/[aio]");
        self.snapshot.members.values().filter_map(maps).any(works)
    }

    /// An ancestor may hold an end of a pipe that members inherited. The watcher's programs have what the
    /// watcher gave them.
    fn has_unreadable_ancestor(&self) -> bool {
        if self.snapshot.watcher.is_some() || self.snapshot.world == World::Closed {
            return false;
        }
        let mut at: Vec<i32> = self.snapshot.members.values().map(|member| member.stat.parent).collect();
        let mut seen = BTreeSet::new();
        while let Some(pid) = at.pop() {
            if self.snapshot.unreadable.contains(&pid) {
                return true;
            }
            if seen.insert(pid) {
                at.extend(self.snapshot.stat(pid).map(|stat| stat.parent));
            }
        }
        false
    }

    /// What could not be read.
    pub(super) fn unknown(&self, waits: &[Waiting]) -> Vec<String> {
        let mut unknown = Vec::new();
        let threads = || self.snapshot.members.values().flat_map(Process::living);
        let refused = threads().filter(|thread| thread.call == Call::Refused).count();
        if refused > 0 {
            unknown.push(format!(
                "the system call of {} may not be read (no ptrace permission): what is said of them comes from \
                 wchan and state",
                count(refused, "thread", "threads")
            ));
        }
        for member in self.snapshot.members.values().filter(|member| member.is_closed && !member.is_zombie())
        {
            unknown.push(format!("the descriptors of {} may not be read", self.names.who(member.pid)));
        }
        if self.snapshot.sockets.is_blind {
            unknown.push("the kernel does not tell which Unix sockets are connected (sock_diag)".to_owned());
        }
        if self.has_unreadable_ancestor() {
            unknown.push(format!(
                "{} of other users, among them ancestors of these, could not be looked into",
                count(self.snapshot.unreadable.len(), "process", "processes")
            ));
        }
        if self.snapshot.world == World::Open && waits.iter().any(|wait| wait.part.outside.is_none()) {
            unknown.push("an alarm(2) or setitimer(2) that is set cannot be seen".to_owned());
        }
        unknown
    }
}
