//! A work queue made of a pipe: the boss puts tasks in, and every worker that is free takes one out.
//!
//! A task is a number of four bytes. Writes of four bytes are whole, and so are reads, because everything in the
//! pipe is a multiple of four. A full queue stops the boss, an empty one the workers, and a closed one ends them.

use nix::errno::Errno;
use std::os::fd::AsFd;

/// Bytes of a task.
pub const TASK: usize = 4;

/// write—Puts a task at the end of the queue; waits while it is full.
///
/// # Errors
/// `EAGAIN`: it is full, and the descriptor does not wait. `EPIPE`: nobody can take a task any more.
///
/// See also: `pipe(7)` (PIPE_BUF)
pub fn put(queue: impl AsFd, task: u32) -> nix::Result<()> {
    ipc_kit::write_all(queue, &task.to_ne_bytes())
}

/// read—Takes the oldest task; waits while there is none. `None`: there will never be one again.
///
/// # Errors
/// `EAGAIN`: it is empty, and the descriptor does not wait. `EPROTO`: somebody wrote what is no task.
///
/// See also: `pipe(7)`
pub fn take(queue: impl AsFd) -> nix::Result<Option<u32>> {
    let mut task = [0; TASK];
    match ipc_kit::retry(|| nix::unistd::read(queue.as_fd(), &mut task))? {
        0 => Ok(None),
        TASK => Ok(Some(u32::from_ne_bytes(task))),
        _ => Err(Errno::EPROTO),
    }
}

/// fcntl—Makes the queue hold at most this many tasks: whole pages of 4096 bytes, at least one.
///
/// # Errors
/// `EBUSY`: more than that are in it.
///
/// See also: `fcntl(2)` (F_SETPIPE_SZ)
pub fn bound(queue: impl AsFd, tasks: usize) -> nix::Result<usize> {
    let bytes = i32::try_from(tasks * TASK).map_err(|_| Errno::EINVAL)?;
    let got = nix::fcntl::fcntl(queue, nix::fcntl::FcntlArg::F_SETPIPE_SZ(bytes))?;
    Ok(usize::try_from(got).unwrap_or(0) / TASK)
}
