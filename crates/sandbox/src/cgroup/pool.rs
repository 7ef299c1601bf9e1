//! The groups of this process: taken for a run, given back after it, removed at the end. As many are made as runs go side
//! by side, one for each slot.

use std::fs;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context, Result, anyhow};

use super::find::{Place, find};
use super::group::{Group, Version};
use super::watch::Watch;
use super::{Caps, Doors, delegate};
use crate::spec::{Level, Spec};

/// A group's name begins so; then come the grader's pid and a number.
const PREFIX: &str = "ipc-labs-";
/// Different reasons that are kept for the report.
const REASONS: usize = 8;

static POOL: Mutex<Pool> =
    Mutex::new(Pool { place: None, idle: Vec::new(), made: 0, fallbacks: Vec::new(), is_over: false });

struct Pool {
    /// Where groups are made, or why none can be; found out once.
    place: Option<Result<(Place, Version), String>>,
    idle: Vec<Group>,
    made: u32,
    /// Why runs had to do without a group that there should have been.
    fallbacks: Vec<String>,
    /// After [`remove_groups`]: what is given back is removed.
    is_over: bool,
}

/// A group, for one run.
#[derive(Debug)]
pub(crate) struct Lease {
    group: Option<Group>,
    procs: Vec<OwnedFd>,
    kill: Option<OwnedFd>,
    memory: u64,
    watch: Option<Watch>,
}

/// A group for `spec`, or `None`: then there is none here, or the reason is in [`memory_fallbacks`].
pub(crate) fn take(spec: &Spec, level: Level) -> Option<Lease> {
    let group = {
        let mut pool = pool();
        pool.place().ok()?;
        pool.idle.pop()
    };
    let lease = match group {
        // One that no longer takes its limits is replaced: somebody may have removed it.
        Some(group) => Lease::new(group, spec, level).or_else(|_| fresh(spec, level)),
        None => fresh(spec, level),
    };
    lease.inspect_err(|error| drop(fell_back(&format!("{error:#}")))).ok()
}

fn fresh(spec: &Spec, level: Level) -> Result<Lease> {
    let group = pool().make()?;
    Lease::new(group, spec, level)
}

impl Lease {
    fn new(mut group: Group, spec: &Spec, level: Level) -> Result<Self> {
        match ready(&mut group, spec, level) {
            Ok((procs, kill, watch)) => {
                let memory = Caps::of(spec).memory;
                Ok(Self { group: Some(group), procs, kill, memory, watch: Some(watch) })
            }
            Err(error) => {
                group.remove();
                Err(error)
            }
        }
    }

    /// The files that the helper inherits.
    pub(crate) fn doors(&self) -> Doors {
        Doors::of(&self.procs, self.kill.as_ref())
    }

    /// What tells whether the run has run out of memory, and the limit in bytes. Once.
    pub(crate) fn watch(&mut self) -> Option<(Watch, u64)> {
        Some((self.watch.take()?, self.memory))
    }

    /// Removes the group instead of giving it back: a process could not join it.
    pub(crate) fn discard(&mut self) {
        if let Some(group) = self.group.take() {
            group.remove();
        }
    }
}

fn ready(group: &mut Group, spec: &Spec, level: Level) -> Result<(Vec<OwnedFd>, Option<OwnedFd>, Watch)> {
    group.limit(Caps::of(spec))?;
    let kill = if level == Level::Full { None } else { group.killer()? };
    Ok((group.doors(level)?, kill, group.watch()?))
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(group) = self.group.take() else { return };
        let mut pool = pool();
        if pool.is_over { group.remove() } else { pool.idle.push(group) }
    }
}

impl Pool {
    /// Finds the place, sweeps it, and makes the first group, which alone proves that groups can be made.
    fn place(&mut self) -> Result<&(Place, Version), String> {
        if self.place.is_none() {
            let opened = self.open().map_err(|error| format!("{error:#}"));
            self.place = Some(opened);
        }
        match &self.place {
            Some(Ok(place)) => Ok(place),
            Some(Err(reason)) => Err(reason.clone()),
            None => Err("the place of cgroups was not looked for".to_owned()),
        }
    }

    fn open(&mut self) -> Result<(Place, Version)> {
        let read = |path: &str| fs::read_to_string(path).with_context(|| format!("read {path}"));
        let place =
            find(&read("/proc/self/mountinfo")?, &read("/proc/self/cgroup")?).map_err(|why| anyhow!(why))?;
        if let Place::V2 { own } = &place {
            delegate::prepare(own)?;
        }
        sweep(&place);
        let group = Group::new(&place, &self.name())?;
        let version = group.version();
        self.idle.push(group);
        Ok((place, version))
    }

    fn make(&mut self) -> Result<Group> {
        let name = self.name();
        let (place, _) = self.place().map_err(|why| anyhow!(why))?;
        Group::new(place, &name)
    }

    fn name(&mut self) -> String {
        self.made += 1;
        format!("{PREFIX}{}-{}", std::process::id(), self.made)
    }
}

fn pool() -> MutexGuard<'static, Pool> {
    POOL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The version of the groups that are made here.
pub(super) fn version() -> Result<Version, String> {
    pool().place().map(|(_, version)| *version)
}

/// Keeps a reason for the report, once; gives the sentence.
pub(crate) fn fell_back(reason: &str) -> String {
    let mut pool = pool();
    let said = format!("a run had no cgroup, only the watchdog: {reason}");
    if pool.fallbacks.len() < REASONS && !pool.fallbacks.contains(&said) {
        pool.fallbacks.push(said.clone());
    }
    said
}

/// Why runs of this process had to do without a control group although this machine has them: one sentence each, none
/// twice. Empty where all is well, and where there are no control groups at all.
#[must_use]
pub fn memory_fallbacks() -> Vec<String> {
    pool().fallbacks.clone()
}

/// Removes the control groups of this process: to be called at the end of each `main` that may have called
/// [`run`](crate::run). Groups of a process that was killed are removed by the next one that needs a group.
pub fn remove_groups() {
    let mut pool = pool();
    pool.is_over = true;
    pool.idle.drain(..).for_each(|group| group.remove());
}

/// Removes groups whose grader has gone. The kernel refuses where somebody is left inside.
fn sweep(place: &Place) {
    let parents: Vec<&PathBuf> = match place {
        Place::V2 { own } => vec![own],
        Place::V1 { memory, pids, unified } => {
            [Some(memory), Some(pids), unified.as_ref()].into_iter().flatten().collect()
        }
    };
    let entries = parents.into_iter().filter_map(|parent| fs::read_dir(parent).ok()).flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_str().and_then(grader_of).is_some_and(has_gone))
    {
        let _ = fs::remove_dir(entry.path());
    }
}

/// The pid in a group's name; `None` if it is not one of ours.
fn grader_of(name: &str) -> Option<u32> {
    let (pid, number) = name.strip_prefix(PREFIX)?.split_once('-')?;
    number.parse::<u32>().ok()?;
    pid.parse().ok()
}

fn has_gone(pid: u32) -> bool {
    !Path::new("/proc").join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Job;

    /// The pool is the process's, so this is the only test that takes from it.
    #[test]
    fn a_group_is_used_again_and_removed_at_the_end() {
        let spec = Spec::new(Job::Exec { argv: Vec::new(), cwd: "/".into() });
        if let Err(why) = version() {
            println!("skipped: {why}");
            return;
        }
        let folders = |lease: &Lease| -> Vec<PathBuf> {
            lease.group.as_ref().expect("it has a group").folders().cloned().collect()
        };
        let take = || take(&spec, Level::Full).expect("a group");
        let (first, second) = (take(), take());
        let (used, other) = (folders(&first), folders(&second));
        assert!(used != other, "two runs side by side have two groups");
        drop(first);
        let again = take();
        assert_eq!(folders(&again), used);
        drop(again);
        // Somebody takes it away between two runs.
        used.iter().for_each(|folder| fs::remove_dir(folder).expect("remove an idle group"));
        let replaced = take();
        let used = folders(&replaced);
        assert!(used.iter().all(|folder| folder.exists()));
        drop(replaced);
        remove_groups();
        assert!(used.iter().all(|folder| !folder.exists()));
        assert!(other.iter().all(|folder| folder.exists()), "it is still in use");
        drop(second);
        assert!(other.iter().all(|folder| !folder.exists()));
        assert_eq!(memory_fallbacks(), Vec::<String>::new());
    }

    #[test]
    fn only_groups_whose_grader_has_gone_are_swept() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // No process has this number: pids end at 2^22.
        let (gone, alive) = ("ipc-labs-99999999-1", format!("ipc-labs-{}-1", std::process::id()));
        for name in [gone, &alive, "ipc-labs-leaf", "user.slice", "ipc-labs-99999999-x"] {
            fs::create_dir(folder.path().join(name)).expect("make a group");
        }
        sweep(&Place::V2 { own: folder.path().to_owned() });
        let left = |name: &str| folder.path().join(name).exists();
        assert!(!left(gone));
        assert!([&alive, "ipc-labs-leaf", "user.slice", "ipc-labs-99999999-x"].into_iter().all(left));
    }
}
