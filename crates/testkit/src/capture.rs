//! Threads that empty a program's output and fill its input, so that neither side waits for the check.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use anyhow::{Context, Result};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::failure::OWN_THREAD;
use crate::watch::Events;

/// So much output is kept; a program that writes more fails.
pub(crate) const MOST: usize = 64 << 20;

/// What one stream has brought so far.
#[derive(Default)]
pub(crate) struct Stream {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ended: bool,
    pub(crate) flooded: bool,
    /// A second descriptor of the stream, to ask whether the thread is behind.
    source: Option<OwnedFd>,
}

/// A stream that a thread fills.
#[derive(Clone, Default)]
pub(crate) struct Capture(Arc<Mutex<Stream>>);

impl Capture {
    /// A stream that has already ended: nothing is captured.
    pub(crate) fn nothing() -> Self {
        let capture = Self::default();
        capture.get().ended = true;
        capture
    }

    /// Reads `from` to its end in a thread of its own.
    pub(crate) fn start(from: OwnedFd, events: Arc<Events>) -> Result<Self> {
        let capture = Self::default();
        capture.get().source = Some(from.try_clone().context("copy a stream's descriptor")?);
        let filled = capture.clone();
        thread::Builder::new()
            .name(format!("{OWN_THREAD}reader"))
            .spawn(move || filled.fill(File::from(from), &events))
            .context("start a reader thread")?;
        Ok(capture)
    }

    pub(crate) fn get(&self) -> MutexGuard<'_, Stream> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether everything that was written so far has arrived.
    pub(crate) fn is_up_to_date(&self) -> bool {
        let stream = self.get();
        let Some(source) = stream.source.as_ref().filter(|_| !stream.ended) else { return true };
        // An end that the thread has not seen yet counts as something to read.
        poll(&mut [PollFd::new(source.as_fd(), PollFlags::POLLIN)], PollTimeout::ZERO) == Ok(0)
    }

    fn fill(&self, mut from: File, events: &Events) {
        let mut buffer = vec![0; 64 << 10];
        loop {
            let n = match from.read(&mut buffer) {
                Ok(0) => break,
                Ok(n) => n,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                // EIO: the last program of a terminal has closed it. Nothing else can happen to a pipe.
                Err(_) => break,
            };
            let mut stream = self.get();
            if stream.bytes.len() + n > MOST {
                // Go on reading: a writer that is blocked would look like a hang.
                stream.flooded = true;
            } else {
                stream.bytes.extend_from_slice(&buffer[..n]);
            }
            drop(stream);
            events.notify();
        }
        let mut stream = self.get();
        stream.ended = true;
        // The last copy must not keep a writer from its SIGPIPE.
        stream.source = None;
        drop(stream);
        events.notify();
    }
}

/// Writes `bytes` to `to` in a thread of its own and closes it. A reader that has gone is no error.
pub(crate) fn feed(to: OwnedFd, bytes: Vec<u8>, events: Arc<Events>) -> Result<()> {
    let work = move || {
        let mut to = File::from(to);
        for piece in bytes.chunks(64 << 10) {
            if to.write_all(piece).is_err() {
                break;
            }
            events.notify();
        }
        sandbox::while_nobody_forks(|| drop(to));
        events.notify();
    };
    thread::Builder::new()
        .name(format!("{OWN_THREAD}feeder"))
        .spawn(work)
        .context("start a feeder thread")?;
    Ok(())
}
