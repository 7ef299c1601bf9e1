//! Names, letters and numbers in a student's words. Nothing a program named itself can steer a terminal.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::Role;
use crate::object::{Key, Object};
use crate::proc::process::{Process, file_id};
use crate::proc::thread::Thread;
use crate::snapshot::{Holder, Snapshot};

/// The longest program name and path shown, in characters.
const NAME: usize = 40;
const PATH: usize = 80;
/// How many holders are named; the others are counted.
const NAMED: usize = 4;

/// Gives names to processes and letters to what has no name.
pub(crate) struct Names<'a> {
    snapshot: &'a Snapshot,
    roles: Vec<(Option<(u64, u64)>, &'a Role)>,
    /// The names of members without their numbers, and how many members have each.
    plain: BTreeMap<i32, String>,
    alike: BTreeMap<String, usize>,
    letters: RefCell<Vec<Key>>,
}

impl<'a> Names<'a> {
    pub(crate) fn new(snapshot: &'a Snapshot, roles: &'a [Role]) -> Self {
        let roles = roles.iter().map(|role| (file_id(&role.exe), role)).collect();
        let (plain, alike, letters) = Default::default();
        let mut names = Self { snapshot, roles, plain, alike, letters };
        for member in snapshot.members.values() {
            let name = names.plain(member);
            *names.alike.entry(name.clone()).or_default() += 1;
            names.plain.insert(member.pid, name);
        }
        names
    }

    /// A process with its number: `your shell (psh, pid 12)`.
    pub(crate) fn who(&self, pid: i32) -> String {
        self.named(pid, "")
    }

    /// The same with `more` beside the number.
    fn named(&self, pid: i32, more: &str) -> String {
        if Some(pid) == self.snapshot.watcher {
            return "the check".to_owned();
        }
        let Some(member) = self.snapshot.members.get(&pid) else {
            return match self.snapshot.others.get(&pid) {
                Some(stat) => format!("`{}` (pid {pid}{more})", printable(&stat.comm, NAME)),
                None => format!("pid {pid}, which is gone"),
            };
        };
        let plain = self.plain.get(&pid).map_or("", String::as_str);
        let inner = member.inner_pid();
        let inner = if inner == pid { String::new() } else { format!(", inside {inner}") };
        let name = match self.role(member) {
            Some(_) if !self.is_plain_copy(member) => format!("{}, ", program(member)),
            _ => String::new(),
        };
        format!("{plain} ({name}pid {pid}{inner}{more})")
    }

    /// A process without its number, where no other member has the same name.
    pub(crate) fn brief(&self, pid: i32) -> String {
        match self.plain.get(&pid) {
            Some(name) if self.alike.get(name) == Some(&1) => name.clone(),
            _ => self.who(pid),
        }
    }

    /// Whether a role names the program of a member.
    pub(crate) fn has_role(&self, pid: i32) -> bool {
        self.snapshot.members.get(&pid).is_some_and(|member| self.role(member).is_some())
    }

    /// A thread: its process, and where that has several, which one.
    pub(crate) fn thread(&self, member: &Process, thread: &Thread) -> String {
        if member.living().count() < 2 {
            return self.who(member.pid);
        }
        let comm = printable(&thread.stat.comm, NAME);
        format!("thread `{comm}` ({}) of {}", thread.tid(), self.who(member.pid))
    }

    /// Several processes: `a, b and c`.
    pub(crate) fn all(&self, pids: &[i32], last: &str) -> String {
        list(&pids.iter().map(|pid| self.brief(*pid)).collect::<Vec<_>>(), last)
    }

    /// Who has something open, and as which descriptor.
    pub(crate) fn holders(&self, holders: &[&Holder]) -> String {
        let mut by_process: BTreeMap<(bool, i32), Vec<String>> = BTreeMap::new();
        for holder in holders {
            let is_other = !self.snapshot.members.contains_key(&holder.pid);
            by_process.entry((is_other, holder.pid)).or_default().push(descriptor(holder.number));
        }
        if let [((_, pid), numbers)] = by_process.iter().collect::<Vec<_>>().as_slice()
            && Some(*pid) != self.snapshot.watcher
        {
            return format!("{}, {}", self.who(*pid), numbers.join(" and "));
        }
        let one = |((_, pid), numbers): (&(bool, i32), &Vec<String>)| {
            self.named(*pid, &format!(", {}", numbers.join(" and ")))
        };
        list(&by_process.iter().map(one).collect::<Vec<_>>(), "and")
    }

    /// What a descriptor is open on: `pipe A`, `the FIFO /tmp/f`.
    pub(crate) fn object(&self, object: &Object) -> String {
        match object {
            Object::Pipe(inode) => format!("pipe {}", self.letter(Key::Pipe(*inode))),
            Object::Socket(inode) => format!("socket {}", self.letter(self.connection(*inode))),
            Object::Event { id, .. } => format!("eventfd {}", self.letter(Key::Event(*id))),
            Object::Fifo { name, .. } => format!("the FIFO {}", path(name)),
            Object::Queue { name, .. } => format!("the message queue {}", path(name)),
            Object::File { name, .. } | Object::Device(name) => path(name),
            Object::Terminal { name, .. } => format!("the terminal {}", path(name)),
            Object::Master(_) => "the master side of a terminal".to_owned(),
            Object::Signals(_) => "a signalfd".to_owned(),
            Object::Timer { .. } => "a timerfd".to_owned(),
            Object::Epoll(_) => "an epoll set".to_owned(),
            Object::Process(_) => "a pidfd".to_owned(),
            Object::Ring => "an io_uring".to_owned(),
            Object::Other(name) => path(name),
        }
    }

    /// Both ends of a connection have one letter.
    fn connection(&self, inode: u64) -> Key {
        let peers = self.snapshot.sockets.peers(inode);
        Key::Socket(peers.into_iter().fold(inode, u64::min))
    }

    fn letter(&self, key: Key) -> String {
        let mut letters = self.letters.borrow_mut();
        let place = letters.iter().position(|known| *known == key).unwrap_or_else(|| {
            letters.push(key);
            letters.len() - 1
        });
        letter(place)
    }

    fn role(&self, member: &Process) -> Option<&Role> {
        let Some(exe) = member.exe.as_ref() else {
            // A zombie runs no file any more: its name is all that is left.
            let is_it =
                |role: &Role| role.exe.file_name().is_some_and(|name| is_cut_from(&member.stat.comm, name));
            return self.roles.iter().map(|(_, role)| *role).find(|role| is_it(role));
        };
        let is_it = |(file, role): &&(Option<(u64, u64)>, &'a Role)| {
            role.exe == *exe || (file.is_some() && *file == member.program)
        };
        self.roles.iter().find(is_it).map(|(_, role)| *role)
    }

    /// Forked from a program and not yet become another, by name or by exec.
    fn is_plain_copy(&self, member: &Process) -> bool {
        if !member.stat.is_copy {
            return false;
        }
        match (self.role(member), self.snapshot.members.get(&member.stat.parent)) {
            (Some(role), _)
                if role.exe.file_name().is_some_and(|name| is_cut_from(&member.stat.comm, name)) =>
            {
                true
            }
            (_, Some(parent)) => parent.stat.comm == member.stat.comm,
            (_, None) => false,
        }
    }

    fn plain(&self, member: &Process) -> String {
        match self.role(member) {
            Some(role) if member.stat.is_copy => format!("a copy of {}", role.words),
            Some(role) => role.words.clone(),
            None if self.is_plain_copy(member) => format!("a copy of `{}`", program(member)),
            None => format!("`{}`", program(member)),
        }
    }
}

/// The program's name. The kernel cuts it to 15 bytes; the file it runs may tell the rest.
fn program(member: &Process) -> String {
    let file = member.exe.as_ref().and_then(|exe| exe.file_name());
    let name = match file {
        Some(file) if member.stat.comm.len() == 15 && is_cut_from(&member.stat.comm, file) => {
            file.to_string_lossy()
        }
        _ => member.stat.comm.as_str().into(),
    };
    printable(&name, NAME)
}

fn is_cut_from(comm: &str, name: &std::ffi::OsStr) -> bool {
    use std::os::unix::ffi::OsStrExt as _;
    let name = name.as_bytes();
    name[..name.len().min(15)] == *comm.as_bytes()
}

/// `stdin`, `stdout`, `stderr`, `fd 5`.
pub(crate) fn descriptor(number: i32) -> String {
    match number {
        0 => "stdin".to_owned(),
        1 => "stdout".to_owned(),
        2 => "stderr".to_owned(),
        _ => format!("fd {number}"),
    }
}

/// A path, made safe to print.
pub(crate) fn path(text: &str) -> String {
    printable(text.trim_end_matches(" (deleted)"), PATH)
}

/// `a, b and c`; from the fifth on they are counted.
pub(crate) fn list(parts: &[String], last: &str) -> String {
    match parts {
        [] => "nobody".to_owned(),
        [one] => one.clone(),
        parts if parts.len() > NAMED => {
            format!("{} {last} {} more", parts[..NAMED - 1].join(", "), parts.len() - NAMED + 1)
        }
        [head @ .., tail] => format!("{} {last} {tail}", head.join(", ")),
    }
}

/// `1 child`, `2 children`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
}

/// A to Z, then A1, B1 and so on.
fn letter(place: usize) -> String {
    let letter = char::from(b'A' + (place % 26) as u8);
    match place / 26 {
        0 => letter.to_string(),
        round => format!("{letter}{round}"),
    }
}

/// At most `chars` characters; control characters and direction marks as escapes.
pub(crate) fn printable(text: &str, chars: usize) -> String {
    let is_mark = |c| matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    let mut shown = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == chars {
            shown.push('…');
            break;
        }
        if c.is_control() || is_mark(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

#[cfg(test)]
mod tests;
