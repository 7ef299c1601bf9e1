//! Waits for children: wait4(2), waitid(2).

use super::Reader;
use crate::object::Object;
use crate::part::{Clue, Part};
use crate::proc::process::Process;
use crate::words::count;

impl Reader<'_> {
    /// wait4(2): one child, any, or those of a process group.
    pub(super) fn wait4(&self, member: &Process, which: i32) -> Part {
        match which {
            -1 => self.children_wait(member, self.snapshot.children(member.pid), false),
            0 => self.group_wait(member, member.stat.group),
            1.. => self.one_child(member, which),
            _ => self.group_wait_inner(member, which.saturating_neg()),
        }
    }

    /// waitid(2): P_ALL, P_PID, P_PGID or P_PIDFD.
    pub(super) fn waitid(&self, member: &Process, tid: i32, kind: u64, id: i32) -> Part {
        let kind = kind as libc::idtype_t;
        match kind {
            libc::P_PID => self.one_child(member, id),
            libc::P_PGID if id == 0 => self.group_wait(member, member.stat.group),
            libc::P_PGID => self.group_wait_inner(member, id),
            libc::P_PIDFD => {
                match member.table(tid).and_then(|table| table.get(&id)).map(|open| &open.object) {
                    Some(Object::Process(pid)) => self.children_wait(member, vec![*pid], true),
                    _ => Part::alive("waits for a child through a pidfd", "something unknown"),
                }
            }
            _ => self.children_wait(member, self.snapshot.children(member.pid), false),
        }
    }

    /// vfork(2), and what posix_spawn(3) makes of it: the parent sleeps until the child calls exec or ends.
    pub(super) fn vfork_wait(&self, member: &Process) -> Part {
        let mut part = self.children_wait(member, self.snapshot.children(member.pid), false);
        part.text = part.text.replacen("waits for", "waits in vfork for", 1).replacen(
            "to exit",
            "to call exec or to exit",
            1,
        );
        part
    }

    /// A child by the number it has in the waiting program's own namespace.
    fn one_child(&self, member: &Process, inner: i32) -> Part {
        let pid = self.snapshot.by_inner_pid(inner, member).unwrap_or(inner);
        self.children_wait(member, vec![pid], true)
    }

    fn group_wait_inner(&self, member: &Process, inner: i32) -> Part {
        self.group_wait(member, self.snapshot.by_inner_pid(inner, member).unwrap_or(inner))
    }

    fn group_wait(&self, member: &Process, group: i32) -> Part {
        let is_in = |pid: &i32| self.snapshot.stat(*pid).is_some_and(|stat| stat.group == group);
        let children = self.snapshot.children(member.pid).into_iter().filter(is_in).collect();
        self.children_wait(member, children, false)
    }

    /// Any process without a parent's hand on it may also be waited for by its tracer.
    fn children_wait(&self, member: &Process, mut children: Vec<i32>, is_one: bool) -> Part {
        let traces = |pid: &i32| {
            self.snapshot
                .members
                .get(pid)
                .is_some_and(|other| other.threads.iter().any(|thread| thread.status.tracer == member.pid))
        };
        if !is_one {
            children.extend(self.snapshot.members.keys().filter(|pid| traces(pid)));
        }
        children.retain(|pid| self.snapshot.stat(*pid).is_some());
        let (dead, living): (Vec<i32>, Vec<i32>) =
            children.into_iter().partition(|pid| self.snapshot.is_zombie(*pid));
        let mut part = Part::default();
        if !dead.is_empty() {
            part.hope("the end of a child, which has just come");
        } else if living.is_empty() {
            part.hope("a child that cannot be seen");
        }
        for &pid in &living {
            if self.snapshot.members.contains_key(&pid) {
                part.wake_by(pid)
            } else {
                part.hope(self.names.who(pid))
            }
            self.note_stopped(pid, &mut part);
        }
        part.text = match living.as_slice() {
            [] => "waits for a child to exit".to_owned(),
            [one] => format!("waits for {} to exit", self.names.who(*one)),
            many => format!("waits for a child to exit: {}", self.names.all(many, "or")),
        };
        if is_one {
            part.clues.extend(living.first().map(|pid| Clue::OneChild(*pid)));
            self.note_zombies(member, &mut part);
        }
        part
    }

    fn note_stopped(&self, pid: i32, part: &mut Part) {
        let is_stopped = self.snapshot.members.get(&pid).is_some_and(|child| child.stat.state == 'T');
        if is_stopped {
            part.notes.push(format!(
                "{} is stopped, not ended: waitpid tells that only with WUNTRACED",
                self.names.brief(pid)
            ));
        }
    }

    fn note_zombies(&self, member: &Process, part: &mut Part) {
        let children = self.snapshot.children(member.pid);
        let zombies = children.iter().filter(|pid| self.snapshot.is_zombie(**pid)).count();
        if zombies > 0 {
            let children = count(zombies, "other child has", "other children have");
            part.notes.push(format!("meanwhile {children} ended: wait for any child (-1) to collect them"));
        }
    }
}
