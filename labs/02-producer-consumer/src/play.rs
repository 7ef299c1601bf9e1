//! `play`: a queue that drops instead of waiting. Each byte on standard input is one tick. See `pipe(7)`, `poll(2)`.
//!
//! A frame has PIPE_BUF bytes: FIFO_OUT takes it whole or not at all, so a frame that waits can still be dropped.

use crate::failure::{Failure, say};
use crate::fifo;
use crate::options::{Drop, Play};
use crate::record::{HEADER, Record};
use crate::terminate;
use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::PIPE_BUF;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{read, write};
use std::collections::VecDeque;
use std::io::stdin;
use std::os::fd::{AsFd, OwnedFd};

/// Plays the frames.
///
/// # Errors
/// `Gone` if nobody reads FIFO_OUT any more; what else the system says.
pub fn play(options: &Play) -> Result<(), Failure> {
    let what = options.output.display().to_string();
    let output = fifo::open_to_write(&options.output, &what)?;
    let done = send_frames(&output, &what, options);
    // While the FIFO is still open: see there.
    terminate::remove_made_fifos();
    done
}

fn send_frames(output: &OwnedFd, what: &str, options: &Play) -> Result<(), Failure> {
    todo!("M9: for each tick a frame; frames that wait; the policy when too many do")
}
