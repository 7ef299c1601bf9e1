//! File locks: flock(2) and fcntl(2).

use super::Reader;
use crate::part::{Clue, Part, Waker};
use crate::proc::process::Process;
use crate::snapshot::End;
use crate::words::descriptor;

impl Reader<'_> {
    /// A wait for a lock on the file open as `number`.
    pub(super) fn lock(&self, member: &Process, tid: i32, number: i32) -> Part {
        let open = member.table(tid).and_then(|table| table.get(&number));
        let Some((open, key)) = open.and_then(|open| Some((open, open.object.key()?))) else {
            return Part::alive(format!("waits for a lock on {}", descriptor(number)), "something unknown");
        };
        let mut holders = self.snapshot.holders(&key, End::Any);
        holders.retain(|holder| holder.is_locked);
        let mut part = Part { clues: vec![Clue::Locked], ..Part::default() };
        for holder in &holders {
            if self.snapshot.members.contains_key(&holder.pid) {
                part.wakers.push(Waker { pid: holder.pid, number: Some(holder.number) });
            } else {
                part.hope(self.names.who(holder.pid));
            }
        }
        if !holders.is_empty() && holders.iter().all(|holder| holder.pid == member.pid) {
            part.clues = vec![Clue::OwnLock];
        }
        let name = self.names.object(&open.object);
        part.text = if holders.is_empty() {
            part.hope("whoever holds the lock");
            format!("waits for a lock on {name}; who holds it cannot be seen")
        } else {
            format!("waits for a lock on {name}, held by {}", self.names.holders(&holders))
        };
        part
    }
}
