//! FIFOs: an open that waits for the other side. fifo(7).

use std::fs::File;
use std::path::Path;

use anyhow::{Context, Result};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use crate::stage::{child, drain, file, pour, rename, wait_all, wait_for};

fn make(path: &Path) -> Result<()> {
    mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR).context("make a FIFO")
}

fn to_read(path: &Path) -> Result<File> {
    File::open(path).context("open a FIFO for reading")
}

fn to_write(path: &Path) -> Result<File> {
    File::options().write(true).open(path).context("open a FIFO for writing")
}

/// A server opens its FIFO, and no client comes.
pub(crate) fn fifo_open() -> Result<()> {
    rename("fifo-server")?;
    let path = file("req.fifo");
    make(&path)?;
    to_read(&path).map(drop)
}

/// Client and server open two FIFOs, each the one for reading first.
pub(crate) fn fifo_cross() -> Result<()> {
    rename("main")?;
    let (a, b) = (file("a.fifo"), file("b.fifo"));
    make(&a)?;
    make(&b)?;
    child("client", &[], || {
        let _replies = to_read(&a)?;
        to_write(&b).map(drop)
    })?;
    child("server", &[], || {
        let _requests = to_read(&b)?;
        to_write(&a).map(drop)
    })?;
    wait_all()
}

/// The only reader opened its FIFO for both, so it holds a write end itself and sees no end of file.
pub(crate) fn fifo_rdwr() -> Result<()> {
    rename("fifo-server")?;
    let path = file("req.fifo");
    make(&path)?;
    let requests = File::options().read(true).write(true).open(&path).context("open a FIFO for both")?;
    let client = child("client", &[&requests], || pour(to_write(&path)?, 10))?;
    wait_for(client)?;
    drain(&requests)
}

/// Two processes open the same FIFO, both for writing.
pub(crate) fn fifo_both_write() -> Result<()> {
    rename("main")?;
    let path = file("log.fifo");
    make(&path)?;
    for name in ["writer-1", "writer-2"] {
        child(name, &[], || pour(to_write(&path)?, 1))?;
    }
    wait_all()
}

/// The server reads the requests to their end before it opens the FIFO for replies; the client opens that one
/// while it still holds the other.
pub(crate) fn fifo_order() -> Result<()> {
    rename("main")?;
    let (requests, replies) = (file("req.fifo"), file("rep.fifo"));
    make(&requests)?;
    make(&replies)?;
    child("server", &[], || {
        drain(to_read(&requests)?)?;
        pour(to_write(&replies)?, 1)
    })?;
    child("client", &[], || {
        let requests = to_write(&requests)?;
        pour(&requests, 5)?;
        let replies = to_read(&replies)?;
        drop(requests);
        drain(replies)
    })?;
    wait_all()
}
