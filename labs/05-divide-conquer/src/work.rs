//! The work itself, in small pieces that are counted, and the gate in front of it. Given, and not yours to edit:
//! the checks compare what it counts with what there was to do.
//!
//! Each process counts for itself, in a variable of its own. After a fork the child goes on with a *copy* of it.

use std::cell::Cell;
use std::cmp::Ordering;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use nix::unistd::getpid;

use crate::failure::{Failure, say};

/// Units of work of this process since [`begin`], for each of its threads.
static UNITS: Mutex<Vec<&AtomicU64>> = Mutex::new(Vec::new());
/// `--gate` and `--report`.
static ASKED: OnceLock<(Option<PathBuf>, bool)> = OnceLock::new();

/// Takes note of `--gate` and `--report`. `dnc` does it when it starts.
pub fn set_up(gate: Option<PathBuf>, report: bool) {
    let _ = ASKED.set((gate, report));
}

thread_local! {
    /// Those of this thread, which alone writes there. So no addition is locked: a locked one waits until everything that was
    /// written before has left the core, the row of cells that it counts.
    static OWN: &'static AtomicU64 = {
        let own = Box::leak(Box::new(AtomicU64::new(0)));
        units().push(own);
        own
    };
}

fn units() -> MutexGuard<'static, Vec<&'static AtomicU64>> {
    UNITS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// To be called by each process when it is about to do its own share: counting begins with 0, and the gate, if one
/// is asked for, is passed. So whoever works at the same time stands at the gate at the same time.
///
/// # Errors
/// When the gate is no FIFO.
pub fn begin() -> Result<(), Failure> {
    units().iter().for_each(|of_thread| of_thread.store(0, Relaxed));
    match ASKED.get() {
        Some((Some(fifo), _)) => pass(fifo),
        _ => Ok(()),
    }
}

/// To be called by each process when it has done all its work: writes `WHO: UNITS` on standard error, if `--report`
/// asks for it. WHO is `part K` or `rank R`.
pub fn report(who: &str) {
    if matches!(ASKED.get(), Some((_, true))) {
        let all: u64 = units().iter().map(|of_thread| of_thread.load(Relaxed)).sum();
        say(&format!("{who}: {all}\n"));
    }
}

fn count(units: usize) {
    OWN.with(|own| own.store(own.load(Relaxed) + units as u64, Relaxed));
}

/// Waits at a gate: writes its pid to `.FIFO.reached` beside FIFO, then opens FIFO for reading, which blocks until
/// somebody opens it for writing.
///
/// # Errors
/// When it is no FIFO.
pub fn pass(fifo: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::io(fifo.display().to_string(), &error);
    if !fs::metadata(fifo).map_err(failed)?.file_type().is_fifo() {
        return Err(Failure::new(fifo.display().to_string(), "not a FIFO"));
    }
    let name = fifo.file_name().unwrap_or_default().to_string_lossy();
    let marker = fifo.with_file_name(format!(".{name}.reached"));
    let mut marker = OpenOptions::new().append(true).create(true).open(marker).map_err(failed)?;
    marker.write_all(format!("{}\n", getpid()).as_bytes()).map_err(failed)?;
    File::open(fifo).map_err(failed).map(drop)
}

/// A line of `sum`, without its newline: a decimal number of 64 bits, with or without a minus. One unit.
pub fn number(line: &[u8]) -> Option<i64> {
    count(1);
    let (is_negative, digits) = line.strip_prefix(b"-").map_or((false, line), |digits| (true, digits));
    // Below zero, because the smallest number has no opposite. One pass, and no detour by a `str`: to check that the
    // bytes are UTF-8 costs as much as to read the digits.
    let append = |value: i64, byte: &u8| {
        let digit = byte.is_ascii_digit().then(|| i64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_sub(digit)
    };
    let value = digits.iter().try_fold(0, append).filter(|_| !digits.is_empty())?;
    if is_negative { Some(value) } else { value.checked_neg() }
}

/// Compares two lines of `sort` and `psort`, without their newlines, by their keys: what stands before the first
/// tab, byte by byte. A line without a tab is all key. One unit.
pub fn compare(one: &[u8], other: &[u8]) -> Ordering {
    count(1);
    // It goes no further than the first difference: most keys differ in their first bytes, and to look for the ends of
    // both keys first would cost more than to compare them.
    for (a, b) in one.iter().zip(other) {
        match a.cmp(b) {
            Ordering::Equal if *a == b'\t' => return Ordering::Equal,
            Ordering::Equal => {}
            _ if *a == b'\t' => return Ordering::Less,
            _ if *b == b'\t' => return Ordering::Greater,
            different => return different,
        }
    }
    // One line is the beginning of the other: a key ends where its line ends, or at a tab.
    let has_more = |line: &[u8], length: usize| line.get(length).is_some_and(|&byte| byte != b'\t');
    has_more(one, other.len()).cmp(&has_more(other, one.len()))
}

/// The next generation of a row of `life`, from the row above it, itself, and the row below it, all of the same
/// length. The row is a ring: its last cell and its first are neighbours. `#` lives, `.` does not. One unit for
/// each cell.
pub fn next_row(above: &[u8], row: &[u8], below: &[u8]) -> Vec<u8> {
    count(row.len());
    if row.is_empty() {
        return Vec::new();
    }
    // First the sum of the three cells in each column, with the last column before the first and the first one behind
    // the last; then the sum of three columns, which tells how many of nine cells live. No cell has an index that must be
    // wrapped, and no step depends on a branch, so the compiler makes both loops with vector instructions. The second loop
    // overwrites what it has read: memory of its own would cost as much as a loop.
    let length = row.len();
    let mut cells = Vec::with_capacity(length + 2);
    cells.push(0);
    cells.extend(above.iter().zip(row).zip(below).map(|((a, b), c)| a.wrapping_add(*b).wrapping_add(*c)));
    cells.push(cells[1]);
    cells[0] = cells[length];
    for (columns, cell) in Cell::from_mut(&mut cells[..]).as_slice_of_cells().windows(3).zip(row) {
        // Itself is among the nine.
        let sum = columns[0].get().wrapping_add(columns[1].get()).wrapping_add(columns[2].get());
        let is_alive = (sum == nine_of_which(3)) | ((*cell == b'#') & (sum == nine_of_which(4)));
        columns[0].set(if is_alive { b'#' } else { b'.' });
    }
    cells.truncate(length);
    cells
}

/// The sum of nine cells of which so many live, modulo 256: another one for each number.
const fn nine_of_which(live: u8) -> u8 {
    live.wrapping_mul(b'#').wrapping_add((9 - live).wrapping_mul(b'.'))
}

/// Calls `each` with each word of a file of `wc`: what stands between blanks, tabs and newlines. One unit for each
/// word. A line `!gate FIFO` has no words: whoever meets it waits at that gate.
///
/// # Errors
/// When a gate is no FIFO.
pub fn words<'a>(text: &'a [u8], mut each: impl FnMut(&'a [u8])) -> Result<(), Failure> {
    for line in text.split(|&byte| byte == b'\n') {
        if let Some(fifo) = line.strip_prefix(b"!gate ") {
            pass(Path::new(&*String::from_utf8_lossy(fifo)))?;
            continue;
        }
        for word in line.split(|byte| b" \t".contains(byte)).filter(|word| !word.is_empty()) {
            count(1);
            each(word);
        }
    }
    Ok(())
}

/// To which of `parts` parts of the output of `wc` a word belongs, from 0: FNV-1a of 64 bits, modulo `parts`.
pub fn part_of(word: &[u8], parts: usize) -> usize {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    let hash = word.iter().fold(0xcbf2_9ce4_8422_2325, mix);
    (hash % parts as u64) as usize
}
