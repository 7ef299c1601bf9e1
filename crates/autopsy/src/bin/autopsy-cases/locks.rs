//! File locks. flock(2), fcntl(2).

use std::fs::File;

use anyhow::{Context, Result};
use nix::fcntl::{FcntlArg, Flock, FlockArg, fcntl};

use crate::shared::Segment;
use crate::stage::{Gate, child, file, pause, rename, wait_all, wait_for};

fn open(name: &str) -> Result<File> {
    File::options()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(file(name))
        .context("open a lock file")
}

fn flock(name: &str) -> Result<Flock<File>> {
    Flock::lock(open(name)?, FlockArg::LockExclusive).map_err(|(_, error)| error).context("flock")
}

fn whole_file() -> libc::flock {
    libc::flock {
        l_type: i16::try_from(libc::F_WRLCK).expect("a small number"),
        l_whence: i16::try_from(libc::SEEK_SET).expect("a small number"),
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

/// A lock that belongs to the open file.
fn ofd(file: &File) -> Result<()> {
    fcntl(file, FcntlArg::F_OFD_SETLKW(&whole_file())).context("lock").map(drop)
}

/// A lock that belongs to the process.
fn record(file: &File) -> Result<()> {
    fcntl(file, FcntlArg::F_SETLKW(&whole_file())).context("lock").map(drop)
}

/// The holder of an flock waits for a signal.
pub(crate) fn flock_held() -> Result<()> {
    rename("main")?;
    let gate = Gate::new()?;
    child("holder", &[], || {
        let _lock = flock("lockfile")?;
        gate.open()?;
        pause()
    })?;
    gate.pass()?;
    child("waiter", &[], || flock("lockfile").map(drop))?;
    wait_all()
}

/// The same with a lock of fcntl(2) that belongs to the open file.
pub(crate) fn ofd_held() -> Result<()> {
    rename("main")?;
    let gate = Gate::new()?;
    child("holder", &[], || {
        let file = open("lockfile")?;
        ofd(&file)?;
        gate.open()?;
        pause()
    })?;
    gate.pass()?;
    child("waiter", &[], || ofd(&open("lockfile")?))?;
    wait_all()
}

/// Two processes lock two files in different orders. (With F_SETLKW the kernel would answer EDEADLK.)
pub(crate) fn ofd_circle() -> Result<()> {
    rename("main")?;
    let both_have_one = Segment::anonymous()?.barrier(0, 2)?;
    for (name, own, other) in [("alice", "a.lock", "b.lock"), ("bob", "b.lock", "a.lock")] {
        child(name, &[], || {
            let (own, other) = (open(own)?, open(other)?);
            ofd(&own)?;
            both_have_one.wait();
            ofd(&other)
        })?;
    }
    wait_all()
}

/// A parent holds a record lock and waits for its child, which waits for the lock.
pub(crate) fn record_lock() -> Result<()> {
    rename("editor")?;
    let file = open("lockfile")?;
    record(&file)?;
    let saver = child("saver", &[], || record(&open("lockfile")?))?;
    wait_for(saver)?;
    drop(file);
    Ok(())
}

/// A process opens its lock file twice: the second flock waits for the first.
pub(crate) fn flock_twice() -> Result<()> {
    rename("prog")?;
    let _first = flock("lockfile")?;
    flock("lockfile").map(drop)
}
