//! What happens in the player, written down by all of its processes: many producers, one consumer.
//!
//! A record is far shorter than `PIPE_BUF`, so records never mix. The order of two processes' records says nothing,
//! unless one process did its part *because* of the other's: then it is the order of what happened.

use crate::framing;
use anyhow::{Context, Result, bail};
use std::os::fd::OwnedFd;

/// A number in each event is that of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The disk reader has put it into the first buffer.
    Read(u32),
    /// The disk reader waits with it: the first buffer is full.
    ReaderWaits(u32),
    /// The decoder has put it into the second buffer.
    Kept(u32),
    /// The decoder has thrown `frame` away, because the second buffer was full when it came to frame `at`.
    Lost {
        /// The one that is lost.
        frame: u32,
        /// The one that was in the decoder's hand.
        at: u32,
    },
    /// The decoder waits with it: the second buffer is full.
    DecoderWaits(u32),
    /// The decoder has given up at it.
    GaveUp(u32),
    /// The output has shown it.
    Shown(u32),
}

/// Makes the pipe: the end to read the story from, and a pen for everybody.
///
/// # Errors
/// `EMFILE`: no descriptor is left.
pub fn paper() -> Result<(OwnedFd, Pen)> {
    let (reader, writer) = ipc_kit::pipe().context("make a pipe for the story")?;
    Ok((reader, Pen(writer)))
}

/// The end to write events to.
pub struct Pen(OwnedFd);

impl Pen {
    /// Writes one event down.
    ///
    /// # Errors
    /// `EPIPE` when nobody reads the story any more.
    pub fn write(&self, event: Event) -> Result<()> {
        let (kind, frame, at) = match event {
            Event::Read(frame) => (0, frame, 0),
            Event::ReaderWaits(frame) => (1, frame, 0),
            Event::Kept(frame) => (2, frame, 0),
            Event::Lost { frame, at } => (3, frame, at),
            Event::DecoderWaits(frame) => (4, frame, 0),
            Event::GaveUp(frame) => (5, frame, 0),
            Event::Shown(frame) => (6, frame, 0),
        };
        let record = [kind, frame, at].map(u32::to_le_bytes).concat();
        framing::write_record(&self.0, &record).context("write an event down")
    }
}

/// Waits for the next event. `None` when no process is left that could write one.
///
/// # Errors
/// When the record is none that [`Pen::write`] makes.
pub fn next(story: &OwnedFd) -> Result<Option<Event>> {
    let Some(record) = framing::read_record(story).context("read the story")? else { return Ok(None) };
    let numbers: Vec<u32> =
        record.chunks_exact(4).map(|part| u32::from_le_bytes([part[0], part[1], part[2], part[3]])).collect();
    Ok(Some(match numbers[..] {
        [0, frame, _] => Event::Read(frame),
        [1, frame, _] => Event::ReaderWaits(frame),
        [2, frame, _] => Event::Kept(frame),
        [3, frame, at] => Event::Lost { frame, at },
        [4, frame, _] => Event::DecoderWaits(frame),
        [5, frame, _] => Event::GaveUp(frame),
        [6, frame, _] => Event::Shown(frame),
        _ => bail!("an event that nobody writes: {numbers:?}"),
    }))
}
