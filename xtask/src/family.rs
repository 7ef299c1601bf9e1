//! Keeps hold of every process below us: the referees and compilers that run, and what a dead referee left. Nothing
//! of a run outlives it, not even after Ctrl-C.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Command};
use std::sync::{Mutex, PoisonError};

use anyhow::Context as _;
use nix::errno::Errno;
use nix::sys::prctl::set_child_subreaper;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::waitpid;
use nix::unistd::{Pid, getpid};

/// The referees, and the compilers beside them, that run now.
#[derive(Debug, Default)]
pub struct Family {
    active: Mutex<BTreeSet<i32>>,
}

impl Family {
    /// Makes this process the one to which orphans below it come.
    ///
    /// # Errors
    /// When the kernel refuses; see `PR_SET_CHILD_SUBREAPER` in prctl(2).
    pub fn new() -> anyhow::Result<Self> {
        set_child_subreaper(true).context("become subreaper")?;
        Ok(Self::default())
    }

    /// Starts a referee, or a compiler that shall run beside referees.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn spawn(&self, command: &mut Command) -> std::io::Result<Child> {
        // The lock covers the moment in which the child exists but is not yet known.
        let mut active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        let child = command.spawn()?;
        active.insert(child.id().cast_signed());
        Ok(child)
    }

    /// Forgets a child that was waited for.
    pub fn forget(&self, child: &Child) {
        self.active.lock().unwrap_or_else(PoisonError::into_inner).remove(&child.id().cast_signed());
    }

    /// Does `work`, which writes a program, while no child is between fork and exec: until then, it holds what we have
    /// open, and execve(2) refuses a program that anybody has open for writing (`ETXTBSY`).
    pub fn while_nobody_starts<T>(&self, work: impl FnOnce() -> T) -> T {
        let _starting = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        work()
    }

    /// Kills and reaps every child that was not started here: what a killed referee had started. Their own
    /// children become ours in turn, so this goes on until there are none.
    pub fn sweep(&self) {
        let active = self.active.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let strays: Vec<Pid> =
                children().into_iter().filter(|pid| !active.contains(&pid.as_raw())).collect();
            if strays.is_empty() {
                return;
            }
            for stray in strays {
                // It may be a zombie already; then only the wait matters.
                let _ = kill(stray, Signal::SIGKILL);
                if waitpid(stray, None) == Err(Errno::ECHILD) {
                    return;
                }
            }
        }
    }
}

fn children() -> Vec<Pid> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let own = getpid().as_raw();
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| parent_of(*pid) == Some(own)).map(Pid::from_raw).collect()
}

fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in parentheses may hold anything; the fields count from its last parenthesis: state, ppid.
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}
