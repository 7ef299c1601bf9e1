//! `play`: a queue that drops instead of waiting. Each byte on standard input is one tick. See `pipe(7)`, `poll(2)`.
//!
//! A frame has PIPE_BUF bytes: FIFO_OUT takes it whole or not at all, so a frame that waits can still be dropped.

use std::collections::VecDeque;
use std::io::stdin;
use std::os::fd::{AsFd, OwnedFd};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::libc::PIPE_BUF;
use nix::poll::{PollFlags, PollTimeout, poll};
use nix::unistd::{read, write};

use crate::failure::{Failure, say};
use crate::fifo::{self, Fifo};
use crate::options::{Drop, Play};
use crate::record::{HEADER, Record};
use crate::terminate::watch;

/// How many ticks are read at once.
const TICKS: usize = 4096;

/// Plays the frames.
///
/// # Errors
/// `Gone` if nobody reads FIFO_OUT any more; what else the system says.
pub(crate) fn play(options: &Play) -> Result<(), Failure> {
    let what = options.output.display().to_string();
    let output = Fifo::new(&options.output, &what).open_to_write()?;
    let mut player =
        Player { options, what, output, waiting: VecDeque::new(), next: 0, ticks: 0, is_over: false };
    let done = player.play();
    fifo::remove_all();
    done
}

/// The player and its queue.
struct Player<'a> {
    options: &'a Play,
    what: String,
    output: OwnedFd,
    /// The numbers of the frames that wait, oldest first.
    waiting: VecDeque<u32>,
    /// The number of the next frame.
    next: u32,
    /// The ticks that were read and not yet used.
    ticks: usize,
    /// Standard input has ended.
    is_over: bool,
}

impl Player<'_> {
    fn play(&mut self) -> Result<(), Failure> {
        loop {
            self.send()?;
            while self.ticks > 0 && self.tick()? {}
            if !self.listens() && self.ticks == 0 && self.waiting.is_empty() {
                return Ok(());
            }
            self.sleep()?;
        }
    }

    /// Whether another tick could mean something.
    fn listens(&self) -> bool {
        !self.is_over && self.ticks == 0 && self.next < self.options.frames
    }

    /// Waits for a tick, if there is none, and for room for the frames that wait.
    fn sleep(&mut self) -> Result<(), Failure> {
        let input = stdin();
        let mut events = Vec::with_capacity(2);
        if self.listens() {
            events.push(watch(input.as_fd(), PollFlags::POLLIN));
        }
        if !self.waiting.is_empty() {
            events.push(watch(self.output.as_fd(), PollFlags::POLLOUT));
        }
        retry(|| poll(&mut events, PollTimeout::NONE)).map_err(Failure::on("poll"))?;
        let has_ticked = self.listens() && events.first().and_then(|input| input.any()) == Some(true);
        if has_ticked { self.read_ticks() } else { Ok(()) }
    }

    fn read_ticks(&mut self) -> Result<(), Failure> {
        let left = usize::try_from(self.options.frames - self.next).unwrap_or(TICKS);
        let mut bytes = [0; TICKS];
        let bytes = &mut bytes[..left.min(TICKS)];
        self.ticks = retry(|| read(stdin(), bytes)).map_err(Failure::on("-"))?;
        self.is_over = self.ticks == 0;
        Ok(())
    }

    /// Uses a tick; false if it must wait.
    fn tick(&mut self) -> Result<bool, Failure> {
        self.send()?;
        let is_full = self.waiting.len() == self.options.depth;
        let late = match self.options.drop {
            Drop::None if is_full => return Ok(false),
            Drop::Oldest if is_full => self.waiting.pop_front(),
            Drop::Newest if is_full => Some(self.next),
            _ => None,
        };
        if let Some(late) = late {
            say(&format!("{late}\n"));
        }
        if late != Some(self.next) {
            self.waiting.push_back(self.next);
        }
        self.next += 1;
        self.ticks -= 1;
        self.send()?;
        Ok(true)
    }

    /// As many of the frames that wait as FIFO_OUT takes now.
    fn send(&mut self) -> Result<(), Failure> {
        while let Some(&frame) = self.waiting.front() {
            let bytes = Record::data(0, frame, PIPE_BUF - HEADER, 0).to_bytes();
            match retry(|| write(&self.output, &bytes)) {
                Err(Errno::EAGAIN) => break,
                other => other.map_err(Failure::writing(&self.what))?,
            };
            self.waiting.pop_front();
        }
        Ok(())
    }
}
