//! One group: its folders, its limits, its counters.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::Caps;
use super::find::Place;
use super::watch::Watch;
use crate::spec::Level;

/// The two interfaces of the kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

impl Version {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
        }
    }
}

/// A group of this process, empty between two runs.
#[derive(Debug)]
pub(super) struct Group {
    version: Version,
    /// v1: the group of the memory controller. v2: the group.
    memory: PathBuf,
    /// v1: the group of the pids controller.
    pids: Option<PathBuf>,
    /// v1: the group of the v2 hierarchy beside it, only for `cgroup.kill`.
    unified: Option<PathBuf>,
    caps: Option<Caps>,
}

impl Group {
    /// Makes the group `name` in all hierarchies, or in none.
    pub(super) fn new(place: &Place, name: &str) -> Result<Self> {
        let group = match place {
            Place::V2 { own } => {
                Self { version: Version::V2, memory: own.join(name), pids: None, unified: None, caps: None }
            }
            Place::V1 { memory, pids, unified } => Self {
                version: Version::V1,
                memory: memory.join(name),
                pids: Some(pids.join(name)),
                unified: unified.as_ref().map(|unified| unified.join(name)),
                caps: None,
            },
        };
        let made = group.make();
        if made.is_err() {
            group.remove();
        }
        made.map(|()| group)
    }

    fn make(&self) -> Result<()> {
        for folder in self.folders() {
            fs::create_dir(folder).with_context(|| format!("make the cgroup {}", folder.display()))?;
        }
        if self.version == Version::V2 {
            // All or nobody: a referee that outlived its program would blame SIGKILL.
            write(&self.memory.join("memory.oom.group"), "1")?;
        }
        Ok(())
    }

    pub(super) fn folders(&self) -> impl Iterator<Item = &PathBuf> {
        [Some(&self.memory), self.pids.as_ref(), self.unified.as_ref()].into_iter().flatten()
    }

    pub(super) fn version(&self) -> Version {
        self.version
    }

    /// Sets the limits; nothing is written if they are the last run's.
    pub(super) fn limit(&mut self, caps: Caps) -> Result<()> {
        if self.caps == Some(caps) {
            return Ok(());
        }
        let before = self.caps.take();
        match self.version {
            Version::V1 => self.limit_v1(before, caps.memory)?,
            Version::V2 => {
                write(&self.memory.join("memory.max"), &caps.memory.to_string())?;
                if_there(write(&self.memory.join("memory.swap.max"), "0"))?;
            }
        }
        let pids = self.pids.as_ref().unwrap_or(&self.memory).join("pids.max");
        write(&pids, &caps.pids.to_string())?;
        self.caps = Some(caps);
        Ok(())
    }

    /// The limit of memory and swap together may never be below that of memory alone, so their order matters.
    fn limit_v1(&self, before: Option<Caps>, bytes: u64) -> Result<()> {
        let alone = || write(&self.memory.join("memory.limit_in_bytes"), &bytes.to_string());
        // Not there in a kernel without accounting of swap.
        let with_swap =
            || if_there(write(&self.memory.join("memory.memsw.limit_in_bytes"), &bytes.to_string()));
        if before.is_some_and(|caps| caps.memory < bytes) {
            with_swap()?;
            alone()
        } else {
            alone()?;
            with_swap()
        }
    }

    /// What a process writes to, in order to join. The v2 hierarchy beside v1 serves only levels without namespaces: where
    /// there is a PID namespace, the death of its process 1 is as thorough.
    pub(super) fn doors(&self, level: Level) -> Result<Vec<OwnedFd>> {
        let needed = |folder: &&PathBuf| level != Level::Full || self.unified.as_ref() != Some(*folder);
        self.folders().filter(needed).map(|folder| open_to_write(&folder.join("cgroup.procs"))).collect()
    }

    /// What kills everybody in the group when `1` is written to it. `None` before Linux 5.14.
    pub(super) fn killer(&self) -> Result<Option<OwnedFd>> {
        let folder = match self.version {
            Version::V1 => self.unified.as_ref(),
            Version::V2 => Some(&self.memory),
        };
        let path = folder.map(|folder| folder.join("cgroup.kill")).filter(|path| path.exists());
        path.map(|path| open_to_write(&path)).transpose()
    }

    /// Begins to watch a run.
    pub(super) fn watch(&self) -> Result<Watch> {
        Watch::new(self.version, &self.memory, self.caps.map_or(u64::MAX, |caps| caps.memory))
    }

    /// Removes the folders. One that somebody is still in stays, for the next start to sweep; one that has gone is fine.
    pub(super) fn remove(&self) {
        for folder in self.folders() {
            let _ = fs::remove_dir(folder);
        }
    }
}

pub(super) fn write(path: &Path, text: &str) -> Result<()> {
    // Not `fs::write`, which would make a file where there is none.
    let mut file =
        fs::File::options().write(true).open(path).with_context(|| format!("open {}", path.display()))?;
    io::Write::write_all(&mut file, text.as_bytes())
        .with_context(|| format!("write {text} to {}", path.display()))
}

/// A file that this kernel does not have limits nothing.
fn if_there(done: Result<()>) -> Result<()> {
    match done {
        Err(error) if is_missing(&error) => Ok(()),
        done => done,
    }
}

fn is_missing(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == ErrorKind::NotFound)
}

fn open_to_write(path: &Path) -> Result<OwnedFd> {
    let file =
        fs::File::options().write(true).open(path).with_context(|| format!("open {}", path.display()))?;
    Ok(file.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with the files of a v2 group; the kernel's part is played by the test.
    fn group(files: &[(&str, &str)]) -> (tempfile::TempDir, Group) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("write a file");
        }
        let memory = folder.path().to_owned();
        (folder, Group { version: Version::V2, memory, pids: None, unified: None, caps: None })
    }

    #[test]
    fn version_2_limits_memory_without_swap_and_processes() {
        let (folder, mut group) = group(&[("memory.max", ""), ("memory.swap.max", ""), ("pids.max", "")]);
        group.limit(Caps { memory: 4096, pids: 7 }).expect("set the limits");
        let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("read a limit");
        assert_eq!(["memory.max", "memory.swap.max", "pids.max"].map(read), ["4096", "0", "7"]);
    }

    #[test]
    fn a_kernel_without_swap_has_no_file_for_it_but_memory_must_have_one() {
        let (folder, mut group) = group(&[("memory.max", ""), ("pids.max", "")]);
        group.limit(Caps { memory: 4096, pids: 7 }).expect("set the limits");
        fs::remove_file(folder.path().join("memory.max")).expect("remove the file");
        let error = group.limit(Caps { memory: 8192, pids: 7 }).expect_err("there is no limit");
        assert!(format!("{error:#}").contains("memory.max"), "{error:#}");
    }
}
