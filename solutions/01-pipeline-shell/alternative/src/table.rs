//! The descriptors a command is to have, as a table that is only carried out at the end.
//!
//! Nothing of psh itself moves while redirections are applied, so a builtin needs no undo, `3>&1 1>&2 2>&3` needs no
//! spare number, and the same list of moves serves posix_spawn(3) and a forked child.

use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::rc::Rc;

/// What a descriptor of the command is made from.
#[derive(Clone)]
enum Origin {
    /// A descriptor that stays open anyway.
    Inherited(RawFd),
    /// One that psh has only for this.
    Opened(Rc<OwnedFd>),
}

impl Origin {
    fn raw(&self) -> RawFd {
        match self {
            Self::Inherited(fd) => *fd,
            Self::Opened(fd) => fd.as_raw_fd(),
        }
    }
}

/// The descriptors of a command by number.
pub(crate) struct Table {
    slots: BTreeMap<RawFd, Origin>,
}

impl Table {
    /// Descriptors 0, 1 and 2 as psh has them.
    pub(crate) fn inherited() -> Self {
        Self { slots: (0..=2).map(|fd| (fd, Origin::Inherited(fd))).collect() }
    }

    /// `fd` is to be `file`.
    pub(crate) fn set(&mut self, fd: RawFd, file: Rc<OwnedFd>) {
        self.slots.insert(fd, Origin::Opened(file));
    }

    /// `fd` stays what it is in psh, under its own number.
    pub(crate) fn keep(&mut self, fd: RawFd) {
        self.slots.insert(fd, Origin::Inherited(fd));
    }

    /// `fd` is to be what `from` is; false if the command has no `from`.
    pub(crate) fn copy(&mut self, fd: RawFd, from: RawFd) -> bool {
        let origin = self.slots.get(&from).cloned();
        let found = origin.is_some();
        self.slots.extend(origin.map(|origin| (fd, origin)));
        found
    }

    /// Where psh itself finds descriptor `fd` of the command.
    pub(crate) fn now(&self, fd: RawFd) -> RawFd {
        self.slots.get(&fd).map_or(fd, Origin::raw)
    }

    /// The `dup2` calls that make the table true, in an order in which none destroys what a later one needs.
    /// Equal numbers mean: keep it open.
    pub(crate) fn moves(&self) -> Vec<(RawFd, RawFd)> {
        let all: Vec<_> = self.slots.iter().map(|(to, origin)| (origin.raw(), *to)).collect();
        let spare = all.iter().map(|(from, to)| 1 + *from.max(to)).max().unwrap_or(3);
        let (mut moves, mut open): (Vec<_>, Vec<_>) =
            all.into_iter().filter(|(from, to)| from != to || *to > 2).partition(|(from, to)| from == to);
        while !open.is_empty() {
            let free = open.iter().position(|(_, to)| open.iter().all(|(from, _)| from != to));
            match free {
                Some(at) => moves.push(open.remove(at)),
                None => {
                    // Only cycles are left: open one by a copy.
                    let first = open[0].0;
                    moves.push((first, spare));
                    open.iter_mut().filter(|(from, _)| *from == first).for_each(|(from, _)| *from = spare);
                }
            }
        }
        moves
    }

    /// The number `moves` may have used besides, to be closed before exec.
    pub(crate) fn spare(&self, moves: &[(RawFd, RawFd)]) -> Option<RawFd> {
        moves.iter().map(|(_, to)| *to).find(|to| !self.slots.contains_key(to))
    }
}
