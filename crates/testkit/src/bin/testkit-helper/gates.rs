//! Waiting for the check, or for each other: `gate`, `linger`, `meet`.

#![allow(unsafe_code, reason = "fork(2)")]

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg};
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify};
use nix::unistd::{ForkResult, fork, getpid};

use crate::retry;

pub(crate) fn gate(fifo: &Path) -> Result<()> {
    announce(fifo)?;
    pass(fifo)
}

pub(crate) fn linger(fifo: &Path) -> Result<()> {
    // SAFETY: this program has one thread.
    match unsafe { fork() }.context("fork")? {
        ForkResult::Parent { .. } => Ok(()),
        ForkResult::Child => gate(fifo),
    }
}

/// Tells the check who is coming: one line, one write.
fn announce(fifo: &Path) -> Result<()> {
    let name = fifo.file_name().with_context(|| format!("find the name of {}", fifo.display()))?;
    let marker = fifo.with_file_name(format!(".{}.reached", name.to_string_lossy()));
    let mut file =
        OpenOptions::new().append(true).create(true).open(&marker).context("open the gate's marker")?;
    file.write_all(format!("{}\n", getpid()).as_bytes()).context("write the gate's marker")
}

/// Blocks in open(2) until the other side is opened.
fn pass(fifo: &Path) -> Result<()> {
    // A FIFO that is missing must not be waited for, nor anything else be taken for one.
    let meta = fs::metadata(fifo).with_context(|| format!("find FIFO {}", fifo.display()))?;
    if !std::os::unix::fs::FileTypeExt::is_fifo(&meta.file_type()) {
        bail!("{} is not a FIFO", fifo.display());
    }
    // std repeats an interrupted open.
    File::open(fifo).with_context(|| format!("open FIFO {}", fifo.display())).map(drop)
}

/// A caller is inside as long as it holds the lock on a file of its own: a dead one holds none.
pub(crate) fn meet(dir: &Path, n: usize) -> Result<()> {
    fs::create_dir_all(dir).with_context(|| format!("make folder {}", dir.display()))?;
    let changes = Inotify::init(InitFlags::IN_CLOEXEC).context("start inotify")?;
    let wanted = AddWatchFlags::IN_CREATE | AddWatchFlags::IN_MOVED_TO;
    changes.add_watch(dir, wanted).with_context(|| format!("watch {}", dir.display()))?;
    let met = dir.join("met");
    let _inside = enter(dir)?;
    loop {
        if met.exists() || count(dir)? >= n {
            File::create(&met).context("tell the others")?;
            return Ok(());
        }
        retry(|| changes.read_events()).context("wait for the others")?;
    }
}

/// Appears under the folder's eyes only when locked.
fn enter(dir: &Path) -> Result<Flock<File>> {
    let hidden = dir.join(format!(".{}", getpid()));
    let file = File::create(&hidden).with_context(|| format!("make {}", hidden.display()))?;
    let lock =
        Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| error).context("lock own file")?;
    fs::rename(&hidden, dir.join(format!("in-{}", getpid()))).context("enter the meeting")?;
    Ok(lock)
}

fn count(dir: &Path) -> Result<usize> {
    let entries = fs::read_dir(dir).with_context(|| format!("list {}", dir.display()))?;
    let inside = |name: &str| {
        name.strip_prefix("in-")
            .is_some_and(|pid| pid.parse() == Ok(getpid().as_raw()) || held(&dir.join(name)))
    };
    Ok(entries.flatten().filter(|entry| inside(&entry.file_name().to_string_lossy())).count())
}

/// Whether somebody alive has locked this file.
fn held(path: &PathBuf) -> bool {
    match File::open(path) {
        Ok(file) => matches!(Flock::lock(file, FlockArg::LockSharedNonblock), Err((_, Errno::EWOULDBLOCK))),
        Err(error) => error.kind() != ErrorKind::NotFound,
    }
}
