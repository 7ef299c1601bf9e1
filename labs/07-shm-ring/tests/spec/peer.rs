//! The other side, trusted: a segment that the check makes or maps, and what it does there as a producer, as a
//! consumer, or as an enemy. It follows the contract to the letter, and shares no code with `src/`.
#![allow(unsafe_code, reason = "atomics in a mapping, and futex(2)")]

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use memmap2::{MmapOptions, MmapRaw};
use testkit::{Gate, Proc, Room, Running, Signal, visible};

/// Offsets of the contract.
pub(crate) mod at {
    pub(crate) const VERSION: usize = 8;
    pub(crate) const FLAGS: usize = 12;
    pub(crate) const SLOT_SIZE: usize = 16;
    pub(crate) const SLOTS: usize = 20;
    pub(crate) const TOTAL_LEN: usize = 24;
    pub(crate) const STATE: usize = 32;
    pub(crate) const PRODUCER: usize = 36;
    pub(crate) const CONSUMER: usize = 40;
    pub(crate) const PRODUCER_START: usize = 48;
    pub(crate) const CONSUMER_START: usize = 56;
    pub(crate) const HEAD: usize = 64;
    pub(crate) const DATA: usize = 72;
    pub(crate) const DATA_WAITS: usize = 76;
    pub(crate) const TAIL: usize = 128;
    pub(crate) const SPACE: usize = 136;
    pub(crate) const SPACE_WAITS: usize = 140;
    pub(crate) const LOCK: usize = 192;
    pub(crate) const SLOT: usize = 4096;
}

/// Flag bit 0: whoever attaches keeps the segment in memory.
pub(crate) const LOCKED: u32 = 1;
/// Flag bit 1.
pub(crate) const MANY: u32 = 2;

/// The bytes from one slot to the next.
pub(crate) fn stride(slot_size: u32) -> usize {
    (8 + slot_size as usize).div_ceil(64) * 64
}

/// The length of a segment.
pub(crate) fn total_len(slots: u32, slot_size: u32) -> usize {
    at::SLOT + slots as usize * stride(slot_size)
}

/// A ring as the contract wants it, empty and ready.
pub(crate) fn ring_bytes(slots: u32, slot_size: u32, flags: u32) -> Vec<u8> {
    let mut bytes = vec![0; total_len(slots, slot_size)];
    let total = bytes.len() as u64;
    let mut put = |at: usize, field: &[u8]| bytes[at..at + field.len()].copy_from_slice(field);
    put(0, b"IPCRING\0");
    put(at::VERSION, &1u32.to_le_bytes());
    put(at::FLAGS, &flags.to_le_bytes());
    put(at::SLOT_SIZE, &slot_size.to_le_bytes());
    put(at::SLOTS, &slots.to_le_bytes());
    put(at::TOTAL_LEN, &total.to_le_bytes());
    put(at::STATE, &1u32.to_le_bytes());
    bytes
}

/// A segment, mapped by the check.
pub(crate) struct Segment {
    map: MmapRaw,
    file: File,
    path: PathBuf,
    slots: u32,
    slot_size: u32,
}

impl Segment {
    /// Makes a ring in the room; programs call it `file:NAME`.
    #[track_caller]
    pub(crate) fn make(room: &Room, name: &str, slots: u32, slot_size: u32, flags: u32) -> Self {
        let path = room.write(name, ring_bytes(slots, slot_size, flags));
        Self::open(&path)
    }

    /// Maps a ring that somebody has made.
    #[track_caller]
    pub(crate) fn open(path: &Path) -> Self {
        let file = OpenOptions::new().read(true).write(true).custom_flags(libc::O_CLOEXEC).open(path);
        let file = file.unwrap_or_else(|error| {
            panic!("there is no segment that can be opened\nexpected: {}\nreceived: {error}", path.display())
        });
        Self::of(file, path.to_owned())
    }

    /// Maps a ring from a descriptor.
    #[track_caller]
    pub(crate) fn of(file: File, path: PathBuf) -> Self {
        let len = file.metadata().expect("the length of an open file").len();
        assert!(
            len > at::SLOT as u64,
            "a segment is too short to be one\nexpected: more than 4096 bytes\nreceived: {len}"
        );
        let map = MmapOptions::new().map_raw(&file).expect("a mapping of a file that is there");
        let mut segment = Self { map, file, path, slots: 0, slot_size: 0 };
        segment.slots = segment.load(at::SLOTS);
        segment.slot_size = segment.load(at::SLOT_SIZE);
        let whole = total_len(segment.slots, segment.slot_size) as u64;
        assert!(
            segment.slots > 0 && len >= whole,
            "a segment is too short for its slots\nexpected: {whole} bytes or more\nreceived: {len}"
        );
        segment
    }

    /// Its file: for faults.
    pub(crate) fn path(&self) -> PathBuf {
        self.path.clone()
    }

    fn word(&self, at: usize) -> &AtomicU32 {
        assert!(at.is_multiple_of(4) && at + 4 <= self.map.len(), "a word of the segment");
        let address = self.map.as_mut_ptr().wrapping_add(at);
        // SAFETY: inside the mapping and aligned, as was just checked; it lives as long as `self`.
        unsafe { AtomicU32::from_ptr(address.cast()) }
    }

    fn wide(&self, at: usize) -> &AtomicU64 {
        assert!(at.is_multiple_of(8) && at + 8 <= self.map.len(), "a wide word of the segment");
        let address = self.map.as_mut_ptr().wrapping_add(at);
        // SAFETY: as above.
        unsafe { AtomicU64::from_ptr(address.cast()) }
    }

    /// Reads a word.
    pub(crate) fn load(&self, at: usize) -> u32 {
        self.word(at).load(Ordering::SeqCst)
    }

    /// Writes a word.
    pub(crate) fn store(&self, at: usize, value: u32) {
        self.word(at).store(value, Ordering::SeqCst);
    }

    /// Reads a word of 64 bits.
    pub(crate) fn load_wide(&self, at: usize) -> u64 {
        self.wide(at).load(Ordering::SeqCst)
    }

    /// Writes a word of 64 bits.
    pub(crate) fn store_wide(&self, at: usize, value: u64) {
        self.wide(at).store(value, Ordering::SeqCst);
    }

    /// Adds 1 to a word, as one does before waking.
    pub(crate) fn bump(&self, at: usize) {
        self.word(at).fetch_add(1, Ordering::SeqCst);
    }

    /// `FUTEX_WAKE` of all who sleep on the word; how many did. A private futex of another process is not among them.
    pub(crate) fn wake(&self, at: usize) -> i64 {
        let word: *const u32 = self.word(at).as_ptr();
        // SAFETY: the word is mapped; the kernel does not touch it.
        unsafe { libc::syscall(libc::SYS_futex, word, libc::FUTEX_WAKE, i32::MAX) }
    }

    /// Sets both counters of an empty ring.
    pub(crate) fn begin_at(&self, number: u64) {
        self.store_wide(at::HEAD, number);
        self.store_wide(at::TAIL, number);
    }

    /// Where the slot of record `number` begins.
    pub(crate) fn slot(&self, number: u64) -> usize {
        at::SLOT + (number % u64::from(self.slots)) as usize * stride(self.slot_size)
    }

    /// Writes a slot, and publishes nothing.
    pub(crate) fn write(&self, number: u64, len: u32, seq: u32, bytes: &[u8]) {
        let slot = self.slot(number);
        self.store(slot, len);
        self.store(slot + 4, seq);
        let mut padded = bytes.to_vec();
        padded.resize(bytes.len().next_multiple_of(4), 0);
        for (i, part) in padded.chunks_exact(4).enumerate() {
            self.store(slot + 8 + 4 * i, u32::from_le_bytes(part.try_into().expect("four bytes")));
        }
    }

    /// Pushes a record as the contract says. There must be room.
    pub(crate) fn push(&self, bytes: &[u8]) {
        let head = self.load_wide(at::HEAD);
        assert!(
            head.wrapping_sub(self.load_wide(at::TAIL)) < u64::from(self.slots),
            "the check pushes into a ring that is full: tail is not where it should be"
        );
        self.write(head, bytes.len() as u32, (head as u32).wrapping_add(1), bytes);
        self.wide(at::HEAD).store(head.wrapping_add(1), Ordering::Release);
        self.wake_if_waiting(at::DATA_WAITS, at::DATA);
    }

    /// Takes a record as the contract says, and asserts that it is one.
    #[track_caller]
    pub(crate) fn pop(&self) -> Option<Vec<u8>> {
        let tail = self.load_wide(at::TAIL);
        if self.load_wide(at::HEAD) == tail {
            return None;
        }
        let record = self.record(tail);
        self.wide(at::TAIL).store(tail.wrapping_add(1), Ordering::Release);
        self.wake_if_waiting(at::SPACE_WAITS, at::SPACE);
        Some(record)
    }

    /// Record `number`, which must be in its slot.
    #[track_caller]
    pub(crate) fn record(&self, number: u64) -> Vec<u8> {
        let slot = self.slot(number);
        let (len, seq) = (self.load(slot), self.load(slot + 4));
        let wanted = (number as u32).wrapping_add(1);
        assert!(
            seq == wanted,
            "a published slot has a wrong sequence number (record {number}, counted from 0)\nexpected: seq {wanted}\nreceived: seq {seq}"
        );
        assert!(
            len <= self.slot_size,
            "a published slot has a wrong length (record {number}, counted from 0)\nexpected: at most {}\nreceived: len {len}",
            self.slot_size
        );
        let words = (0..len as usize).step_by(4).map(|i| self.load(slot + 8 + i).to_le_bytes());
        let mut bytes: Vec<u8> = words.flatten().collect();
        bytes.truncate(len as usize);
        bytes
    }

    fn wake_if_waiting(&self, waits: usize, word: usize) {
        fence(Ordering::SeqCst);
        if self.word(waits).swap(0, Ordering::SeqCst) != 0 {
            self.bump(word);
            self.wake(word);
        }
    }

    /// Closes the ring as the contract says.
    pub(crate) fn close(&self) {
        self.store(at::STATE, 2);
        for word in [at::DATA, at::SPACE] {
            self.bump(word);
            self.wake(word);
        }
    }

    /// Cuts the file, or lengthens it.
    pub(crate) fn set_len(&self, len: u64) {
        self.file.set_len(len).expect("a file of the check can be cut");
    }

    /// Demands what a word holds.
    #[track_caller]
    pub(crate) fn expect(&self, at: usize, name: &str, wanted: u32) {
        let found = self.load(at);
        assert!(
            found == wanted,
            "{name} (offset {at}) is not as expected\nexpected: {wanted:#x}\nreceived: {found:#x}"
        );
    }

    /// Demands head and tail.
    #[track_caller]
    pub(crate) fn expect_counters(&self, head: u64, tail: u64) {
        let found = (self.load_wide(at::HEAD), self.load_wide(at::TAIL));
        assert!(
            found == (head, tail),
            "the counters are not as expected\nexpected: head {head}, tail {tail}\nreceived: head {}, tail {}",
            found.0,
            found.1
        );
    }

    /// Takes all records, which must be exactly these.
    #[track_caller]
    pub(crate) fn expect_records<R: AsRef<[u8]>>(&self, wanted: &[R]) {
        for (i, wanted) in wanted.iter().enumerate() {
            let found = self.pop();
            let wanted = wanted.as_ref();
            let shown = found.as_ref().map_or("no further record".to_owned(), |bytes| clip(bytes));
            assert!(
                found.as_deref() == Some(wanted),
                "record {i} (counted from 0) is not as expected\nexpected: {}\nreceived: {shown}",
                clip(wanted)
            );
        }
        let more = self.pop();
        assert!(
            more.is_none(),
            "there is a record too many\nexpected: {} records\nreceived: one more, {}",
            wanted.len(),
            clip(&more.unwrap_or_default())
        );
    }
}

fn clip(bytes: &[u8]) -> String {
    let more = if bytes.len() > 60 { format!(" … ({} bytes)", bytes.len()) } else { String::new() };
    format!("`{}`{more}", visible(&bytes[..bytes.len().min(60)]))
}

/// A living process that does nothing: it stands in the segment in the place of a peer.
pub(crate) struct StandIn {
    running: Running,
    gate: Gate,
    pub(crate) pid: u32,
    pub(crate) start: u64,
}

impl StandIn {
    pub(crate) fn new(room: &Room) -> Self {
        let name = format!("{}.door", room.word());
        let gate = room.gate(&name);
        let running = room.command("gate").arg(&name).spawn();
        gate.reached();
        let pid = running.pid();
        Self { start: start_time(pid), pid: pid.cast_unsigned(), running, gate }
    }

    /// Attaches it to a segment, as the contract says.
    pub(crate) fn attach(&self, segment: &Segment, is_producer: bool) {
        let (pid, start, other) = if is_producer {
            (at::PRODUCER, at::PRODUCER_START, at::DATA)
        } else {
            (at::CONSUMER, at::CONSUMER_START, at::SPACE)
        };
        segment.store_wide(start, self.start);
        segment.store(pid, self.pid);
        segment.bump(other);
        segment.wake(other);
    }

    /// It dies, and its parent has reaped it.
    pub(crate) fn die(self) {
        self.running.kill(Signal::SIGKILL);
        self.running.wait();
    }

    /// It ends in peace.
    pub(crate) fn end(self) {
        self.gate.open();
        self.running.wait();
    }
}

/// Field 22 of `/proc/PID/stat`, proc_pid_stat(5); 0 if there is no such process.
pub(crate) fn start_time(pid: i32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields);
    fields.split(' ').nth(19).and_then(|start| start.parse().ok()).unwrap_or(0)
}

/// A number that no process has.
pub(crate) fn dead_pid(room: &Room) -> u32 {
    let stand_in = StandIn::new(room);
    let pid = stand_in.pid;
    stand_in.die();
    assert!(Proc::read(pid.cast_signed()).is_none(), "a process that was reaped is gone");
    pid
}
