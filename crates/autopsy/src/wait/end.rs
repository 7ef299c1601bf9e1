//! A wait on one descriptor: what it is open on, and who has the other end.

use std::cell::RefCell;
use std::collections::HashMap;

use super::Reader;
use crate::World;
use crate::borrow;
use crate::object::{Key, Object};
use crate::part::{Clue, Part, Waker};
use crate::proc::descriptor::Descriptor;
use crate::proc::process::Process;
use crate::snapshot::{End, Holder};
use crate::words::descriptor;

/// What somebody wants of a descriptor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    Read,
    Write,
}

/// How deep epoll sets inside epoll sets are followed.
const DEPTH: u32 = 4;

/// The other end of a pipe.
#[derive(Clone)]
pub(super) struct Side {
    part: Part,
    holders: String,
    is_check: bool,
    is_unseen: bool,
}

/// What has been found out about the other ends.
pub(super) type Sides = RefCell<HashMap<(Key, End), Side>>;

impl Reader<'_> {
    /// The wait of thread `tid` on its descriptor `number`. The text is `stdin, pipe A: it is empty, ...`.
    pub(super) fn end(&self, member: &Process, tid: i32, number: i32, want: Want) -> Part {
        self.end_at(member, tid, number, want, DEPTH)
    }

    fn end_at(&self, member: &Process, tid: i32, number: i32, want: Want, depth: u32) -> Part {
        let shown = descriptor(number);
        let Some(open) = member.table(tid).and_then(|table| table.get(&number)) else {
            return Part::alive(format!("{shown}, of which nothing can be seen"), "something unknown");
        };
        let object = &open.object;
        let named = format!("{shown}, {}", self.names.object(object));
        match object {
            Object::Pipe(_) | Object::Fifo { .. } => self.pipe(member, number, open, want),
            Object::Socket(inode) => self.socket(member, number, *inode, want),
            Object::Queue { .. } => self.message_queue(number, object, want),
            Object::Event { count, .. } => self.event(&named, object, *count, want),
            Object::Epoll(set) if depth > 0 => {
                let mut part = self.epoll_set(member, tid, set, |number, want| {
                    self.end_at(member, tid, number, want, depth - 1)
                });
                part.text = format!("{named}: {}", part.text);
                part
            }
            Object::Process(pid) => self.exit_of(&named, *pid),
            Object::Signals(mask) => self.signal_part(member, tid, *mask, named),
            Object::Timer { is_set: true } => Part::alive(format!("{named}, which is set"), "the clock"),
            Object::Timer { is_set: false } => {
                Part { anyone: true, ..Part::new(format!("{named}, which is not set: it can never fire")) }
            }
            Object::Terminal { index, .. } => self.terminal(&named, *index, want),
            Object::Device(_) => Part::alive(named, "the device"),
            Object::File { .. } => Part::alive(named, "the file system"),
            Object::Master(_) => Part::alive(named, "the programs at that terminal"),
            Object::Ring | Object::Other(_) | Object::Epoll(_) => Part::alive(named, "something unknown"),
        }
    }

    fn pipe(&self, member: &Process, number: i32, open: &Descriptor, want: Want) -> Part {
        let Some(key) = open.object.key() else { return Part::default() };
        let name = self.names.object(&open.object);
        let shown = descriptor(number);
        let side =
            self.side(key, want, if want == Want::Write || !open.reads { End::Read } else { End::Write });
        let Side { mut part, holders, is_check, is_unseen } = side;
        let text = match want {
            Want::Read if !open.reads => format!("{shown}, {name}: its read end is still open in {holders}"),
            _ if is_check => self.to_the_check(&shown, want),
            Want::Read if is_unseen => {
                format!("{shown}, {name}: it is empty, and who holds its write end cannot be seen")
            }
            Want::Write if is_unseen => {
                format!("{shown}, {name}: it is full, and who holds its read end cannot be seen")
            }
            Want::Read => format!(
                "{shown}, {name}: it is empty, and no end of file comes, because a write end is still open in \
                 {holders}"
            ),
            Want::Write => format!(
                "{shown}, {name}: it is full ({}), and nobody reads it; its read end is open in {holders}",
                full(member.pid, number)
            ),
        };
        part.text = text;
        let reads = want == Want::Read && open.reads;
        part.clues.push(if reads { Clue::Reads(number) } else { Clue::Writes(number) });
        self.hope_of_name(&mut part, open);
        part
    }

    /// Whoever knows a FIFO's name may open it.
    fn hope_of_name(&self, part: &mut Part, open: &Descriptor) {
        let Object::Fifo { name, .. } = &open.object else { return };
        if name.ends_with(" (deleted)") {
            return;
        }
        part.anyone = true;
        match self.snapshot.world {
            // A server opens its FIFO for both, so that it never sees an end: it is idle.
            World::Open if open.reads && open.writes => part.hope("whoever opens the FIFO and writes to it"),
            World::Open => part.hope_later("whoever opens the FIFO later"),
            World::Closed => {}
        }
    }

    /// The holders of the other end and what can be hoped of them: the same for all who wait there.
    fn side(&self, key: Key, want: Want, end: End) -> Side {
        if let Some(side) = self.sides.borrow().get(&(key.clone(), end)) {
            return side.clone();
        }
        let holders = self.snapshot.holders(&key, end);
        let mut part = Part::default();
        self.hope_of(&mut part, &holders, if end == End::Read { Want::Write } else { want });
        let is_check = holders.iter().all(|holder| Some(holder.pid) == self.snapshot.watcher);
        let side = Side {
            part,
            holders: self.names.holders(&holders),
            is_check: is_check && !holders.is_empty(),
            is_unseen: holders.is_empty(),
        };
        self.sides.borrow_mut().insert((key, end), side.clone());
        side
    }

    fn to_the_check(&self, shown: &str, want: Want) -> String {
        match (want, self.snapshot.world) {
            (Want::Read, World::Closed) => format!("{shown} from the check, which has sent all it will send"),
            (Want::Read, World::Open) => format!("{shown} from the check"),
            (Want::Write, _) => format!("{shown}, which the check reads"),
        }
    }

    /// Who of the holders of the other end can be hoped for.
    pub(super) fn hope_of(&self, part: &mut Part, holders: &[&Holder], want: Want) {
        if holders.is_empty() {
            // It is blocked, so that end exists: with another user, in flight, or in an io_uring.
            part.hope("whoever holds the other end: another user's process, or a descriptor in flight");
        }
        let mut silent = None;
        for holder in holders {
            if self.snapshot.members.contains_key(&holder.pid) {
                part.wakers.push(Waker { pid: holder.pid, number: Some(holder.number) });
            } else if want == Want::Read && self.snapshot.world == World::Closed {
                let is_check = Some(holder.pid) == self.snapshot.watcher;
                silent.get_or_insert(if is_check { Clue::FromCheck } else { Clue::FromOutside });
            } else {
                part.hope(self.names.who(holder.pid));
            }
        }
        part.clues.extend(silent.filter(|_| part.wakers.is_empty()));
    }

    fn event(&self, named: &str, object: &Object, count: u64, want: Want) -> Part {
        let Some(key) = object.key() else { return Part::default() };
        let holders = self.snapshot.holders(&key, End::Any);
        let mut part = Part::default();
        self.hope_of(&mut part, &holders, want);
        let state = match want {
            Want::Read if count > 0 => {
                part.hope("the count that is there");
                format!("whose count is {count}")
            }
            Want::Read => "whose count is 0".to_owned(),
            Want::Write => "whose count is as high as it can be".to_owned(),
        };
        part.clues.push(Clue::NobodyHas(self.names.object(object)));
        part.text = format!("{named}, {state}; it is open in {}", self.names.holders(&holders));
        part
    }

    fn exit_of(&self, named: &str, pid: i32) -> Part {
        let mut part = Part::new(format!("{named}: the end of {}", self.names.who(pid)));
        match self.snapshot.members.get(&pid) {
            Some(process) if process.is_zombie() => part.hope("its end, which has just come"),
            Some(_) => part.wake_by(pid),
            None => part.hope("a process outside"),
        }
        part
    }

    fn terminal(&self, named: &str, index: Option<u64>, want: Want) -> Part {
        let masters =
            index.map(|index| self.snapshot.holders(&Key::Pty(index), End::Any)).unwrap_or_default();
        let is_ours = !masters.is_empty() && masters.iter().all(|h| Some(h.pid) == self.snapshot.watcher);
        if is_ours && want == Want::Read && self.snapshot.world == World::Closed {
            let text = format!("{named}, from the check, which has sent all it will send");
            return Part { clues: vec![Clue::FromCheck], ..Part::new(text) };
        }
        let outside = if want == Want::Read { "whoever types at the terminal" } else { "the terminal" };
        Part::alive(named, outside)
    }
}

/// How full a pipe is: the kernel tells that only on a descriptor.
fn full(pid: i32, number: i32) -> String {
    match borrow::fill(pid, number) {
        Some(fill) => format!("{} of {} bytes", fill.bytes, fill.size),
        None => "how many bytes it holds may not be asked".to_owned(),
    }
}
