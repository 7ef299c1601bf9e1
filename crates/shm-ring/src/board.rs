//! The running example: a board on which a weather station shows its latest reading, and whoever wants to looks at
//! it.
//!
//! One process writes, any number read. Nobody waits for a reader, so a reading that nobody has looked at is
//! replaced: a board holds the *state*, a queue would hold the *history*. A reading is three words which belong
//! together, so a reader must not see a half of one and a half of the next. A sequence lock tells it when it has:
//!
//! ```text
//!     offset  0  the mark of a board that is ready, stored last
//!     offset  8  sequence: odd while the writer is at work, 2 more after each reading
//!     offset 16  celsius (hundredths)      offset 24  humidity (per mille)      offset 32  number of the reading
//! ```

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use anyhow::{Result, bail, ensure};

use crate::map::Mapping;

const MARK: usize = 0;
const SEQUENCE: usize = 8;
const READING: [usize; 3] = [16, 24, 32];
/// `WEATHER1`, little endian: another layout would have another number.
const READY: u64 = u64::from_le_bytes(*b"WEATHER1");

/// How many bytes a board takes.
pub const LENGTH: usize = 40;

/// What a weather station measures at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reading {
    /// Hundredths of a degree Celsius.
    pub celsius: i64,
    /// Per mille.
    pub humidity: u64,
    /// 1 for the first reading; 0 when there is none yet.
    pub number: u64,
}

/// A board in mapped memory.
#[derive(Debug)]
pub struct Board {
    memory: Mapping,
}

impl Board {
    /// Makes a board, with no reading, in memory that is all zero.
    ///
    /// # Errors
    /// When the memory is too short.
    pub fn make(memory: Mapping) -> Result<Self> {
        ensure!(memory.length() >= LENGTH, "a board needs {LENGTH} bytes, here are {}", memory.length());
        // Release: whoever sees the mark (Acquire in `find`) sees everything stored before it.
        memory.long(MARK).store(READY, Ordering::Release);
        Ok(Self { memory })
    }

    /// Finds a board that somebody has made.
    ///
    /// # Errors
    /// When there is none in this memory, or it is not ready yet.
    pub fn find(memory: Mapping) -> Result<Self> {
        // Acquire: meets the Release in `make`.
        match memory.find_long(MARK).map(|mark| mark.load(Ordering::Acquire)) {
            Some(READY) if memory.length() >= LENGTH => Ok(Self { memory }),
            Some(READY) => bail!("the board is cut: {} of {LENGTH} bytes", memory.length()),
            Some(0) => bail!("the board is not ready yet"),
            _ => bail!("there is no board in this memory"),
        }
    }

    /// Shows another reading. Only one process may, and one thread of it: there is no lock among writers.
    pub fn show(&self, reading: Reading) {
        self.show_in_halves(reading, || {});
    }

    /// The same, with something to do when a half of the reading is stored.
    pub fn show_in_halves(&self, reading: Reading, between: impl FnOnce()) {
        let before = self.sequence().load(Ordering::Relaxed);
        self.sequence().store(before.wrapping_add(1), Ordering::Relaxed);
        // Release: whoever sees one of the words below sees the odd number too. It meets the Acquire fence in `look`.
        fence(Ordering::Release);
        let [celsius, humidity, number] = self.words();
        celsius.store(reading.celsius.cast_unsigned(), Ordering::Relaxed);
        between();
        humidity.store(reading.humidity, Ordering::Relaxed);
        number.store(reading.number, Ordering::Relaxed);
        // Release: whoever sees the even number (Acquire in `look`) sees the whole reading.
        self.sequence().store(before.wrapping_add(2), Ordering::Release);
    }

    /// Looks once: nothing if the writer is at work, or has been at work meanwhile.
    #[must_use]
    pub fn look(&self) -> Option<Reading> {
        self.look_in_halves(|| {})
    }

    /// The same, with something to do when a half of the reading is loaded.
    #[must_use]
    pub fn look_in_halves(&self, between: impl FnOnce()) -> Option<Reading> {
        // Acquire: meets the Release at the end of the writer's work.
        let before = self.sequence().load(Ordering::Acquire);
        let reading = self.load_in_halves(between);
        // Acquire: a word of the next reading, seen above, makes the next odd number visible below. It meets the
        // writer's Release fence.
        fence(Ordering::Acquire);
        let after = self.sequence().load(Ordering::Relaxed);
        (before == after && before.is_multiple_of(2)).then_some(reading)
    }

    /// Looks until it has seen a whole reading. If the writer has died at its work, it looks for ever.
    #[must_use]
    pub fn look_until_whole(&self) -> Reading {
        loop {
            match self.look() {
                Some(reading) => return reading,
                // On one core the writer cannot go on before we leave it.
                None => std::thread::yield_now(),
            }
        }
    }

    /// Reads the three words without asking whether they belong together.
    #[must_use]
    pub fn look_without_lock(&self) -> Reading {
        self.load_in_halves(|| {})
    }

    fn load_in_halves(&self, between: impl FnOnce()) -> Reading {
        let [celsius, humidity, number] = self.words();
        let celsius = celsius.load(Ordering::Relaxed).cast_signed();
        between();
        let (humidity, number) = (humidity.load(Ordering::Relaxed), number.load(Ordering::Relaxed));
        Reading { celsius, humidity, number }
    }

    fn sequence(&self) -> &AtomicU32 {
        self.memory.word(SEQUENCE)
    }

    fn words(&self) -> [&AtomicU64; 3] {
        READING.map(|offset| self.memory.long(offset))
    }
}
