//! `run`: producers and consumers on one pipe. See `pipe(7)`, "PIPE_BUF".
//!
//! A record is put by one write of at most PIPE_BUF bytes, so those of several producers do not mix. It is taken by
//! two reads, so consumers take one at a time, under a lock.

use crate::children::{Children, Role};
use crate::failure::{Failure, say};
use crate::lock::Lock;
use crate::options::Run;
use crate::places::Places;
use crate::record::{DATA, Record, Took};
use crate::stream::take;
use ipc_kit::{pipe, write_all};
use nix::errno::Errno;
use nix::sys::eventfd::{EfdFlags, EventFd};
use std::io::stdout;
use std::os::fd::OwnedFd;

/// Runs them all to their end.
///
/// # Errors
/// What the system says; `Incomplete` if not every record was printed.
pub fn run(options: &Run) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let printed = Tally::new().map_err(Failure::on("eventfd"))?;
    let mut children = Children::default();
    start(options, &printed, &mut children)?;
    while let Some((role, all_well)) = children.wait_for_next()? {
        // What a dead process held of the bounded buffer, nobody knows; and only a consumer empties it.
        let holds_places = matches!(role, Role::Consumer(_)) || options.capacity.is_some();
        if !all_well && holds_places {
            children.kill_all();
        }
    }
    let printed = printed.get().map_err(Failure::on("eventfd"))?;
    write_all(stdout(), format!("total {printed} records\n").as_bytes()).map_err(Failure::writing("-"))?;
    let wanted = u64::from(options.producers) * u64::from(options.count);
    if printed == wanted { Ok(()) } else { Err(Failure::Incomplete) }
    // END SOLUTION
    // STUB: todo!("M3: start a producer and a consumer, wait for both, print the total; many of each (M4)")
}
// BEGIN SOLUTION

/// Starts all processes. The parent's copies of the pipes are closed when this returns.
fn start(options: &Run, printed: &Tally, children: &mut Children) -> Result<(), Failure> {
    let mut buffer = Buffer::new(options).map_err(Failure::on("pipe"))?;
    let started = start_with(&mut buffer, options, printed, children);
    if started.is_err() {
        // Before the pipes are closed: nobody shall complain about that.
        children.kill_all();
    }
    started
}

fn start_with(
    buffer: &mut Buffer,
    options: &Run,
    printed: &Tally,
    children: &mut Children,
) -> Result<(), Failure> {
    for number in 0..options.producers {
        children.start(Role::Producer(number), || {
            buffer.become_producer(number);
            produce(buffer, options, number)
        })?;
    }
    for number in 0..options.consumers {
        children.start(Role::Consumer(number), || {
            buffer.become_consumer();
            consume(buffer, printed, number)
        })?;
    }
    Ok(())
}

/// What producers and consumers share. An end that is `None` was not kept by this process.
struct Buffer {
    source: Option<OwnedFd>,
    sink: Option<OwnedFd>,
    places: Places,
    one_takes: Lock,
}

impl Buffer {
    fn new(options: &Run) -> nix::Result<Self> {
        let (source, sink) = pipe()?;
        let places = Places::new(options.capacity, options.producers)?;
        Ok(Self { source: Some(source), sink: Some(sink), places, one_takes: Lock::new()? })
    }

    fn become_producer(&mut self, number: u16) {
        self.source = None;
        self.places.become_producer(number);
    }

    /// A consumer that kept the write end would wait for itself at the end.
    fn become_consumer(&mut self) {
        self.sink = None;
        self.places.become_consumer();
    }

    fn put(&self, record: &Record) -> nix::Result<()> {
        self.places.before_put()?;
        write_all(self.sink.as_ref().ok_or(Errno::EBADF)?, &record.bytes)?;
        self.places.after_put()
    }

    fn take(&self) -> nix::Result<Took> {
        let source = self.source.as_ref().ok_or(Errno::EBADF)?;
        self.one_takes.while_held(|| take(source))?
    }
}

/// The work of a producer.
fn produce(buffer: &Buffer, options: &Run, number: u16) -> Result<(), Failure> {
    for seq in 0..options.count {
        let record = Record::data(number, seq, options.size, 0);
        buffer.put(&record).map_err(Failure::writing("pipe"))?;
        if options.log {
            say(&format!("put {number} {seq}\n"));
        }
    }
    Ok(())
}

/// The work of a consumer.
fn consume(buffer: &Buffer, printed: &Tally, number: u16) -> Result<(), Failure> {
    let mut count = 0;
    loop {
        match buffer.take().map_err(Failure::on("pipe"))? {
            Took::Record(record) if record.header.kind == DATA => {
                let line = format!("{} by {number}\n", record.line());
                write_all(stdout(), line.as_bytes()).map_err(Failure::writing("-"))?;
                count += 1;
                printed.add_one().map_err(Failure::on("eventfd"))?;
                buffer.places.printed(record.header.producer).map_err(Failure::on("pipe"))?;
            }
            Took::End | Took::Nothing => return Ok(()),
            Took::Truncated => return Err(Failure::Truncated(count)),
            Took::Record(_) | Took::Malformed => return Err(Failure::Malformed(count)),
        }
    }
}

/// How many lines all consumers have printed: a number in the kernel that the processes share, and that a dead
/// consumer cannot take along. See `eventfd(2)`.
struct Tally(EventFd);

impl Tally {
    fn new() -> nix::Result<Self> {
        EventFd::from_value_and_flags(0, EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK).map(Self)
    }

    fn add_one(&self) -> nix::Result<()> {
        self.0.write(1).map(drop)
    }

    /// Complete when all consumers have been waited for.
    fn get(&self) -> nix::Result<u64> {
        match self.0.read() {
            // That is how it says 0.
            Err(Errno::EAGAIN) => Ok(0),
            other => other,
        }
    }
}
// END SOLUTION
