//! Who holds which end of what, now and before.

use std::collections::{BTreeMap, HashMap};

use crate::calls::duplicates;
use crate::descriptors::{self, Open};
use crate::memory::pair;
use crate::model::{Call, Does, GaveUp, Hold, Kind, Moment, Object, Side, Use};

/// A descriptor that is open now.
#[derive(Debug, Clone)]
struct Held {
    open: Open,
    object: usize,
    /// Its place among the holds, if it is of a kind that is recorded.
    hold: Option<usize>,
}

/// Who makes a call: a place among the processes, its pid, the thread.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller {
    pub(crate) process: usize,
    pub(crate) pid: i32,
    pub(crate) tid: i32,
}

#[derive(Default)]
pub(crate) struct Holdings {
    holds: Vec<Hold>,
    tables: HashMap<usize, BTreeMap<i32, Held>>,
    /// The object that a link stands for now; the kernel gives numbers of dead pipes away again.
    known: HashMap<String, usize>,
    letters: usize,
}

impl Holdings {
    /// What a descriptor stands for.
    pub(crate) fn using(&self, process: usize, fd: i32) -> Use {
        match self.tables.get(&process).and_then(|table| table.get(&fd)) {
            Some(held) => Use { fd, object: Some(held.object), side: held.open.side },
            None => Use { fd, object: None, side: Side::Both },
        }
    }

    /// Everything a process has open.
    pub(crate) fn all(&self, process: usize) -> Vec<Use> {
        let table = self.tables.get(&process);
        table.into_iter().flat_map(|table| table.keys()).map(|&fd| self.using(process, fd)).collect()
    }

    /// Reads all descriptors of a process again.
    pub(crate) fn read_all(
        &mut self,
        objects: &mut Vec<Object>,
        process: usize,
        pid: i32,
        moment: Moment,
        how: GaveUp,
    ) {
        let mut now = descriptors::all(pid);
        for &fd in self.tables.entry(process).or_default().keys() {
            now.entry(fd).or_insert_with(gone);
        }
        for (fd, open) in now {
            self.set(objects, process, fd, Some(open).filter(|open| !open.target.is_empty()), (moment, how));
        }
    }

    /// Takes note of what a call has done to the descriptors of its process.
    pub(crate) fn follow(
        &mut self,
        objects: &mut Vec<Object>,
        Caller { process, pid, tid }: Caller,
        call: &Call,
        args: &[u64; 6],
        moment: Moment,
    ) {
        let Some(Ok(result)) = call.result else { return };
        let mut one = |fd: i32, is_new: bool| {
            let open = descriptors::one(pid, fd);
            if let Some(open) = open.as_ref().filter(|_| is_new) {
                self.known.remove(&open.target);
            }
            self.set(objects, process, fd, open, (moment, GaveUp::Closed));
        };
        match &call.does {
            Does::Pipe(_) => {
                let address = if call.name == "socketpair" { args[3] } else { args[0] };
                let Some([first, second]) = pair(tid, address) else { return };
                one(first, true);
                one(second, call.name == "socketpair");
                let ends = [first, second].map(|fd| self.using(process, fd).object);
                for object in ends.into_iter().flatten() {
                    objects[object].outside = false;
                }
            }
            Does::Duplicate { .. } | Does::Open(..) => one(result as i32, false),
            Does::Make(_) => one(result as i32, true),
            Does::On(_) if call.name.starts_with("accept") => one(result as i32, true),
            Does::Close(_) if call.name == "close" => one(args[0] as i32, false),
            Does::Close(_) => self.read_all(objects, process, pid, moment, GaveUp::Closed),
            // A message may have brought descriptors.
            Does::Read(_) if call.name == "recvmsg" => {
                self.read_all(objects, process, pid, moment, GaveUp::Closed);
            }
            _ => debug_assert!(!duplicates(call.name, args)),
        }
    }

    /// A process ends.
    pub(crate) fn drop_all(&mut self, process: usize, moment: Moment) {
        for held in self.tables.remove(&process).unwrap_or_default().into_values() {
            self.give_up(&held, (moment, GaveUp::Ended));
        }
    }

    pub(crate) fn finish(self) -> Vec<Hold> {
        self.holds
    }

    fn set(
        &mut self,
        objects: &mut Vec<Object>,
        process: usize,
        fd: i32,
        open: Option<Open>,
        (moment, how): (Moment, GaveUp),
    ) {
        let before = self.tables.entry(process).or_default().remove(&fd);
        let Some(open) = open else {
            if let Some(held) = before {
                self.give_up(&held, (moment, how));
            }
            return;
        };
        let object = self.object(objects, &open, process == 0 && moment <= 1);
        if let Some(held) = before {
            if held.object == object && held.open == open {
                self.tables.entry(process).or_default().insert(fd, held);
                return;
            }
            self.give_up(&held, (moment, how));
        }
        let hold = objects[object].is_channel().then(|| {
            self.holds.push(Hold { process, fd, object, side: open.side, from: moment, to: None });
            self.holds.len() - 1
        });
        self.tables.entry(process).or_default().insert(fd, Held { open, object, hold });
    }

    fn give_up(&mut self, held: &Held, when: (Moment, GaveUp)) {
        if let Some(hold) = held.hold {
            self.holds[hold].to = Some(when);
        }
    }

    /// The object behind a link. What the program was given at its start has a name by its use; a pipe that
    /// it makes gets a letter.
    fn object(&mut self, objects: &mut Vec<Object>, open: &Open, is_given: bool) -> usize {
        if let Some(&object) = self.known.get(&open.target) {
            return object;
        }
        let name = match open.kind {
            Kind::Terminal => "terminal".to_owned(),
            Kind::Pipe | Kind::Socket if is_given => match open.side {
                Side::Read => "input".to_owned(),
                Side::Write => "output".to_owned(),
                Side::Both => "socket".to_owned(),
            },
            Kind::Pipe | Kind::Socket if !open.target.starts_with('/') => {
                self.letters += 1;
                letter(self.letters - 1)
            }
            Kind::Other => open.target.trim_start_matches("anon_inode:").trim_matches(['[', ']']).to_owned(),
            _ => open.target.trim_end_matches(" (deleted)").to_owned(),
        };
        objects.push(Object { kind: open.kind, name, outside: true });
        self.known.insert(open.target.clone(), objects.len() - 1);
        objects.len() - 1
    }
}

/// Stands for a descriptor that is not open any more.
fn gone() -> Open {
    Open { target: String::new(), kind: Kind::Other, side: Side::Both }
}

/// A to Z, then A1, B1 and so on.
fn letter(place: usize) -> String {
    let letter = char::from(b'A' + (place % 26) as u8);
    match place / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}
