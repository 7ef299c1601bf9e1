//! Private folders of a run, for its checks or for a copy of a repository, and what is left of runs whose owner was killed.
//!
//! Whoever ends in peace removes its folder. After SIGKILL nobody does, and programs under test, whose referee the
//! kernel has killed too, may run on. So each folder holds a file that its owner keeps locked: an unlocked one has lost
//! its owner, and the next run removes it, and the programs that were started for it.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Once;

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use tempfile::TempDir;

/// How the folders' names begin. Short, because the path of a socket in one has at most 108 bytes.
const PREFIX: &str = "ipc-labs-";
/// The locked file.
const OWNER: &str = ".owner";
/// What `testkit` gives every program under test.
const ROOM: &[u8] = b"IPC_LABS_ROOM=";

/// A folder that is ours.
#[derive(Debug)]
pub struct Scratch {
    dir: TempDir,
    _owner: File,
}

impl Scratch {
    /// Makes one. The first time, what dead owners left is removed.
    ///
    /// # Errors
    /// When there is no place for it.
    pub fn new() -> anyhow::Result<Self> {
        remove_abandoned();
        Self::new_in(&std::env::temp_dir())
    }

    fn new_in(place: &Path) -> anyhow::Result<Self> {
        let dir = tempfile::Builder::new().prefix(PREFIX).tempdir_in(place);
        let dir = dir.context("make a private folder")?;
        // Named when it is locked: until then, nobody takes the folder for an abandoned one.
        let unnamed = dir.path().join(".owner-to-be");
        let owner = File::create(&unnamed).context("make the lock of a private folder")?;
        owner.lock().context("lock a private folder")?;
        fs::rename(unnamed, dir.path().join(OWNER)).context("name the lock of a private folder")?;
        Ok(Self { dir, _owner: owner })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Removes it.
    ///
    /// # Errors
    /// When something in it cannot be removed.
    pub fn close(self) -> io::Result<()> {
        self.dir.close()
    }
}

/// Removes what dead owners left, once a process.
pub fn remove_abandoned() {
    static SWEPT: Once = Once::new();
    SWEPT.call_once(|| sweep(&std::env::temp_dir()));
}

/// Best effort: at worst it takes up space until the next run.
fn sweep(place: &Path) {
    for folder in fs::read_dir(place).into_iter().flatten().flatten().map(|entry| entry.path()) {
        if is_abandoned(&folder) {
            end_programs(&folder);
            let _ = fs::remove_dir_all(&folder);
        }
    }
}

/// Whether it is a folder of ours, made by this user, whose owner has died.
fn is_abandoned(folder: &Path) -> bool {
    let is_named = folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX));
    let is_own = |meta: &fs::Metadata| meta.is_dir() && meta.uid() == geteuid().as_raw();
    if !is_named || !fs::symlink_metadata(folder).is_ok_and(|meta| is_own(&meta)) {
        return false;
    }
    File::open(folder.join(OWNER)).is_ok_and(|owner| owner.try_lock().is_ok())
}

/// Kills what was started for the checks in this folder: it has a room, and the folder's helpers in its `PATH`.
fn end_programs(folder: &Path) {
    let helpers = folder.join("helpers").into_os_string().into_encoded_bytes();
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok()) {
        if fs::read(environment(pid)).is_ok_and(|text| is_of(&text, &helpers)) {
            // It may have ended meanwhile.
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

fn environment(pid: i32) -> PathBuf {
    PathBuf::from(format!("/proc/{pid}/environ"))
}

fn is_of(environment: &[u8], helpers: &[u8]) -> bool {
    let mut entries = environment.split(|byte| *byte == 0);
    let has_path = |entry: &[u8]| {
        let paths = entry.strip_prefix(b"PATH=").unwrap_or_default();
        paths.split(|byte| *byte == b':').any(|path| path == helpers)
    };
    entries.clone().any(|entry| entry.starts_with(ROOM)) && entries.any(has_path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::{Child, Command};

    /// A program of a check in `folder`.
    fn program(folder: &Path, room: Option<&str>) -> Child {
        let mut command = Command::new("/bin/sleep");
        let path = format!("{}/helpers:/usr/bin:/bin", folder.display());
        command.arg("1000").env_clear().env("PATH", path);
        command.envs(room.map(|room| ("IPC_LABS_ROOM", room))).spawn().unwrap()
    }

    #[test]
    fn what_a_killed_run_left_is_removed_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let living = Scratch::new_in(place.path()).unwrap();
        let dead = place.path().join("ipc-labs-dead");
        let unfinished = place.path().join("ipc-labs-just-made");
        let other = place.path().join("other");
        for folder in [&dead, &unfinished, &other] {
            fs::create_dir_all(folder.join("helpers")).unwrap();
        }
        fs::write(dead.join(OWNER), "").unwrap();
        fs::write(other.join(OWNER), "").unwrap();
        let mut left = program(&dead, Some("x"));
        let mut theirs =
            [program(&dead, None), program(living.path(), Some("x")), program(&other, Some("x"))];
        sweep(place.path());
        assert_eq!(left.wait().unwrap().signal(), Some(9));
        assert!(!dead.exists());
        assert!(living.path().join(OWNER).exists() && unfinished.exists() && other.exists());
        for program in &mut theirs {
            assert!(program.try_wait().unwrap().is_none(), "a program of others was ended");
            program.kill().unwrap();
            program.wait().unwrap();
        }
        let path = living.path().to_owned();
        living.close().unwrap();
        assert!(!path.exists());
    }
}
