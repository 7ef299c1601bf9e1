//! Everything that is read about the members and their surroundings, once.

mod proof;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::object::{Key, Object};
use crate::proc::descriptor::{Descriptor, held};
use crate::proc::process::Process;
use crate::proc::stat::{self, Stat};
use crate::proc::thread::{Call, Thread};
use crate::proc::{numbers, text};
use crate::socket::Sockets;
use crate::{Scene, World, namespace};

/// Somebody who has an object open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Holder {
    pub(crate) pid: i32,
    pub(crate) number: i32,
    pub(crate) reads: bool,
    pub(crate) writes: bool,
    pub(crate) is_locked: bool,
}

/// Which holders of an object are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum End {
    Read,
    Write,
    Any,
}

/// How often a tree that changes is listed.
const LISTS: u32 = 5;

/// What was read.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) world: World,
    pub(crate) watcher: Option<i32>,
    pub(crate) members: BTreeMap<i32, Process>,
    /// Everybody else who can be seen.
    pub(crate) others: BTreeMap<i32, Stat>,
    /// Those of them whose descriptors may not be read.
    pub(crate) unreadable: BTreeSet<i32>,
    pub(crate) sockets: Sockets,
    holders: HashMap<Key, Vec<Holder>>,
    stopped: Vec<i32>,
}

impl Snapshot {
    /// Reads the world.
    pub(crate) fn take(scene: &Scene) -> Self {
        Self::first_look(scene).complete()
    }

    /// The same, unless somebody runs.
    pub(crate) fn take_if_still(scene: &Scene) -> Option<Self> {
        let look = Self::first_look(scene);
        look.is_still().then(|| look.complete())
    }

    /// Threads and what they sleep in: read before everything else, so that a last look can tell whether
    /// anybody has moved since.
    fn first_look(scene: &Scene) -> Self {
        let members = scene.members.iter().filter(|pid| Some(**pid) != scene.watcher);
        let members = members.filter_map(|pid| Some((*pid, Process::read(*pid)?))).collect();
        let mut look = Self {
            world: scene.world,
            watcher: scene.watcher,
            members,
            others: BTreeMap::new(),
            unreadable: BTreeSet::new(),
            sockets: Sockets::default(),
            holders: HashMap::new(),
            stopped: scene.stopped.clone(),
        };
        for thread in look.members.values_mut().flat_map(|member| &mut member.threads) {
            if thread.stat.state == 't' && look.stopped.contains(&thread.tid()) {
                thread.stat.state = 'T';
            }
        }
        look
    }

    /// A world of these members alone.
    #[cfg(test)]
    pub(crate) fn of(members: Vec<Process>) -> Self {
        let mut snapshot = Self::first_look(&Scene::default());
        snapshot.members = members.into_iter().map(|member| (member.pid, member)).collect();
        snapshot
    }

    fn is_still(&self) -> bool {
        self.members.values().flat_map(|member| &member.threads).all(Thread::is_still)
    }

    fn complete(mut self) -> Self {
        self.members.values_mut().for_each(Process::complete);
        self.read_sockets();
        self.index_members();
        self.read_others();
        self
    }

    fn read_sockets(&mut self) {
        let has_sockets = |member: &Process| {
            member
                .tables
                .iter()
                .flat_map(|(_, table)| table.values())
                .any(|d| matches!(d.object, Object::Socket(_)))
        };
        let mut seen = HashSet::new();
        for member in self.members.values().filter(|member| has_sockets(member)) {
            if seen.insert(member.network) {
                self.sockets.add_unix(namespace::netlink(member.pid, member.network));
                self.sockets.add_files(member.pid, member.network);
            }
        }
    }

    fn index_members(&mut self) {
        for (pid, member) in &self.members {
            for (number, descriptor) in member.tables.iter().flat_map(|(_, table)| table) {
                if let Some(key) = descriptor.object.key() {
                    self.holders.entry(key).or_default().push(holder(*pid, *number, descriptor));
                }
            }
        }
    }

    /// Those outside who have something open that members have open, or the other end of it.
    fn read_others(&mut self) {
        let wanted = self.wanted();
        for pid in numbers("/proc").unwrap_or_default() {
            if self.members.contains_key(&pid) {
                continue;
            }
            let Some(stat) = text(&format!("/proc/{pid}/stat")).as_deref().and_then(stat::parse) else {
                continue;
            };
            match numbers(&format!("/proc/{pid}/fd")) {
                Some(open) => {
                    for number in open {
                        if let Some((key, descriptor)) = held(pid, number, |key| wanted.contains(key)) {
                            self.holders.entry(key).or_default().push(holder(pid, number, &descriptor));
                        }
                    }
                }
                None if stat.is_kernel => {}
                None => {
                    self.unreadable.insert(pid);
                }
            }
            self.others.insert(pid, stat);
        }
    }

    /// The keys of which other holders matter.
    fn wanted(&self) -> HashSet<Key> {
        let mut wanted: HashSet<Key> = HashSet::new();
        let locking = self.locking();
        for descriptor in self.members.values().flat_map(|m| &m.tables).flat_map(|(_, table)| table.values())
        {
            let Some(key) = descriptor.object.key() else {
                if let Object::Terminal { index: Some(index), .. } = descriptor.object {
                    wanted.extend([Key::Pty(index), Key::name("/dev/ptmx")]);
                }
                continue;
            };
            if matches!(descriptor.object, Object::File { .. }) && !locking.contains(&key) {
                continue;
            }
            wanted.extend(descriptor.object.path().map(Key::name));
            if let Object::Socket(inode) = descriptor.object {
                let others = [self.sockets.peers(inode), self.sockets.listeners_of_client(inode)];
                wanted.extend(others.concat().into_iter().map(Key::Socket));
            }
            wanted.insert(key);
        }
        // Somebody may wait in connect(2) for a listener that no member has open.
        let listeners = self.sockets.all.iter().filter(|(_, socket)| socket.is_listening());
        wanted.extend(listeners.map(|(inode, _)| Key::Socket(*inode)));
        wanted
    }

    /// The files for whose locks a member waits.
    fn locking(&self) -> HashSet<Key> {
        let mut keys = HashSet::new();
        for member in self.members.values() {
            for thread in &member.threads {
                if let Call::Blocked { number: libc::SYS_flock | libc::SYS_fcntl, args } = thread.call {
                    let open = member.table(thread.tid()).and_then(|table| table.get(&(args[0] as i32)));
                    keys.extend(open.and_then(|descriptor| descriptor.object.key()));
                }
            }
        }
        keys
    }

    /// Everybody who has the object open that way.
    pub(crate) fn holders(&self, key: &Key, end: End) -> Vec<&Holder> {
        let is_meant = |holder: &&Holder| match end {
            End::Read => holder.reads,
            End::Write => holder.writes,
            End::Any => true,
        };
        self.holders.get(key).into_iter().flatten().filter(is_meant).collect()
    }

    /// The line of a process, member or not.
    pub(crate) fn stat(&self, pid: i32) -> Option<&Stat> {
        self.members.get(&pid).map(|member| &member.stat).or_else(|| self.others.get(&pid))
    }

    /// The children of `pid`: members and others.
    pub(crate) fn children(&self, pid: i32) -> Vec<i32> {
        let members = self.members.values().map(|member| (member.pid, &member.stat));
        let all = members.chain(self.others.iter().map(|(pid, stat)| (*pid, stat)));
        all.filter(|(_, stat)| stat.parent == pid).map(|(pid, _)| pid).collect()
    }

    /// Whether a process has ended and is not yet waited for.
    pub(crate) fn is_zombie(&self, pid: i32) -> bool {
        match self.members.get(&pid) {
            Some(member) => member.is_zombie(),
            None => self.others.get(&pid).is_some_and(|stat| stat.state == 'Z'),
        }
    }

    /// The member that has this id in the pid namespace of `of`.
    pub(crate) fn by_inner_pid(&self, inner: i32, of: &Process) -> Option<i32> {
        let depth = of.ids().len().checked_sub(1)?;
        let id = |member: &Process| member.ids().get(depth).copied();
        self.members.values().find(|member| id(member) == Some(inner)).map(|member| member.pid)
    }
}

fn holder(pid: i32, number: i32, descriptor: &Descriptor) -> Holder {
    let Descriptor { reads, writes, is_locked, .. } = *descriptor;
    Holder { pid, number, reads, writes, is_locked }
}

/// `root` and its descendants, without ourselves.
pub(crate) fn tree(root: i32) -> Vec<i32> {
    // An orphan that changes its parent while the list is read may be missed: two equal lists are right.
    let mut last = list(root);
    for _ in 0..LISTS {
        let next = list(root);
        if next == last {
            break;
        }
        last = next;
    }
    last
}

fn list(root: i32) -> Vec<i32> {
    let all: Vec<Stat> = numbers("/proc")
        .unwrap_or_default()
        .into_iter()
        .filter_map(|pid| stat::parse(&text(&format!("/proc/{pid}/stat"))?))
        .collect();
    let own = std::process::id().try_into().unwrap_or(0);
    descendants(root, &all).into_iter().filter(|pid| *pid != own).collect()
}

fn descendants(root: i32, all: &[Stat]) -> Vec<i32> {
    let mut found: Vec<i32> = all.iter().map(|stat| stat.id).filter(|id| *id == root).collect();
    let mut at = 0;
    while let Some(parent) = found.get(at).copied() {
        found
            .extend(all.iter().filter(|stat| stat.parent == parent && stat.id != parent).map(|stat| stat.id));
        at += 1;
    }
    found
}
