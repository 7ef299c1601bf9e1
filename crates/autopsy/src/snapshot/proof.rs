//! The last step of a proof: nobody has moved since the first look, and nobody is missing.

use super::Snapshot;
use crate::proc::numbers;
use crate::proc::process::Process;
use crate::proc::thread::Thread;

impl Snapshot {
    /// Nobody has moved between the first look and now, and nobody has come. The last step of a proof.
    pub(crate) fn is_unmoved(&self) -> bool {
        let all = self.members.values().flat_map(|member| &member.threads);
        if !self.is_still() || self.has_strangers() {
            return false;
        }
        let same = |pid: i32, thread: &Thread| {
            let mut now = Thread::read(pid, thread.tid());
            if let Some(now) = &mut now
                && now.stat.state == 't'
                && self.stopped.contains(&now.tid())
            {
                now.stat.state = 'T';
            }
            now.is_some_and(|now| now.is_still() && now.beat() == thread.beat())
        };
        let pids = self.members.iter().flat_map(|(pid, member)| member.threads.iter().map(move |_| *pid));
        let count = |(pid, member): (&i32, &Process)| {
            numbers(&format!("/proc/{pid}/task")).is_some_and(|tids| tids.len() == member.threads.len())
        };
        pids.zip(all).all(|(pid, thread)| same(pid, thread)) && self.members.iter().all(count)
    }

    /// Somebody lives who belongs to the members and is not listed: forked, or orphaned, after the list was
    /// made.
    fn has_strangers(&self) -> bool {
        let is_stranger = |pid: &i32| {
            let parent = self.others[pid].parent;
            self.members.contains_key(&parent) || (self.is_below_watcher(*pid) && self.has_any(*pid))
        };
        let living = |pid: &&i32| Some(**pid) != self.watcher && self.others[*pid].state != 'Z';
        self.others.keys().filter(living).any(is_stranger)
    }

    /// A descendant of the watcher.
    fn is_below_watcher(&self, pid: i32) -> bool {
        let mut at = pid;
        // Parents form no circle, but they are read one after the other.
        for _ in 0..64 {
            match self.others.get(&at) {
                Some(stat) if Some(stat.parent) == self.watcher => return true,
                Some(stat) => at = stat.parent,
                None => return false,
            }
        }
        true
    }

    /// It has something open that members have open, too: most likely one of them started it.
    fn has_any(&self, pid: i32) -> bool {
        self.holders.values().flatten().any(|holder| holder.pid == pid)
    }
}
