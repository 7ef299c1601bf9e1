//! Which processes belong to a room, and how all of them are ended.
//!
//! A process belongs to a room if it is in the session of one of its programs, or descends from such a
//! process, or is an orphan (its parent is this process, the subreaper) that carries the room's token in
//! its environment. If the runner started this process for one check, every descendant belongs to it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use anyhow::Result;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use crate::process::{Proc, status_number};

/// The variable that marks every program of a room; its value is the room's token.
pub(crate) const TOKEN_VAR: &str = "IPC_LABS_ROOM";

/// What identifies a room's processes.
pub(crate) struct Tree {
    me: i32,
    entry: String,
    alone: bool,
    /// The programs started directly, each the leader of its own session.
    roots: Mutex<BTreeSet<i32>>,
    /// Those of them that somebody still waits for: nobody else may reap them.
    waited: Mutex<BTreeSet<i32>>,
}

impl Tree {
    pub(crate) fn new(token: &str, alone: bool) -> Self {
        Self {
            me: nix::unistd::getpid().as_raw(),
            entry: format!("{TOKEN_VAR}={token}"),
            alone,
            roots: Mutex::default(),
            waited: Mutex::default(),
        }
    }

    /// Starts a program by `spawn`, which gives its id. Nobody reaps it before its starter knows it.
    pub(crate) fn start_root<T>(&self, spawn: impl FnOnce() -> Result<(i32, T)>) -> Result<(i32, T)> {
        let mut waited = lock(&self.waited);
        let (pid, child) = spawn()?;
        waited.insert(pid);
        lock(&self.roots).insert(pid);
        Ok((pid, child))
    }

    /// The root `pid` was reaped. Its number stays known as a session as long as anybody is in it.
    pub(crate) fn root_ended(&self, pid: i32) {
        lock(&self.waited).remove(&pid);
        if !self.members().iter().any(|process| process.sid == pid) {
            lock(&self.roots).remove(&pid);
        }
    }

    /// Every process of the room, by id, zombies included; orphans that ended are reaped first.
    pub(crate) fn members(&self) -> Vec<Proc> {
        let roots = lock(&self.roots).clone();
        let all = Proc::all();
        let mut inside: BTreeSet<i32> =
            all.iter().filter(|p| roots.contains(&p.sid)).map(|p| p.pid).collect();
        let orphan = |p: &&Proc| p.ppid == self.me && (self.alone || p.has_environment(&self.entry));
        inside.extend(all.iter().filter(orphan).map(|p| p.pid));
        let mut inside = close(inside, &all);
        inside.remove(&self.me);
        let reaped = |p: &Proc| p.ppid == self.me && p.is_zombie() && self.reap(p.pid);
        let mut members: Vec<Proc> =
            all.into_iter().filter(|p| inside.contains(&p.pid) && !reaped(p)).collect();
        members.sort_by_key(|p| p.pid);
        members
    }

    /// `pid` and everything that descends from it. An orphan that left its session belongs to every program
    /// of the room: nobody can tell.
    pub(crate) fn below(&self, pid: i32) -> Vec<Proc> {
        let members = self.members();
        let roots = lock(&self.roots).clone();
        let of_others = |p: &&Proc| p.sid != pid && roots.contains(&p.sid);
        let others = close(members.iter().filter(of_others).map(|p| p.pid).collect(), &members);
        members.into_iter().filter(|p| !others.contains(&p.pid)).collect()
    }

    /// Reaps an orphan, unless its starter or a tracer thread of this process will.
    fn reap(&self, pid: i32) -> bool {
        let waited = lock(&self.waited);
        if waited.contains(&pid) || status_number(pid, "TracerPid").is_some_and(|tracer| tracer != 0) {
            return false;
        }
        let ended = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG | WaitPidFlag::__WALL));
        matches!(ended, Ok(WaitStatus::Exited(..) | WaitStatus::Signaled(..)) | Err(Errno::ECHILD))
    }

    /// Sends SIGKILL to every process of the room; true if there was none alive.
    pub(crate) fn kill_all(&self) -> bool {
        let alive: Vec<Proc> = self.members().into_iter().filter(|p| !p.is_zombie()).collect();
        for process in &alive {
            match kill(Pid::from_raw(process.pid), Signal::SIGKILL) {
                // ESRCH: it has ended since.
                Ok(()) | Err(Errno::ESRCH) => {}
                Err(error) => eprintln!("testkit: kill {} (pid {}): {error}", process.name, process.pid),
            }
        }
        alive.is_empty()
    }
}

/// Adds all descendants.
fn close(mut inside: BTreeSet<i32>, all: &[Proc]) -> BTreeSet<i32> {
    loop {
        let before = inside.len();
        inside.extend(all.iter().filter(|p| inside.contains(&p.ppid)).map(|p| p.pid).collect::<Vec<_>>());
        if inside.len() == before {
            return inside;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
