//! `info`, `close`, `push` and `pop`: from lines to records and back.

use std::fmt::Display;
use std::io::stdout;

use ipc_kit::write_all;

use crate::failure::Failure;
use crate::layout::{CLOSED, FLAG_LOCK, FLAG_MANY, MAKING};
use crate::lines::{Lines, Next};
use crate::memory::Memory;
use crate::options::Place;
use crate::peers;
use crate::ring::{self, Consumer, Producer, Taken, Trouble, Use};
use crate::segment;
use crate::sync::{Ordering, Shared, Side, Wide, Word};

/// So many bytes are printed at once.
const CHUNK: usize = 64 << 10;
/// So often `info` tries to see both counters at one moment.
const TRIES: usize = 1000;

/// `ring info`: one line.
///
/// # Errors
/// There is no ring, or it is malformed.
pub fn info(place: &Place) -> Result<(), Failure> {
    let memory = segment::open(place)?;
    let shape = memory.shape();
    let state = memory.state().map_err(|reason| Failure::malformed(place, reason));
    let counters = counters(&memory)
        .ok_or_else(|| Failure::malformed(place, "head and tail are further apart than there are slots"));
    let producer = memory.load(Word::ProducerPid, Ordering::Relaxed);
    let consumer = memory.load(Word::ConsumerPid, Ordering::Relaxed);
    memory.sound(place)?;
    let state = match state? {
        MAKING => "making",
        CLOSED => "closed",
        _ => "ready",
    };
    let (head, tail) = counters?;
    print(&format!(
        "slots={} slot_size={} head={head} tail={tail} state={state} producer={producer} consumer={consumer}\n",
        shape.slots, shape.slot_size
    ))
}

/// Head and tail of one moment, although both may move; `None` if they cannot be.
fn counters(memory: &Memory) -> Option<(u64, u64)> {
    let slots = u64::from(memory.shape().slots);
    let mut tail = memory.load_wide(Wide::Tail, Ordering::Acquire);
    let mut head = 0;
    for _ in 0..TRIES {
        let before = tail;
        head = memory.load_wide(Wide::Head, Ordering::Acquire);
        tail = memory.load_wide(Wide::Tail, Ordering::Acquire);
        if tail == before {
            return (head.wrapping_sub(tail) <= slots).then_some((head, tail));
        }
    }
    // The consumer is too fast for us. It has taken what was published since we looked at head: at that moment, all.
    let is_behind = tail.wrapping_sub(head) <= u64::MAX / 2;
    Some((if is_behind { tail } else { head }, tail))
}

/// `ring close`.
///
/// # Errors
/// There is no ring, or it is malformed.
pub fn close(place: &Place) -> Result<(), Failure> {
    let memory = segment::open(place)?;
    demand_made(&memory, place)?;
    ring::close(&memory);
    memory.sound(place)
}

/// `ring push`: a record for each line of standard input.
///
/// # Errors
/// What keeps a line from being pushed. The lines before it stay pushed.
pub fn push(place: &Place, only_try: bool, keep: bool) -> Result<(), Failure> {
    push_to(&segment::open(place)?, place, only_try, keep)
}

/// Pushes standard input into a ring that is mapped.
///
/// # Errors
/// As [`push`].
pub fn push_to(memory: &Memory, what: &impl Display, only_try: bool, keep: bool) -> Result<(), Failure> {
    attached(memory, what, Side::Producer, || {
        let mut producer = settle(memory, what, Producer::new(memory, how(memory)))?;
        let pushed = push_lines(memory, what, only_try, &mut producer);
        // Whatever happened: the lines before it are pushed.
        producer.publish();
        pushed?;
        if !keep {
            producer.close();
        }
        memory.sound(what)
    })
}

fn push_lines(
    memory: &Memory,
    what: &impl Display,
    only_try: bool,
    producer: &mut Producer<'_, Memory>,
) -> Result<(), Failure> {
    let mut lines = Lines::new(memory.shape().slot_size);
    loop {
        match lines.next() {
            Next::Line(line) => {
                while !settle(memory, what, producer.try_stage(line))? {
                    if only_try {
                        return Err(Failure::would_block(what, "full"));
                    }
                    settle(memory, what, producer.wait())?;
                }
            }
            Next::Starved => {
                producer.publish();
                lines.fill().map_err(|errno| Failure::system("stdin", errno))?;
            }
            Next::TooLong => return Err(Failure::new(format!("line {}", lines.number()), "too long")),
            Next::End => return Ok(()),
        }
    }
}

/// `ring pop`: a line for each record.
///
/// # Errors
/// What keeps a record from being printed.
pub fn pop(place: &Place, only_try: bool, count: Option<u64>) -> Result<(), Failure> {
    pop_from(&segment::open(place)?, place, only_try, count)
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
    attached(memory, what, Side::Consumer, || {
        let mut consumer = settle(memory, what, Consumer::new(memory, how(memory)))?;
        let mut printer = Printer { text: Vec::new(), left: count };
        let popped = printer.print_records(memory, what, only_try, &mut consumer);
        // Whatever happened: what was taken is printed. If both fail, the ring's trouble came first.
        consumer.release();
        let printed = printer.flush();
        popped.and(printed)
    })
}

/// Records on their way to standard output.
struct Printer {
    text: Vec<u8>,
    /// So many more are wanted.
    left: Option<u64>,
}

impl Printer {
    fn print_records(
        &mut self,
        memory: &Memory,
        what: &impl Display,
        only_try: bool,
        consumer: &mut Consumer<'_, Memory>,
    ) -> Result<(), Failure> {
        // Of many consumers each may be killed, and may then cost one record: the one that it has in hand.
        let most = if how(memory).many { 0 } else { CHUNK };
        while self.left != Some(0) {
            match self.take(memory, what, consumer)? {
                Taken::Record if self.text.len() < most => {}
                Taken::Record => {
                    consumer.release();
                    self.flush()?;
                }
                Taken::End => return Ok(()),
                Taken::Empty if only_try => return Err(Failure::would_block(what, "empty")),
                Taken::Empty => {
                    // Its slots first: the producer may be asleep, and printing may take long.
                    consumer.release();
                    self.flush()?;
                    settle(memory, what, consumer.wait())?;
                }
            }
        }
        Ok(())
    }

    /// Takes a record as a line. If it cannot be believed, there is none.
    fn take(
        &mut self,
        memory: &Memory,
        what: &impl Display,
        consumer: &mut Consumer<'_, Memory>,
    ) -> Result<Taken, Failure> {
        let before = self.text.len();
        let taken = settle(memory, what, consumer.try_take(&mut self.text));
        if taken.is_err() {
            self.text.truncate(before);
        }
        if taken == Ok(Taken::Record) {
            self.text.push(b'\n');
            self.left = self.left.map(|left| left - 1);
        }
        taken
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let text = std::mem::take(&mut self.text);
        if text.is_empty() {
            return Ok(());
        }
        write_all(stdout(), &text).map_err(|errno| Failure::system("stdout", errno))?;
        // The memory of a usual chunk is used again, that of a huge record is not kept.
        if text.capacity() <= 2 * CHUNK {
            self.text = text;
            self.text.clear();
        }
        Ok(())
    }
}

/// Prints a text on standard output.
///
/// # Errors
/// Those of write(2).
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    write_all(stdout(), text.as_bytes()).map_err(|errno| Failure::system("stdout", errno))
}

/// Takes a side, uses it, and leaves, however that went.
fn attached(
    memory: &Memory,
    what: &impl Display,
    side: Side,
    act: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    demand_made(memory, what)?;
    if memory.header().flags & FLAG_LOCK != 0 {
        memory.keep_in_memory().map_err(|errno| Failure::system(what, errno))?;
    }
    peers::attach(memory, side, what)?;
    let done = act();
    peers::detach(memory, side);
    done
}

fn how(memory: &Memory) -> Use {
    Use { shape: memory.shape(), many: memory.header().flags & FLAG_MANY != 0 }
}

/// Refuses a ring that is still being made.
fn demand_made(memory: &Memory, what: &impl Display) -> Result<(), Failure> {
    let state = memory.state();
    memory.sound(what)?;
    match state {
        Ok(MAKING) => Err(Failure::malformed(what, "it is still being made")),
        Ok(_) => Ok(()),
        Err(reason) => Err(Failure::malformed(what, reason)),
    }
}

/// What the ring says, if it can be believed, in the words of the contract.
fn settle<T>(memory: &Memory, what: &impl Display, result: Result<T, Trouble>) -> Result<T, Failure> {
    memory.sound(what)?;
    result.map_err(|trouble| match trouble {
        Trouble::Closed => Failure::gone(what, "closed"),
        Trouble::PeerDied(Side::Producer) => Failure::gone(what, "the producer has died"),
        Trouble::PeerDied(Side::Consumer) => Failure::gone(what, "the consumer has died"),
        Trouble::Malformed(reason) => Failure::malformed(what, reason),
    })
}
