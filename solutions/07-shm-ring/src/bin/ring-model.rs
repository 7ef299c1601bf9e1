//! `ring-model SCENARIO`: runs the library's ring on a model of memory that tries every order. Given.
//!
//! Two threads do what two processes do with a ring. `loom` runs them again and again: in each order in which their
//! accesses to shared words can follow each other, and with each value that a load may see where nothing forbids an
//! older one. A slot is plain memory: touching it while the other side does is an error. Whoever sleeps and is never
//! woken is one, too.
//!
//! When every order has been tried, a line is read from standard input and printed with the number of runs. Anything
//! that is wrong ends the program at once, with one line on standard error and status 1.
//!
//! To see an order that fails, step by step: `LOOM_LOG=trace ring-model SCENARIO`.
#![allow(unsafe_code, reason = "the model's plain memory is watched by loom")]

use std::process::{ExitCode, exit};
use std::sync::atomic::{AtomicUsize, Ordering as StdOrdering};

use loom::cell::UnsafeCell;
use loom::sync::atomic::{AtomicU32, AtomicU64, fence};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;
use sol07_shm_ring::layout::{CLOSED, READY};
use sol07_shm_ring::lock::Lock;
use sol07_shm_ring::options::Shape;
use sol07_shm_ring::ring::{Consumer, Producer, Taken, Trouble, Use};
use sol07_shm_ring::sync::{Ordering, Shared, Side, Wide, Word};

/// A slot of the model has so many bytes.
const SLOT_SIZE: usize = 4;
/// No thread of the model has this id.
const DEAD: u32 = 4711;
/// So often a thread may be interrupted, in one run, where it could have gone on. All bugs known to us need two at
/// most.
const INTERRUPTIONS: usize = 2;

/// A slot: length, sequence number, bytes.
type Slot = (u32, u32, [u8; SLOT_SIZE]);

/// A segment of the model.
struct Segment {
    words: [AtomicU32; 8],
    wides: [AtomicU64; 4],
    slots: Vec<UnsafeCell<Slot>>,
    /// What the kernel does in futex(2): it compares and falls asleep in one step.
    kernel: Mutex<()>,
    sleepers: [Condvar; 3],
}

/// A thread's view of the segment.
#[derive(Clone)]
struct View {
    segment: Arc<Segment>,
    me: u32,
}

impl View {
    /// A ring that is ready and empty, with both counters at `start`.
    fn new(slots: usize, start: u64) -> View {
        let word = |value| AtomicU32::new(value);
        let words = [word(READY), word(0), word(0), word(0), word(0), word(0), word(0), word(0)];
        let wides = [0, 0, start, start].map(AtomicU64::new);
        let slots = (0..slots).map(|_| UnsafeCell::new((0, 0, [0; SLOT_SIZE]))).collect();
        let sleepers = [Condvar::new(), Condvar::new(), Condvar::new()];
        View { segment: Arc::new(Segment { words, wides, slots, kernel: Mutex::new(()), sleepers }), me: 1 }
    }

    /// The same segment, seen by another thread.
    fn of(&self, me: u32) -> View {
        View { segment: Arc::clone(&self.segment), me }
    }

    fn slots(&self) -> u32 {
        self.segment.slots.len() as u32
    }

    fn how(&self, many: bool) -> Use {
        Use { shape: Shape { slots: self.slots(), slot_size: SLOT_SIZE as u32 }, many }
    }

    fn word(&self, word: Word) -> &AtomicU32 {
        let index = match word {
            Word::State => 0,
            Word::ProducerPid => 1,
            Word::ConsumerPid => 2,
            Word::Data => 3,
            Word::DataWaits => 4,
            Word::Space => 5,
            Word::SpaceWaits => 6,
            Word::Lock => 7,
        };
        &self.segment.words[index]
    }

    fn wide(&self, wide: Wide) -> &AtomicU64 {
        let index = match wide {
            Wide::ProducerStart => 0,
            Wide::ConsumerStart => 1,
            Wide::Head => 2,
            Wide::Tail => 3,
        };
        &self.segment.wides[index]
    }

    fn sleepers(&self, word: Word) -> &Condvar {
        match word {
            Word::Data => &self.segment.sleepers[0],
            Word::Space => &self.segment.sleepers[1],
            Word::Lock => &self.segment.sleepers[2],
            other => wrong(&format!("sleeps on {other:?}, and nobody wakes whoever sleeps there")),
        }
    }
}

impl Shared for View {
    fn load(&self, word: Word, order: Ordering) -> u32 {
        self.word(word).load(order)
    }

    fn store(&self, word: Word, value: u32, order: Ordering) {
        self.word(word).store(value, order);
    }

    fn swap(&self, word: Word, value: u32, order: Ordering) -> u32 {
        self.word(word).swap(value, order)
    }

    fn add(&self, word: Word, value: u32, order: Ordering) -> u32 {
        self.word(word).fetch_add(value, order)
    }

    fn exchange(&self, word: Word, from: u32, to: u32, order: Ordering) -> Result<u32, u32> {
        self.word(word).compare_exchange(from, to, order, Ordering::Relaxed)
    }

    fn load_wide(&self, word: Wide, order: Ordering) -> u64 {
        self.wide(word).load(order)
    }

    fn store_wide(&self, word: Wide, value: u64, order: Ordering) {
        self.wide(word).store(value, order);
    }

    fn fence(&self, order: Ordering) {
        fence(order);
    }

    fn write_slot(&self, slot: u32, len: u32, seq: u32, bytes: &[u8]) {
        let mut all = [0; SLOT_SIZE];
        all[..bytes.len()].copy_from_slice(bytes);
        // SAFETY: loom ends the run if anybody else touches the slot meanwhile.
        self.segment.slots[slot as usize].with_mut(|at| unsafe { *at = (len, seq, all) });
    }

    fn slot_head(&self, slot: u32) -> (u32, u32) {
        // SAFETY: as above.
        let slot = self.segment.slots[slot as usize].with(|at| unsafe { *at });
        (slot.0, slot.1)
    }

    fn read_slot(&self, slot: u32, into: &mut [u8]) {
        // SAFETY: as above.
        let bytes = self.segment.slots[slot as usize].with(|at| unsafe { (*at).2 });
        into.copy_from_slice(&bytes[..into.len()]);
    }

    fn wait(&self, word: Word, seen: u32) {
        let guard = self.segment.kernel.lock().expect("no thread has panicked");
        if self.word(word).load(Ordering::Relaxed) == seen {
            drop(self.sleepers(word).wait(guard).expect("no thread has panicked"));
        }
    }

    fn wake(&self, word: Word) {
        let _guard = self.segment.kernel.lock().expect("no thread has panicked");
        self.sleepers(word).notify_all();
    }

    fn is_dead(&self, _: Side) -> bool {
        false
    }

    fn me(&self) -> u32 {
        self.me
    }

    fn is_gone(&self, tid: u32) -> bool {
        tid == DEAD
    }
}

/// Ends everything: a panic would go through threads of the model that are not there any more.
#[expect(clippy::disallowed_methods, reason = "nothing is buffered, and nobody waits for a destructor")]
fn wrong(what: &str) -> ! {
    let scenario = std::env::args().nth(1).unwrap_or_default();
    eprintln!("ring-model: {scenario}: {what}");
    exit(1)
}

fn demand(holds: bool, what: impl FnOnce() -> String) {
    if !holds {
        wrong(&what());
    }
}

fn usable<T>(result: Result<T, Trouble>) -> T {
    result.unwrap_or_else(|trouble| wrong(&format!("a sound ring is refused: {trouble:?}")))
}

/// Pushes a byte, and waits while there is no room.
fn push(producer: &mut Producer<'_, View>, byte: u8) {
    while !usable(producer.try_push(&[byte])) {
        usable(producer.wait());
    }
}

/// Takes one record, and waits while there is none; `None` at the end.
fn pop(consumer: &mut Consumer<'_, View>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        match usable(consumer.try_pop(&mut out)) {
            Taken::Record => return Some(out),
            Taken::End => return None,
            Taken::Empty => usable(consumer.wait()),
        }
    }
}

fn expect(got: Option<Vec<u8>>, byte: u8) {
    demand(got.as_deref() == Some(&[byte]), || format!("record {byte} was pushed, and {got:?} came out"));
}

/// One record; the other side looks once, and does not wait.
fn publish() {
    let here = View::new(2, 0);
    let there = here.of(2);
    let other = thread::spawn(move || {
        let mut producer = usable(Producer::new(&there, there.how(false)));
        demand(usable(producer.try_push(&[7])), || "an empty ring has no room".to_owned());
    });
    // The model looks for other orders around what did happen: the other one shall have published.
    thread::yield_now();
    let mut consumer = usable(Consumer::new(&here, here.how(false)));
    let mut out = Vec::new();
    if usable(consumer.try_pop(&mut out)) == Taken::Record {
        expect(Some(out), 7);
    }
    other.join().expect("the thread ends");
}

/// A ring of one slot is full; the producer looks once whether there is room again.
fn reuse() {
    let here = View::new(1, 0);
    let there = here.of(2);
    {
        let mut producer = usable(Producer::new(&here, here.how(false)));
        demand(usable(producer.try_push(&[1])), || "an empty ring has no room".to_owned());
    }
    let other = thread::spawn(move || {
        let mut producer = usable(Producer::new(&there, there.how(false)));
        usable(producer.try_push(&[2]))
    });
    let mut consumer = usable(Consumer::new(&here, here.how(false)));
    let mut out = Vec::new();
    demand(usable(consumer.try_pop(&mut out)) == Taken::Record, || "a full ring has no record".to_owned());
    expect(Some(out), 1);
    if other.join().expect("the thread ends") {
        expect(pop(&mut consumer), 2);
    }
}

/// Three records through two slots, over the end of the counters; the first is there already, the last must wait for
/// room.
fn wrap() {
    let here = View::new(2, u64::MAX);
    let there = here.of(2);
    push(&mut usable(Producer::new(&here, here.how(false))), 1);
    let other = thread::spawn(move || {
        let mut producer = usable(Producer::new(&there, there.how(false)));
        (2..=3).for_each(|byte| push(&mut producer, byte));
    });
    let mut consumer = usable(Consumer::new(&here, here.how(false)));
    (1..=3).for_each(|byte| expect(pop(&mut consumer), byte));
    other.join().expect("the thread ends");
}

/// The consumer waits for one record.
fn sleep_empty() {
    let here = View::new(1, 0);
    let there = here.of(2);
    let other = thread::spawn(move || {
        let mut producer = usable(Producer::new(&there, there.how(false)));
        demand(usable(producer.try_push(&[7])), || "an empty ring has no room".to_owned());
    });
    let mut consumer = usable(Consumer::new(&here, here.how(false)));
    expect(pop(&mut consumer), 7);
    other.join().expect("the thread ends");
}

/// The producer waits for room in a ring of one slot, which is full.
fn sleep_full() {
    let here = View::new(1, 0);
    let there = here.of(2);
    let mut producer = usable(Producer::new(&here, here.how(false)));
    push(&mut producer, 1);
    let other = thread::spawn(move || {
        let mut consumer = usable(Consumer::new(&there, there.how(false)));
        let mut out = Vec::new();
        demand(usable(consumer.try_pop(&mut out)) == Taken::Record, || {
            "a full ring has no record".to_owned()
        });
        expect(Some(out), 1);
    });
    push(&mut producer, 2);
    other.join().expect("the thread ends");
}

/// The ring is closed behind one record, while the consumer looks, or sleeps.
fn close() {
    let here = View::new(2, 0);
    let there = here.of(2);
    let other = thread::spawn(move || {
        let mut producer = usable(Producer::new(&there, there.how(false)));
        push(&mut producer, 7);
        producer.close();
    });
    let mut consumer = usable(Consumer::new(&here, here.how(false)));
    expect(pop(&mut consumer), 7);
    let end = pop(&mut consumer);
    demand(end.is_none(), || format!("the ring is closed and empty, and {end:?} came out"));
    demand(here.load(Word::State, Ordering::Relaxed) == CLOSED, || "the state is not 2".to_owned());
    other.join().expect("the thread ends");
}

/// Two threads want the lock, each once.
fn lock() {
    two_in_turn(0);
}

/// The lock belongs to a thread that is dead; two threads want it.
fn heirs() {
    two_in_turn(DEAD);
}

fn two_in_turn(owner: u32) {
    let here = View::new(1, 0);
    here.store(Word::Lock, owner, Ordering::Relaxed);
    let counter = Arc::new(UnsafeCell::new(0));
    let (there, same) = (here.of(2), Arc::clone(&counter));
    // SAFETY: loom ends the run if both are inside.
    let count = |counter: &UnsafeCell<u32>| counter.with_mut(|at| unsafe { *at += 1 });
    let other = thread::spawn(move || Lock::new(&there).with(|| count(&same)));
    Lock::new(&here).with(|| count(&counter));
    other.join().expect("the thread ends");
    // SAFETY: the other thread has ended.
    let sum = counter.with(|at| unsafe { *at });
    demand(sum == 2, || format!("two threads have counted, and the sum is {sum}"));
    let left = here.load(Word::Lock, Ordering::Relaxed);
    demand(left == 0, || format!("both have given the lock back, and the word is {left:#x}"));
}

/// The words of the model for what it found, in the words of this lab.
fn explain(message: &str) -> String {
    if message.contains("deadlock") {
        return "a wake-up is lost: in some order a thread sleeps and nobody will wake it".to_owned();
    }
    if message.contains("Causality violation") || message.contains("oncurrent") {
        return "in some order plain memory (a slot, or what the lock protects) is touched by both sides at once"
            .to_owned();
    }
    if message.contains("exceeded maximum number of branches") {
        return "a thread goes round and round without waiting".to_owned();
    }
    message.to_owned()
}

fn main() -> ExitCode {
    let scenario = std::env::args().nth(1).unwrap_or_default();
    let run = match scenario.as_str() {
        "publish" => publish,
        "reuse" => reuse,
        "wrap" => wrap,
        "sleep-empty" => sleep_empty,
        "sleep-full" => sleep_full,
        "close" => close,
        "lock" => lock,
        "heirs" => heirs,
        _ => {
            eprintln!("usage: ring-model publish|reuse|wrap|sleep-empty|sleep-full|close|lock|heirs");
            return ExitCode::from(2);
        }
    };
    std::panic::set_hook(Box::new(|panic| {
        let text = panic.payload_as_str().unwrap_or("a panic without a message");
        wrong(&explain(text.lines().next().unwrap_or_default()));
    }));
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(INTERRUPTIONS);
    model.check(move || {
        RUNS.fetch_add(1, StdOrdering::Relaxed);
        run();
    });
    let mut token = String::new();
    if let Err(error) = std::io::stdin().read_line(&mut token) {
        wrong(&format!("cannot read standard input: {error}"));
    }
    println!("{scenario}: {} runs, {}", RUNS.load(StdOrdering::Relaxed), token.trim_end());
    ExitCode::SUCCESS
}
