//! What a record costs the memory that both sides share: accesses are counted, no clock is asked. A load of a word that
//! the other side has written fetches its cache line, and a fence waits for every store before it.

use std::cell::{Cell, RefCell};

use sol07_shm_ring::options::Shape;
use sol07_shm_ring::ring::{Consumer, Producer, Taken, Use};
use sol07_shm_ring::sync::{Ordering, Shared, Side, Wide, Word};

const SHAPE: Shape = Shape { slots: 1024, slot_size: 8 };
const RECORDS: u64 = 1024 * 100;

/// A segment of one thread that counts how it is used.
#[derive(Default)]
struct Counted {
    head: Cell<u64>,
    tail: Cell<u64>,
    closed: Cell<bool>,
    slots: RefCell<Vec<(u32, [u8; 8])>>,
    loads: Cell<u64>,
    stores: Cell<u64>,
    fences: Cell<u64>,
    sequential: Cell<u64>,
    woken: Cell<u64>,
}

impl Counted {
    fn new() -> Self {
        Self { slots: RefCell::new(vec![(0, [0; 8]); SHAPE.slots as usize]), ..Self::default() }
    }

    fn count(&self, counter: &Cell<u64>, order: Ordering) {
        counter.set(counter.get() + 1);
        self.sequential.set(self.sequential.get() + u64::from(order == Ordering::SeqCst));
    }

    fn wide(&self, word: Wide) -> &Cell<u64> {
        match word {
            Wide::Head => &self.head,
            Wide::Tail => &self.tail,
            other => panic!("{other:?} is not of the ring"),
        }
    }
}

impl Shared for Counted {
    fn load(&self, word: Word, order: Ordering) -> u32 {
        self.count(&self.loads, order);
        if word == Word::State { 1 + u32::from(self.closed.get()) } else { 0 }
    }
    fn store(&self, word: Word, value: u32, order: Ordering) {
        self.count(&self.stores, order);
        if word == Word::State {
            self.closed.set(value == 2);
        }
    }
    fn swap(&self, word: Word, _: u32, _: Ordering) -> u32 {
        panic!("nobody sleeps, and {word:?} is swapped")
    }
    fn add(&self, _: Word, _: u32, order: Ordering) -> u32 {
        self.count(&self.stores, order);
        0
    }
    fn exchange(&self, word: Word, _: u32, _: u32, _: Ordering) -> Result<u32, u32> {
        panic!("a ring for two needs no lock, and {word:?} is exchanged")
    }
    fn load_wide(&self, word: Wide, order: Ordering) -> u64 {
        self.count(&self.loads, order);
        self.wide(word).get()
    }
    fn store_wide(&self, word: Wide, value: u64, order: Ordering) {
        self.count(&self.stores, order);
        self.wide(word).set(value);
    }
    fn fence(&self, _: Ordering) {
        self.fences.set(self.fences.get() + 1);
    }
    fn write_slot(&self, slot: u32, len: u32, seq: u32, bytes: &[u8]) {
        assert_eq!(len, 8, "the length");
        let bytes = bytes.try_into().expect("a record has 8 bytes");
        self.slots.borrow_mut()[slot as usize] = (seq, bytes);
    }
    fn slot_head(&self, slot: u32) -> (u32, u32) {
        (8, self.slots.borrow()[slot as usize].0)
    }
    fn read_slot(&self, slot: u32, into: &mut [u8]) {
        into.copy_from_slice(&self.slots.borrow()[slot as usize].1);
    }
    fn wait(&self, word: Word, _: u32) {
        panic!("there is no need to wait for {word:?}")
    }
    fn wake(&self, _: Word) {
        self.woken.set(self.woken.get() + 1);
    }
    fn is_dead(&self, _: Side) -> bool {
        false
    }
    fn me(&self) -> u32 {
        1
    }
    fn is_gone(&self, _: u32) -> bool {
        false
    }
}

/// The ring is filled, then emptied, again and again.
fn pass_all(shared: &Counted) {
    let with = Use { shape: SHAPE, many: false };
    let mut producer = Producer::new(shared, with).expect("a new ring is sound");
    let mut consumer = Consumer::new(shared, with).expect("a new ring is sound");
    let (mut put, mut came) = (0_u64, 0_u64);
    while came < RECORDS {
        while put < RECORDS && producer.try_put(&put.to_le_bytes()) == Ok(true) {
            put += 1;
        }
        producer.publish();
        let mut record = Vec::new();
        while consumer.try_take(&mut record) == Ok(Taken::Record) {
            assert_eq!(record, came.to_le_bytes(), "record {came}");
            record.clear();
            came += 1;
        }
    }
}

#[test]
fn a_record_costs_a_twentieth_of_a_shared_load() {
    let shared = Counted::new();
    pass_all(&shared);
    let a_record = |counter: &Cell<u64>| counter.get() as f64 / RECORDS as f64;
    assert!(a_record(&shared.loads) <= 0.05, "{} loads a record", a_record(&shared.loads));
    assert!(a_record(&shared.stores) <= 0.02, "{} stores a record", a_record(&shared.stores));
    assert!(a_record(&shared.fences) <= 0.02, "{} fences a record", a_record(&shared.fences));
    assert_eq!(shared.sequential.get(), 0, "no load or store is sequentially consistent");
    assert_eq!(shared.woken.get(), 0, "nobody sleeps, so nobody is woken");
}
