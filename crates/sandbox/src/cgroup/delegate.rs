//! Version 2: makes of our own group one that may have limited groups below it.
//!
//! A group with processes in it cannot give controllers to those below (cgroups(7), "no internal processes"). So whoever is
//! in it moves to a leaf first: only where systemd says that the group is ours to divide (`Delegate=yes`), for otherwise
//! we would move the shell of a user who did not ask for it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::sys;

/// Where the grader itself goes.
const LEAF: &str = "ipc-labs-leaf";
/// What the runs' groups need.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];
/// Rounds of moving: each takes along whoever was started during the one before.
const ROUNDS: usize = 100;

/// Gives the controllers to the groups below `own`.
pub(super) fn prepare(own: &Path) -> Result<()> {
    let there = words(&own.join("cgroup.controllers"))?;
    if let Some(missing) = CONTROLLERS.iter().find(|name| !there.iter().any(|word| word == *name)) {
        bail!("cgroup v2: {} has no controller {missing}", own.display());
    }
    let control = own.join("cgroup.subtree_control");
    let given = words(&control)?;
    if CONTROLLERS.iter().all(|name| given.iter().any(|word| word == name)) {
        return Ok(());
    }
    if !is_delegated(own) {
        bail!("cgroup v2: {} is not delegated", own.display());
    }
    make_room(own)?;
    let wanted = CONTROLLERS.map(|name| format!("+{name}")).join(" ");
    fs::write(&control, wanted).with_context(|| format!("write {}", control.display()))
}

/// systemd.resource-control(5), since version 251: a delegated group has this attribute.
fn is_delegated(own: &Path) -> bool {
    sys::extended_attribute(own, c"user.delegate").is_ok_and(|value| value == b"1")
}

/// Moves every process of `own` into the leaf.
fn make_room(own: &Path) -> Result<()> {
    let leaf = own.join(LEAF);
    if !leaf.is_dir() {
        fs::create_dir(&leaf).with_context(|| format!("make {}", leaf.display()))?;
    }
    let to = leaf.join("cgroup.procs");
    for _ in 0..ROUNDS {
        let pids = words(&own.join("cgroup.procs"))?;
        if pids.is_empty() {
            return Ok(());
        }
        for pid in pids {
            match fs::write(&to, &pid) {
                Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
                done => done.with_context(|| format!("move process {pid} to {}", leaf.display()))?,
            }
        }
    }
    bail!("cgroup v2: new processes keep coming to {}", own.display())
}

fn words(path: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
    Ok(text.split_whitespace().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that looks like a group.
    fn group(controllers: &str, given: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("cgroup.controllers"), controllers).expect("write");
        fs::write(folder.path().join("cgroup.subtree_control"), given).expect("write");
        folder
    }

    #[test]
    fn a_group_that_gives_its_controllers_already_is_left_alone() {
        let folder = group("cpu memory pids\n", "memory pids\n");
        prepare(folder.path()).expect("nothing is to be done");
        assert!(!folder.path().join(LEAF).exists());
    }

    #[test]
    fn without_delegation_nobody_is_moved() {
        let folder = group("memory pids\n", "\n");
        let error = format!("{:#}", prepare(folder.path()).expect_err("it is not delegated"));
        assert!(error.contains("not delegated"), "{error}");
        assert!(!folder.path().join(LEAF).exists());
        let error = format!("{:#}", prepare(group("memory\n", "").path()).expect_err("no pids"));
        assert!(error.contains("no controller pids"), "{error}");
    }
}
