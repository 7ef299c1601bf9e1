//! `meet DIR N`: returns when N processes are inside at the same moment. Given.
//!
//! Whoever is inside holds a lock on a file of its own in DIR; the lock of a dead process is gone.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::unistd::getpid;

/// Enters the meeting in `dir`, and leaves when `n` are there. One meeting a folder.
///
/// # Errors
/// When the folder cannot be made, written or watched.
pub fn meet(dir: &Path, n: usize) -> Result<()> {
    fs::create_dir_all(dir).context("make the folder")?;
    let changes = Inotify::init(InitFlags::IN_CLOEXEC).context("start inotify")?;
    let wanted = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO;
    changes.add_watch(dir, wanted).context("watch the folder")?;
    let met = dir.join("met");
    let _inside = enter(dir)?;
    while !met.exists() {
        if count(dir)? >= n {
            File::create(&met).context("tell the others")?;
            break;
        }
        retry(|| changes.read_events()).context("wait for the others")?;
    }
    Ok(())
}

/// The lock's file gets its name when it is locked.
fn enter(dir: &Path) -> Result<Flock<File>> {
    let hidden = dir.join(format!(".{}", getpid()));
    let file = File::create(&hidden).context("make a file")?;
    let lock = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, errno)| errno).context("lock it")?;
    fs::rename(&hidden, dir.join(format!("in-{}", getpid()))).context("enter")?;
    Ok(lock)
}

fn count(dir: &Path) -> Result<usize> {
    let own = format!("in-{}", getpid());
    let inside = |name: &str| name.starts_with("in-") && (name == own || is_held(&dir.join(name)));
    let entries = fs::read_dir(dir).context("list the folder")?;
    Ok(entries.flatten().filter(|entry| inside(&entry.file_name().to_string_lossy())).count())
}

/// Whether somebody alive has locked this file.
fn is_held(path: &Path) -> bool {
    match File::open(path) {
        Ok(file) => matches!(Flock::lock(file, FlockArg::LockSharedNonblock), Err((_, Errno::EWOULDBLOCK))),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}
