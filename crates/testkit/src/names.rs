//! Names that outlive processes: POSIX shared memory and queues, System V ids. (An abstract socket's name
//! ends with the last process that holds it, so the law about processes covers it.)

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::process::Proc;

/// The names that existed at one moment, each in a student's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names(BTreeSet<String>);

impl Names {
    pub(crate) fn now() -> Self {
        let mut names = BTreeSet::new();
        files("/dev/shm", &mut names);
        files("/dev/mqueue", &mut names);
        for (file, kind) in [("shm", "shared memory"), ("msg", "message queue"), ("sem", "semaphore set")] {
            system_v(file, kind, &mut names);
        }
        Self(names)
    }

    /// What has come since `before` and is in nobody's hands outside the room.
    pub(crate) fn since(&self, before: &Self) -> Vec<String> {
        let new: Vec<String> = self.0.difference(&before.0).cloned().collect();
        if new.is_empty() {
            return new;
        }
        let used = used_files();
        new.into_iter().filter(|name| !used.contains(name.as_str())).collect()
    }
}

fn files(folder: &str, names: &mut BTreeSet<String>) {
    let me = nix::unistd::geteuid().as_raw();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.metadata().is_ok_and(|meta| meta.uid() == me) {
            names.insert(entry.path().to_string_lossy().into_owned());
        }
    }
}

fn system_v(file: &str, kind: &str, names: &mut BTreeSet<String>) {
    let me = nix::unistd::geteuid().as_raw().to_string();
    let text = fs::read_to_string(Path::new("/proc/sysvipc").join(file)).unwrap_or_default();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
    let Some(uid) = header.iter().position(|&column| column == "uid") else { return };
    for line in lines {
        let field: Vec<&str> = line.split_whitespace().collect();
        if let (Some(key), Some(id)) = (field.first(), field.get(1))
            && field.get(uid) == Some(&me.as_str())
        {
            names.insert(format!("System V {kind} {id} (key {key})"));
        }
    }
}

/// Files that some process has open or mapped: they are in use, not left.
fn used_files() -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for process in Proc::all() {
        used.extend(process.descriptors().into_iter().map(|fd| fd.target));
        let maps = fs::read_to_string(format!("/proc/{}/maps", process.pid)).unwrap_or_default();
        used.extend(maps.lines().filter_map(|line| Some(line[line.find("/dev/")?..].to_owned())));
    }
    used
}
