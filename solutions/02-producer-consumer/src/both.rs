//! Two sources at once: neither waits for the other. See `poll(2)`.
//!
//! A stream keeps what it has of an unfinished record in a buffer of its own, and is read only when poll says
//! that something is there. A POSIX queue is a descriptor, too (on Linux); a System V queue is none.

use crate::consume::{Source, print};
use crate::failure::Failure;
use crate::fifo;
use crate::posix_queue::{DEFAULT_CAPACITY, PosixQueue};
use crate::record::{DATA, HEADER, Header, Record, Took};
use crate::target::Target;
use crate::terminate;
use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::{dup, read};
use std::io::stdin;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// Prints the records of all targets as they come, until all have ended.
///
/// # Errors
/// `Truncated`, `Malformed`, and what the system says.
pub fn consume(targets: &[Target]) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let mut open = targets.iter().map(Feed::open).collect::<Result<Vec<_>, _>>()?;
    let done = print_all(&mut open);
    // While the FIFOs are still open: see there.
    terminate::remove_made_fifos();
    done
    // END SOLUTION
    // STUB: todo!("M7: poll all sources, and print what is there; keep the bytes of an unfinished record")
}
// BEGIN SOLUTION

/// Prints what comes until all sources have ended. They stay open until then.
fn print_all(feeds: &mut [Feed]) -> Result<(), Failure> {
    let mut printed = 0;
    let mut open: Vec<&mut Feed> = feeds.iter_mut().collect();
    while !open.is_empty() {
        // From the back, so that one that has ended can be taken out.
        for index in ready(&open).map_err(Failure::on("poll"))?.into_iter().rev() {
            if open[index].print_what_is_there(&mut printed)? == Flow::Ended {
                open.remove(index);
            }
        }
    }
    Ok(())
}

/// Sleeps until a source can be read, and tells which ones can.
fn ready(open: &[&mut Feed]) -> nix::Result<Vec<usize>> {
    let mut list: Vec<PollFd> =
        open.iter().map(|feed| PollFd::new(feed.descriptor(), PollFlags::POLLIN)).collect();
    retry(|| poll(&mut list, PollTimeout::NONE))?;
    Ok((0..list.len()).filter(|&index| list[index].any().unwrap_or(true)).collect())
}

/// Whether there may be more.
#[derive(PartialEq)]
enum Flow {
    GoesOn,
    Ended,
}

/// One source.
enum Feed {
    /// A stream, and what has come of its next record.
    Stream {
        from: OwnedFd,
        what: String,
        bytes: Vec<u8>,
    },
    Queue(PosixQueue),
}

impl Feed {
    fn open(target: &Target) -> Result<Self, Failure> {
        let what = target.to_string();
        let from = match target {
            Target::Posix(name) => {
                let queue = PosixQueue::open(name, what, DEFAULT_CAPACITY, false)?;
                queue.do_not_wait()?;
                return Ok(Self::Queue(queue));
            }
            Target::Fifo(path) => fifo::open_to_poll(path, &what)?,
            // System V queues are refused with the options.
            Target::Standard | Target::SystemV(_) => dup(stdin()).map_err(Failure::on(&what))?,
        };
        Ok(Self::Stream { from, what, bytes: Vec::new() })
    }

    fn descriptor(&self) -> BorrowedFd<'_> {
        match self {
            Self::Queue(queue) => queue.descriptor(),
            Self::Stream { from, .. } => from.as_fd(),
        }
    }

    /// Prints what can be printed without waiting. `printed` counts the data records of all sources.
    fn print_what_is_there(&mut self, printed: &mut u64) -> Result<Flow, Failure> {
        match self {
            Self::Queue(queue) => match queue.take()? {
                Took::Record(record) if record.header.kind == DATA => told(&record, printed),
                Took::Record(_) | Took::End => Ok(Flow::Ended),
                // Another consumer was faster.
                Took::Nothing => Ok(Flow::GoesOn),
                Took::Truncated | Took::Malformed => Err(Failure::Malformed(*printed)),
            },
            Self::Stream { from, what, bytes } => {
                let mut block = [0; 16 << 10];
                let count = match retry(|| read(&*from, &mut block)) {
                    // A FIFO that was ready a moment ago, and is not.
                    Err(Errno::EAGAIN) => return Ok(Flow::GoesOn),
                    other => other.map_err(Failure::on(&*what))?,
                };
                bytes.extend_from_slice(&block[..count]);
                print_whole(bytes, printed)?;
                match (count, bytes.is_empty()) {
                    (0, true) => Ok(Flow::Ended),
                    (0, false) => Err(Failure::Truncated(*printed)),
                    _ => Ok(Flow::GoesOn),
                }
            }
        }
    }
}

/// Prints and removes the records that are whole.
fn print_whole(bytes: &mut Vec<u8>, printed: &mut u64) -> Result<(), Failure> {
    let mut done = 0;
    while let Some(start) = bytes[done..].first_chunk::<HEADER>() {
        let header = Header::parse(start).ok_or(Failure::Malformed(*printed))?;
        let Some(record) = bytes[done..].get(..HEADER + header.len) else { break };
        if header.kind == DATA {
            told(&Record { header, bytes: record.to_vec() }, printed)?;
        }
        done += HEADER + header.len;
    }
    bytes.drain(..done);
    Ok(())
}

fn told(record: &Record, printed: &mut u64) -> Result<Flow, Failure> {
    print(record)?;
    *printed += 1;
    Ok(Flow::GoesOn)
}
// END SOLUTION
