//! Names that outlive processes: POSIX shared memory and queues, System V ids. (An abstract socket's name
//! ends with the last process that holds it, so the law about processes covers it.)
//!
//! In the grader's sandbox each name is the room's, for nobody else is there. On a student's machine others
//! make names too, so there a name counts only with [`Evidence`]; in doubt nobody is accused.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use crate::process::Proc;

/// The folders of POSIX shared memory and queues.
const FOLDERS: [&str; 2] = ["/dev/shm", "/dev/mqueue"];
/// The tables of System V: file in `/proc/sysvipc`, a student's word, the columns that hold process ids.
const TABLES: [(&str, &str, &[&str]); 3] = [
    ("shm", "shared memory", &["cpid", "lpid"]),
    ("msg", "message queue", &["lspid", "lrpid"]),
    ("sem", "semaphore set", &[]),
];

/// The names that existed at one moment, each in a student's words, with the ids of those who are known to
/// have made or used it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names(BTreeMap<String, Vec<i32>>);

/// What makes a name the room's own.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    /// Every process of the room that was ever seen: who made or used a System V id is in its table.
    pub(crate) processes: BTreeSet<i32>,
    /// Files that one of them was seen to have open or mapped.
    pub(crate) files: BTreeSet<String>,
    /// Random words of the room: nobody else names a file so.
    pub(crate) words: Vec<String>,
}

impl Evidence {
    fn speaks_for(&self, name: &str, pids: &[i32]) -> bool {
        self.files.contains(name)
            || self.words.iter().any(|word| name.contains(word))
            || pids.iter().any(|pid| self.processes.contains(pid))
    }
}

impl Names {
    pub(crate) fn now() -> Self {
        let mut names = BTreeMap::new();
        names.extend(files().into_iter().map(|name| (name, Vec::new())));
        for (file, kind, columns) in TABLES {
            let text = fs::read_to_string(Path::new("/proc/sysvipc").join(file)).unwrap_or_default();
            system_v(&text, kind, columns, &mut names);
        }
        Self(names)
    }

    /// What has come since `before`, is in nobody's hands, and is the room's: `None` stands for a world in
    /// which everything is.
    pub(crate) fn since(&self, before: &Self, evidence: Option<&Evidence>) -> Vec<String> {
        let new = self.0.iter().filter(|(name, _)| !before.0.contains_key(*name));
        let ours = |name: &str, pids: &[i32]| evidence.is_none_or(|known| known.speaks_for(name, pids));
        let left: Vec<&String> = new.filter(|(name, pids)| ours(name, pids)).map(|(name, _)| name).collect();
        if left.is_empty() {
            return Vec::new();
        }
        let used: BTreeSet<String> = Proc::all().iter().flat_map(held).collect();
        left.into_iter().filter(|name| !used.contains(*name)).cloned().collect()
    }

    /// Files of shared memory and queues that have come since these names and that one of `processes` holds.
    pub(crate) fn new_files_of(&self, processes: &[Proc]) -> Vec<String> {
        let new: BTreeSet<String> = files().into_iter().filter(|name| !self.0.contains_key(name)).collect();
        if new.is_empty() {
            return Vec::new();
        }
        processes.iter().flat_map(held).filter(|file| new.contains(file)).collect()
    }
}

/// The files of this user in the folders of shared memory and queues.
fn files() -> Vec<String> {
    let me = nix::unistd::geteuid().as_raw();
    let entries = FOLDERS.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    let own = entries.filter(|entry| entry.metadata().is_ok_and(|meta| meta.uid() == me));
    own.map(|entry| entry.path().to_string_lossy().into_owned()).collect()
}

/// The ids of this user in a table of `/proc/sysvipc`.
fn system_v(text: &str, kind: &str, columns: &[&str], names: &mut BTreeMap<String, Vec<i32>>) {
    let me = nix::unistd::geteuid().as_raw().to_string();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split_whitespace().collect();
    for line in lines {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let column = |name: &str| fields.get(header.iter().position(|&column| column == name)?).copied();
        if let [key, id, ..] = fields.as_slice()
            && column("uid") == Some(me.as_str())
        {
            let pids = columns.iter().filter_map(|name| column(name)?.parse().ok());
            names.insert(format!("System V {kind} {id} (key {key})"), pids.filter(|&pid| pid != 0).collect());
        }
    }
}

/// Files in `/dev` that a process has open or mapped: they are in use, not left.
fn held(process: &Proc) -> Vec<String> {
    let mut held: Vec<String> = process.descriptors().into_iter().map(|fd| fd.target).collect();
    let maps = fs::read_to_string(format!("/proc/{}/maps", process.pid)).unwrap_or_default();
    held.extend(maps.lines().filter_map(|line| Some(line[line.find("/dev/")?..].to_owned())));
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(table: &str, kind: &str, columns: &[&str]) -> Names {
        let mut names = BTreeMap::new();
        let me = nix::unistd::geteuid().to_string();
        system_v(&table.replace("ME", &me), kind, columns, &mut names);
        Names(names)
    }

    fn seen(pids: &[i32]) -> Evidence {
        Evidence { processes: pids.iter().copied().collect(), ..Evidence::default() }
    }

    #[test]
    fn a_system_v_id_belongs_to_whoever_made_or_used_it() {
        let table =
            "key shmid perms size cpid lpid nattch uid\n7 3 600 100 41 42 0 ME\n8 4 600 100 51 0 0 ME\n";
        let (_, kind, columns) = TABLES[0];
        let (before, now) = (names("", kind, columns), names(table, kind, columns));
        let first = ["System V shared memory 3 (key 7)"];
        assert_eq!(now.since(&before, Some(&seen(&[41]))), first);
        assert_eq!(now.since(&before, Some(&seen(&[42]))), first);
        assert!(now.since(&before, Some(&seen(&[0, 43]))).is_empty());
        assert_eq!(now.since(&before, None).len(), 2);
    }

    #[test]
    fn an_id_that_was_there_before_or_is_another_users_is_nobodys_leak() {
        let table = "key msqid lspid lrpid uid\n7 3 41 0 ME\n8 4 41 0 4294967294\n";
        let (_, kind, columns) = TABLES[1];
        let now = names(table, kind, columns);
        assert!(now.since(&now, None).is_empty());
        assert_eq!(
            now.since(&names("", kind, columns), Some(&seen(&[41]))),
            ["System V message queue 3 (key 7)"]
        );
    }

    #[test]
    fn a_file_is_the_rooms_if_it_was_held_there_or_bears_its_word() {
        let now = Names(
            ["/dev/shm/held", "/dev/shm/x-qwertzui", "/dev/shm/other"].map(|n| (n.to_owned(), vec![])).into(),
        );
        let evidence = Evidence {
            files: ["/dev/shm/held".to_owned()].into(),
            words: vec!["qwertzui".to_owned()],
            ..Evidence::default()
        };
        let left = now.since(&Names(BTreeMap::new()), Some(&evidence));
        assert_eq!(left, ["/dev/shm/held", "/dev/shm/x-qwertzui"]);
    }
}
