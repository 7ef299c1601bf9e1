//! `run`: producers and consumers on one pipe. See `pipe(7)`, "PIPE_BUF".
//!
//! A record is put by one write of at most PIPE_BUF bytes, so those of several producers do not mix. It is taken by
//! two reads, so consumers take one at a time, under a lock.
// BEGIN SOLUTION
//!
//! Records of a run have one length, so a read can ask for several whole ones. Without `--capacity` a write puts as many as
//! it may, and a consumer takes as many: that is four system calls for 56 records of 64 bytes. With it, one at a time:
//! who holds records that are not printed holds places. A line goes out alone, and is counted at once, in any case.
// END SOLUTION

use crate::children::{Children, Role};
use crate::failure::{Failure, say};
// BEGIN SOLUTION
use crate::held::Held;
// END SOLUTION
use crate::lock::Lock;
use crate::options::Run;
use crate::places::Places;
// BEGIN SOLUTION
use crate::record::{DATA, HEADER, Record, Took};
// END SOLUTION
// STUB: use crate::record::{DATA, Record, Took};
// STUB: use crate::stream::take;
use ipc_kit::{pipe, write_all};
use nix::errno::Errno;
// BEGIN SOLUTION
use nix::libc::PIPE_BUF;
// END SOLUTION
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
            consume(&mut Taker::new(buffer), printed, number)
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
    /// Bytes of a record, and how many records one write puts and one consumer takes.
    size: usize,
    together: u32,
}

impl Buffer {
    fn new(options: &Run) -> nix::Result<Self> {
        let (source, sink) = pipe()?;
        let places = Places::new(options.capacity, options.producers)?;
        let one_takes = Lock::new()?;
        let size = HEADER + options.size;
        // At most PIPE_BUF, and at least one: --size ends where a record fills it.
        let together = if options.capacity.is_none() { (PIPE_BUF / size) as u32 } else { 1 };
        Ok(Self { source: Some(source), sink: Some(sink), places, one_takes, size, together })
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

    /// Puts whole records.
    fn put(&self, records: &[u8]) -> nix::Result<()> {
        self.places.before_put()?;
        write_all(self.sink.as_ref().ok_or(Errno::EBADF)?, records)?;
        self.places.after_put()
    }
}

/// A consumer's side of the buffer: records that it has taken and not yet printed.
struct Taker<'a> {
    buffer: &'a Buffer,
    held: Held,
}

impl<'a> Taker<'a> {
    fn new(buffer: &'a Buffer) -> Self {
        Self { buffer, held: Held::exact() }
    }

    fn take(&mut self) -> nix::Result<Took> {
        let Buffer { source, one_takes, size, together, .. } = self.buffer;
        let source = source.as_ref().ok_or(Errno::EBADF)?;
        if !self.held.has_record() {
            one_takes.while_held(|| self.held.fill_with(source, *size, *together as usize))??;
        }
        self.held.take(source)
    }
}

/// The work of a producer.
fn produce(buffer: &Buffer, options: &Run, number: u16) -> Result<(), Failure> {
    let mut seq = 0;
    while seq < options.count {
        let end = options.count.min(seq + buffer.together);
        let records = (seq..end).flat_map(|seq| Record::data(number, seq, options.size, 0).bytes);
        buffer.put(&records.collect::<Vec<_>>()).map_err(Failure::writing("pipe"))?;
        if options.log {
            (seq..end).for_each(|seq| say(&format!("put {number} {seq}\n")));
        }
        seq = end;
    }
    Ok(())
}

/// The work of a consumer.
fn consume(taker: &mut Taker<'_>, printed: &Tally, number: u16) -> Result<(), Failure> {
    let mut count = 0;
    loop {
        match taker.take().map_err(Failure::on("pipe"))? {
            Took::Record(record) if record.header.kind == DATA => {
                let line = format!("{} by {number}\n", record.line());
                write_all(stdout(), line.as_bytes()).map_err(Failure::writing("-"))?;
                count += 1;
                printed.add_one().map_err(Failure::on("eventfd"))?;
                taker.buffer.places.printed(record.header.producer).map_err(Failure::on("pipe"))?;
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
