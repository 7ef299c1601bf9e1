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
    // BEGIN SOLUTION
    fcntl(output, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).map_err(Failure::on(what))?;
    let mut player = Player { output, waiting: VecDeque::new(), next: 0, options };
    let mut ticks_end = false;
    loop {
        player.send_waiting().map_err(Failure::writing(what))?;
        ticks_end |= player.next == options.frames;
        if ticks_end && player.waiting.is_empty() {
            return Ok(());
        }
        if player.wait(!ticks_end).map_err(Failure::on("poll"))? {
            ticks_end = player.take_ticks().map_err(Failure::writing(what))?;
        }
    }
    // END SOLUTION
    // STUB: todo!("M9: for each tick a frame; frames that wait; the policy when too many do")
}
// BEGIN SOLUTION

struct Player<'a> {
    output: &'a OwnedFd,
    /// The numbers of the frames that wait, oldest first.
    waiting: VecDeque<u32>,
    /// The number of the next frame.
    next: u32,
    options: &'a Play,
}

impl Player<'_> {
    /// Sends frames, oldest first, as many as FIFO_OUT takes without waiting.
    fn send_waiting(&mut self) -> nix::Result<()> {
        while let Some(&frame) = self.waiting.front() {
            let frame = Record::data(0, frame, PIPE_BUF - HEADER, 0);
            match retry(|| write(self.output, &frame.bytes)) {
                Ok(_) => drop(self.waiting.pop_front()),
                Err(Errno::EAGAIN) => break,
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.waiting.len() >= self.options.depth
    }

    /// Sleeps until there is something to do; true if there are ticks that can be used.
    fn wait(&self, more_ticks: bool) -> nix::Result<bool> {
        let input = stdin();
        let mut list = Vec::new();
        let uses_ticks = more_ticks && !(self.options.drop == Drop::None && self.is_full());
        if uses_ticks {
            list.push(PollFd::new(input.as_fd(), PollFlags::POLLIN));
        }
        if !self.waiting.is_empty() {
            list.push(PollFd::new(self.output.as_fd(), PollFlags::POLLOUT));
        }
        retry(|| poll(&mut list, PollTimeout::NONE))?;
        Ok(uses_ticks && list[0].any().unwrap_or(true))
    }

    /// Takes the ticks that are there, not more than can be used; true at their end.
    fn take_ticks(&mut self) -> nix::Result<bool> {
        let mut block = [0; 1024];
        let most = match self.options.drop {
            Drop::None => self.options.depth - self.waiting.len(),
            Drop::Oldest | Drop::Newest => block.len(),
        };
        let left = usize::try_from(self.options.frames - self.next).unwrap_or(usize::MAX);
        let count = retry(|| read(stdin(), &mut block[..most.min(left)]))?;
        for _ in 0..count {
            self.tick()?;
        }
        Ok(count == 0)
    }

    /// One tick: a new frame is there.
    fn tick(&mut self) -> nix::Result<()> {
        self.send_waiting()?;
        let frame = self.next;
        self.next += 1;
        if self.is_full() {
            let late = if self.options.drop == Drop::Newest { Some(frame) } else { self.waiting.pop_front() };
            say(&late.map_or_else(String::new, |late| format!("{late}\n")));
            if late == Some(frame) {
                return Ok(());
            }
        }
        self.waiting.push_back(frame);
        self.send_waiting()
    }
}
// END SOLUTION
