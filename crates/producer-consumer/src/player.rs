//! The media player: three processes, two bounded buffers.
//!
//! ```text
//!   ticks        film
//!     │            │
//!     ▼            ▼
//!   [disk reader]──►[ buffer ]──►[decoder]──►[ buffer ]──►[output]
//!         │                          │                       │
//!         └───────────── what happened (story.rs) ───────────┘──► metronome.rs
//! ```
//!
//! Each process is a loop over "take, work, put", knows only its two ends, and ends when its input ends.

use crate::buffer;
use crate::film;
use crate::policy::{Fate, Outlet, Policy};
use crate::process::{child, close_copy};
use crate::story::{self, Event, Pen};
use anyhow::{Context, Result, ensure};
use nix::unistd::Pid;
use std::fs::File;
use std::os::fd::OwnedFd;

/// A running player, as its conductor holds it.
pub struct Player {
    /// One byte a frame: the next one is due. Dropping it ends the film.
    pub ticks: OwnedFd,
    /// What happened, in the order in which it was written down.
    pub story: OwnedFd,
    /// The process that shows the frames.
    pub output: Pid,
    /// All three, in the order of the data.
    pub processes: [Pid; 3],
}

/// Starts the three processes. Each buffer holds `depth` frames; `policy` is the decoder's, when the one before the
/// output is full. The disk reader always waits: a film on a disk does not run away.
///
/// # Errors
/// When a pipe or a process cannot be made.
pub fn start(film: File, depth: usize, policy: Policy) -> Result<Player> {
    let (story, pen) = story::paper()?;

    // From the last process to the first, and each pipe just before the process that needs its read end: so a child
    // inherits as little as possible. What is moved into a child is closed here; what stays here, the child closes.
    let (shown_out, shown_in) = buffer::bounded(depth)?;
    let output = child(|| {
        close_copy(&shown_in)?;
        show(&shown_out, &pen)
    })?;

    let outlet = Outlet::new(shown_in, shown_out, policy)?;
    let (stored_out, stored_in) = buffer::bounded(depth)?;
    let decoder = child(|| {
        close_copy(&stored_in)?;
        decode(&stored_out, &outlet, &pen)
    })?;
    drop((outlet, stored_out));

    let (tick, ticks) = ipc_kit::pipe().context("make a pipe for the ticks")?;
    let reader = child(|| {
        close_copy(&ticks)?;
        read(&tick, &film, stored_in, &pen)
    })?;
    Ok(Player { ticks, story, output, processes: [reader, decoder, output] })
}

/// The disk reader: a frame a tick.
fn read(tick: &OwnedFd, film: &File, into: OwnedFd, pen: &Pen) -> Result<()> {
    buffer::set_nonblocking(&into)?;
    let mut number = 0;
    while crate::framing::fill(tick, &mut [0]).context("wait for a tick")? {
        number += 1;
        let frame = film::read(film, number)?;
        if !buffer::try_put(&into, &frame)? {
            pen.write(Event::ReaderWaits(number))?;
            while !buffer::try_put(&into, &frame)? {
                buffer::wait_for_room(&into)?;
            }
        }
        pen.write(Event::Read(number))?;
    }
    Ok(())
}

/// The decoder: each stored frame becomes a picture, or is lost.
fn decode(from: &OwnedFd, outlet: &Outlet, pen: &Pen) -> Result<()> {
    while let Some(stored) = buffer::take(from)? {
        let (frame, number) = (film::decode(&stored), film::number(&stored));
        let fate = outlet.put(&frame, || pen.write(Event::DecoderWaits(number)))?;
        pen.write(match fate {
            Fate::Kept => Event::Kept(number),
            Fate::Lost(lost) => Event::Lost { frame: lost, at: number },
            Fate::Refused => Event::GaveUp(number),
        })?;
        ensure!(fate != Fate::Refused, "no room for frame {number}");
    }
    Ok(())
}

/// The output: shows what comes.
fn show(from: &OwnedFd, pen: &Pen) -> Result<()> {
    while let Some(frame) = buffer::take(from)? {
        let number = film::number(&frame);
        ensure!(film::is_whole(&frame), "frame {number} is torn");
        pen.write(Event::Shown(number))?;
    }
    Ok(())
}
