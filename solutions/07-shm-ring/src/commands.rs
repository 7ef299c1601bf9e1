//! `info`, `close`, `push` and `pop`: from lines to records and back.

use std::fmt::Display;

use crate::failure::Failure;
use crate::memory::Memory;
use crate::options::Place;

// BEGIN SOLUTION
use std::io::{BufRead as _, stdin, stdout};

use ipc_kit::{retry, write_all};
use nix::unistd::read;

use crate::layout::{CLOSED, FLAG_MANY, MAKING, READY};
use crate::peers;
use crate::ring::{self, Consumer, Producer, Taken, Trouble, Use};
use crate::segment;
use crate::sync::{Ordering, Shared, Side, Wide, Word};

/// So much is read, or written, by one call.
const CHUNK: usize = 64 * 1024;
// END SOLUTION

/// `ring info`: one line.
///
/// # Errors
/// There is no ring, or it is malformed.
pub fn info(place: &Place) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let memory = segment::open(place)?;
    let state = match memory.load(Word::State, Ordering::Acquire) {
        MAKING => "making",
        READY => "ready",
        CLOSED => "closed",
        _ => return Err(Failure::malformed(place, "unknown state")),
    };
    let shape = memory.shape();
    let (head, tail) = both_counters(&memory);
    if head.wrapping_sub(tail) > u64::from(shape.slots) {
        return Err(Failure::malformed(place, "head and tail are too far apart"));
    }
    let line = format!(
        "slots={} slot_size={} head={head} tail={tail} state={state} producer={} consumer={}\n",
        shape.slots,
        shape.slot_size,
        memory.load(Word::ProducerPid, Ordering::Acquire),
        memory.load(Word::ConsumerPid, Ordering::Acquire),
    );
    write_all(stdout(), line.as_bytes()).map_err(|errno| Failure::system("stdout", errno))
    // END SOLUTION
    // STUB: todo!("M1: print what the header says")
}

/// `ring close`.
///
/// # Errors
/// There is no ring, or it is malformed.
pub fn close(place: &Place) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let memory = ready(segment::open(place)?, place)?;
    ring::close(&memory);
    Ok(())
    // END SOLUTION
    // STUB: todo!("M2: close the ring")
}

/// `ring push`: a record for each line of standard input.
///
/// # Errors
/// What keeps a line from being pushed. The lines before it stay pushed.
pub fn push(place: &Place, only_try: bool, keep: bool) -> Result<(), Failure> {
    // BEGIN SOLUTION
    push_to(&segment::open(place)?, place, only_try, keep)
    // END SOLUTION
    // STUB: todo!("M2: push each line")
}

/// Pushes standard input into a ring that is mapped.
///
/// # Errors
/// As [`push`].
pub fn push_to(memory: &Memory, what: &impl Display, only_try: bool, keep: bool) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let memory = ready_ref(memory, what)?;
    peers::attach(memory, Side::Producer, what)?;
    let pushed = push_lines(memory, what, only_try);
    if pushed.is_ok() && !keep {
        ring::close(memory);
    }
    peers::detach(memory, Side::Producer);
    pushed
    // END SOLUTION
    // STUB: todo!("M2: push each line; M9: used for a memfd, too")
}

/// `ring pop`: a line for each record.
///
/// # Errors
/// What keeps a record from being printed.
pub fn pop(place: &Place, only_try: bool, count: Option<u64>) -> Result<(), Failure> {
    // BEGIN SOLUTION
    pop_from(&segment::open(place)?, place, only_try, count)
    // END SOLUTION
    // STUB: todo!("M2: print each record")
}

/// Pops from a ring that is mapped, to standard output.
///
/// # Errors
/// As [`pop`].
pub fn pop_from(
    memory: &Memory,
    what: &impl Display,
    only_try: bool,
    count: Option<u64>,
) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let memory = ready_ref(memory, what)?;
    peers::attach(memory, Side::Consumer, what)?;
    let popped = pop_lines(memory, what, only_try, count);
    peers::detach(memory, Side::Consumer);
    popped
    // END SOLUTION
    // STUB: todo!("M2: print each record; M9: used for a memfd, too")
}
// BEGIN SOLUTION

/// head and tail of the same moment, while others move them: tail is the same before and after the look at head.
/// Somebody who moves it without end gets no more than so many looks.
fn both_counters(memory: &Memory) -> (u64, u64) {
    let mut tail = memory.load_wide(Wide::Tail, Ordering::Acquire);
    for _ in 0..1000 {
        let head = memory.load_wide(Wide::Head, Ordering::Acquire);
        let again = memory.load_wide(Wide::Tail, Ordering::Acquire);
        if again == tail {
            return (head, tail);
        }
        tail = again;
    }
    (memory.load_wide(Wide::Head, Ordering::Acquire), tail)
}

fn ready(memory: Memory, what: &impl Display) -> Result<Memory, Failure> {
    ready_ref(&memory, what)?;
    Ok(memory)
}

/// A ring that is being made is none yet.
fn ready_ref<'a>(memory: &'a Memory, what: &impl Display) -> Result<&'a Memory, Failure> {
    // Acquire: pairs with the Release of `segment::fill`.
    match memory.load(Word::State, Ordering::Acquire) {
        READY | CLOSED => Ok(memory),
        _ => Err(Failure::malformed(what, "not ready")),
    }
}

fn how(memory: &Memory) -> Use {
    Use { shape: memory.shape(), many: memory.header().flags & FLAG_MANY != 0 }
}

fn failure(trouble: Trouble, what: &impl Display) -> Failure {
    match trouble {
        Trouble::Closed => Failure::gone(what, "closed"),
        Trouble::PeerDied(Side::Producer) => Failure::gone(what, "the producer has died"),
        Trouble::PeerDied(Side::Consumer) => Failure::gone(what, "the consumer has died"),
        Trouble::Malformed(reason) => Failure::malformed(what, reason),
    }
}

fn push_lines(memory: &Memory, what: &impl Display, only_try: bool) -> Result<(), Failure> {
    let mut producer = Producer::new(memory, how(memory)).map_err(|trouble| failure(trouble, what))?;
    let pushed = push_with(&mut producer, memory.shape().slot_size as usize, what, only_try);
    // Also after a failure: the lines before it stay pushed.
    producer.publish();
    pushed
}

fn push_with(
    producer: &mut Producer<'_, Memory>,
    longest: usize,
    what: &impl Display,
    only_try: bool,
) -> Result<(), Failure> {
    let fails = |trouble| failure(trouble, what);
    let mut input = Input::default();
    let mut number = 0u64;
    loop {
        // Nobody knows how long the next read takes: what is there is published first.
        if !input.has_line(longest) {
            producer.publish();
        }
        let Some(line) = input.line(longest)? else { return Ok(()) };
        number += 1;
        if line.len() > longest {
            return Err(Failure::new(format_args!("line {number}"), "too long"));
        }
        while !producer.try_put(line).map_err(fails)? {
            if only_try {
                return Err(Failure::would_block(what, "full"));
            }
            producer.wait().map_err(fails)?;
        }
    }
}

fn pop_lines(
    memory: &Memory,
    what: &impl Display,
    only_try: bool,
    count: Option<u64>,
) -> Result<(), Failure> {
    let fails = |trouble| failure(trouble, what);
    let mut consumer = Consumer::new(memory, how(memory)).map_err(fails)?;
    // In a ring for many, death may cost one record: none is taken before the one before is printed.
    let mut output = Output { bytes: Vec::new(), most: if how(memory).many { 1 } else { CHUNK } };
    let mut left = count.unwrap_or(u64::MAX);
    while left > 0 {
        match consumer.try_take(&mut output.bytes) {
            Ok(Taken::Record) => {
                left -= 1;
                output.bytes.push(b'\n');
                if output.bytes.len() >= output.most {
                    consumer.free();
                    output.flush()?;
                }
            }
            Ok(Taken::End) => break,
            Ok(Taken::Empty) => {
                // Nobody knows for how long: what was taken is printed first.
                output.flush()?;
                if only_try {
                    return Err(Failure::would_block(what, "empty"));
                }
                consumer.wait().map_err(fails)?;
            }
            Err(trouble) => {
                output.flush()?;
                return Err(fails(trouble));
            }
        }
    }
    consumer.free();
    output.flush()
}

/// Standard input, a large piece at a time.
#[derive(Default)]
struct Input {
    bytes: Vec<u8>,
    /// Where the next line begins, and where it ends, if that is known.
    start: usize,
    end: Option<usize>,
    has_ended: bool,
}

impl Input {
    /// Whether the next line is here already, whole or too long.
    fn has_line(&mut self, longest: usize) -> bool {
        self.end = newline(&self.bytes[self.start..]).map(|at| self.start + at);
        self.end.is_some() || self.bytes.len() - self.start > longest
    }

    /// The next line without its newline; of one that is longer than `longest`, a piece that is, too. Before it reads
    /// on, all whole lines were given away.
    fn line(&mut self, longest: usize) -> Result<Option<&[u8]>, Failure> {
        let mut looked = self.start;
        loop {
            let end = self.end.take().or_else(|| newline(&self.bytes[looked..]).map(|at| looked + at));
            let rest = self.bytes.len() - self.start;
            if let Some(end) = end {
                let start = std::mem::replace(&mut self.start, end + 1);
                return Ok(Some(&self.bytes[start..end]));
            }
            if rest > longest || (self.has_ended && rest > 0) {
                let start = std::mem::replace(&mut self.start, self.bytes.len());
                return Ok(Some(&self.bytes[start..]));
            }
            if self.has_ended {
                return Ok(None);
            }
            self.bytes.drain(..self.start);
            self.start = 0;
            looked = self.bytes.len();
            self.bytes.resize(looked + CHUNK, 0);
            let n = retry(|| read(stdin(), &mut self.bytes[looked..]));
            let n = n.map_err(|errno| Failure::system("stdin", errno))?;
            self.bytes.truncate(looked + n);
            self.has_ended = n == 0;
        }
    }
}

/// Standard output, a large piece at a time.
struct Output {
    bytes: Vec<u8>,
    /// No more wait here.
    most: usize,
}

impl Output {
    fn flush(&mut self) -> Result<(), Failure> {
        let done = if self.bytes.is_empty() { Ok(()) } else { write_all(stdout(), &self.bytes) };
        self.bytes.clear();
        done.map_err(|errno| Failure::system("stdout", errno))
    }
}

/// Where the first newline is. `skip_until` compares many bytes at once: with lines of 64 bytes, a loop that looks at one
/// byte after the other takes longer than the ring.
fn newline(bytes: &[u8]) -> Option<usize> {
    let skipped = { bytes }.skip_until(b'\n').ok()?;
    bytes[..skipped].ends_with(b"\n").then(|| skipped - 1)
}
// END SOLUTION
