//! A pipe as a bounded buffer: so many slots, each of one page, and both sides wait where they must.
//!
//! ```text
//!   producer ── put ──► [slot][slot][    ][    ] ── take ──► consumer
//!                        full: put waits     empty: take waits, or is told the end
//! ```
//!
//! **Invariant: everything is put in and taken out in whole slots.** A slot is not larger than `PIPE_BUF`, so a write
//! of one is atomic: it takes a whole slot or nothing, and never mixes with another producer's.

use anyhow::{Context, Result, bail, ensure};
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl, open};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::Mode;
use nix::unistd::{read, write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// Bytes in a slot: `PIPE_BUF` (4096), which on most machines is one page too.
pub const SLOT: usize = libc::PIPE_BUF;

/// What a slot holds.
pub type Slot = [u8; SLOT];

/// fcntl F_SETPIPE_SZ—Makes a pipe that holds `slots` slots: its read end and its write end, close-on-exec.
///
/// # Errors
/// When the kernel would make another number of it: it wants a power of two, and at most what
/// `/proc/sys/fs/pipe-max-size` allows.
///
/// See also: `pipe(7)` (Pipe capacity), `fcntl(2)` (F_SETPIPE_SZ)
pub fn bounded(slots: usize) -> Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
    let bytes = i32::try_from(slots * SLOT).context("count the bytes of the buffer")?;
    let real = fcntl(&writer, FcntlArg::F_SETPIPE_SZ(bytes)).context("set the size of the pipe")?;
    ensure!(real == bytes, "asked for a pipe of {bytes} bytes, the kernel made one of {real}");
    Ok((reader, writer))
}

/// write—Puts one slot in; waits while the buffer is full.
///
/// # Errors
/// `EPIPE` when nobody can take any more.
pub fn put(writer: impl AsFd, slot: &Slot) -> Result<()> {
    ipc_kit::write_all(writer, slot).context("put into the buffer")
}

/// write—Puts one slot in, unless the buffer is full: whether it went in. The end must be non-blocking.
///
/// # Errors
/// `EPIPE` when nobody can take any more.
pub fn try_put(writer: impl AsFd, slot: &Slot) -> Result<bool> {
    match ipc_kit::retry(|| write(writer.as_fd(), slot)) {
        Ok(SLOT) => Ok(true),
        Ok(count) => bail!("a write of {SLOT} bytes is atomic, yet {count} went in"),
        Err(Errno::EAGAIN) => Ok(false),
        Err(reason) => Err(reason).context("put into the buffer"),
    }
}

/// read—Takes one slot out; waits while the buffer is empty. `None` is the end: no producer is left.
///
/// # Errors
/// See [`crate::framing::fill`].
pub fn take(reader: impl AsFd) -> Result<Option<Slot>> {
    let mut slot = [0; SLOT];
    Ok(crate::framing::fill(reader, &mut slot).context("take from the buffer")?.then_some(slot))
}

/// read—Takes one slot out, if there is one now. The end must be non-blocking.
///
/// # Errors
/// When no producer is left, and what `read(2)` says.
pub fn try_take(reader: impl AsFd) -> Result<Option<Slot>> {
    let mut slot = [0; SLOT];
    match ipc_kit::retry(|| read(reader.as_fd(), &mut slot)) {
        Ok(SLOT) => Ok(Some(slot)),
        Ok(count) => bail!("asked for a slot of {SLOT} bytes, and {count} came"),
        Err(Errno::EAGAIN) => Ok(None),
        Err(reason) => Err(reason).context("take from the buffer"),
    }
}

/// poll—Waits until a slot is free, or until nobody can take any more (the next put then says so).
///
/// # Errors
/// What `poll(2)` says.
pub fn wait_for_room(writer: impl AsFd) -> Result<()> {
    let mut end = [PollFd::new(writer.as_fd(), PollFlags::POLLOUT)];
    ipc_kit::retry(|| poll(&mut end, PollTimeout::NONE)).context("wait for room")?;
    Ok(())
}

/// fcntl—Makes reads and writes of this end fail with `EAGAIN` where they would wait.
///
/// The flag belongs to the open end, not to the descriptor: every copy made by dup or fork has it too.
///
/// # Errors
/// None for an open descriptor.
///
/// See also: `fcntl(2)` (F_SETFL), `open(2)` (O_NONBLOCK)
pub fn set_nonblocking(end: impl AsFd) -> Result<()> {
    fcntl(end, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).context("make an end non-blocking").map(drop)
}

/// open—Opens the read end of a pipe a second time, non-blocking, and leaves the first one as it is.
///
/// A copy made by dup or fork shares the flag with the other process's end. A pipe has no name, but `/proc` has one
/// for each descriptor, and opening that gives an end with flags of its own.
///
/// # Errors
/// When `/proc` is not mounted.
///
/// See also: `proc_pid_fd(5)`
pub fn own_reader(reader: impl AsFd) -> Result<OwnedFd> {
    let path = format!("/proc/self/fd/{}", reader.as_fd().as_raw_fd());
    let flags = OFlag::O_RDONLY | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
    open(path.as_str(), flags, Mode::empty()).context("open the read end a second time")
}
