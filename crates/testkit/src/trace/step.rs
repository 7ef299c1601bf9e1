//! Faults between two system calls: at an access to shared memory, or at a change of it.
//!
//! An access is found by a watchpoint of the processor (debug registers, `ptrace(2)` with `PTRACE_POKEUSER`), at full speed; a
//! change by single steps, some ten thousand a second.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use nix::sys::ptrace;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::fault::{Instant, Moment, Then};

/// A change behind so many bytes of a file is not looked for.
const LOOKED_AT: usize = 64 << 10;
/// The processor watches so many addresses at once.
const WATCHPOINTS: usize = 4;
/// Of one watchpoint in debug register 7: loads and stores, of four bytes.
const LOAD_OR_STORE_OF_FOUR: u64 = 0b1111;

/// What is known of the program that is followed to an instant.
pub(super) struct Stepper {
    instant: Instant,
    /// Open since the program has mapped it.
    file: Option<File>,
    /// Where the watched word lies in the program's memory.
    places: Vec<u64>,
    /// The threads whose watchpoints are those of `places`.
    armed: BTreeSet<i32>,
    bytes: Vec<u8>,
    happened: u64,
    is_over: bool,
}

impl Stepper {
    pub(super) fn new(instant: Instant) -> Self {
        Self {
            instant,
            file: None,
            places: Vec::new(),
            armed: BTreeSet::new(),
            bytes: Vec::new(),
            happened: 0,
            is_over: false,
        }
    }

    /// Looks after a call of mmap(2) where the process has mapped the file.
    pub(super) fn look(&mut self, pid: i32) {
        let offset = match self.instant.at {
            Moment::Access { offset, .. } => offset,
            Moment::Change { .. } => 0,
        };
        let places = places(pid, &self.instant.file, offset);
        if places == self.places {
            return;
        }
        self.places = places;
        self.armed.clear();
        if self.file.is_none() {
            self.file = File::options().read(true).write(true).open(&self.instant.file).ok();
            self.bytes = self.bytes_now();
        }
    }

    /// Sets the watchpoints of a thread that stands still. Each thread has registers of its own, and a new one has none.
    pub(super) fn arm(&mut self, tid: i32) {
        if matches!(self.instant.at, Moment::Access { .. }) && self.file.is_some() && self.armed.insert(tid) {
            watch(tid, &self.places);
        }
    }

    /// Whether threads go on by one instruction.
    pub(super) fn steps(&self) -> bool {
        self.file.is_some() && !self.is_over && matches!(self.instant.at, Moment::Change { .. })
    }

    /// A trap of the process `pid`: a watchpoint, or the end of a step. Says whether the effect has happened here.
    pub(super) fn trap(&mut self, pid: i32) -> bool {
        if self.is_over || self.file.is_none() {
            return false;
        }
        let nth = match self.instant.at {
            Moment::Access { nth, .. } => nth,
            Moment::Change { nth } => {
                let now = self.bytes_now();
                if now == self.bytes {
                    return false;
                }
                self.bytes = now;
                nth
            }
        };
        self.happened += 1;
        if self.happened < nth {
            return false;
        }
        self.is_over = true;
        self.places.clear();
        self.armed.clear();
        self.act(pid)
    }

    fn act(&self, pid: i32) -> bool {
        let send = |signal| kill(Pid::from_raw(pid), signal).is_ok();
        match &self.instant.then {
            Then::Kill => send(Signal::SIGKILL),
            Then::Stop => send(Signal::SIGSTOP),
            Then::Store { offset, bytes } => {
                self.file.as_ref().is_some_and(|file| file.write_all_at(bytes, *offset).is_ok())
            }
        }
    }

    /// The first bytes of the file.
    fn bytes_now(&self) -> Vec<u8> {
        let mut bytes = vec![0; LOOKED_AT];
        let read = self.file.as_ref().and_then(|file| file.read_at(&mut bytes, 0).ok());
        bytes.truncate(read.unwrap_or(0));
        bytes
    }
}

/// The addresses at which the process has mapped the byte at `offset` of the file; proc_pid_maps(5).
fn places(pid: i32, file: &Path, offset: u64) -> Vec<u64> {
    let Ok(inode) = fs::metadata(file).map(|metadata| metadata.ino()) else { return Vec::new() };
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let place = |line: &str| {
        let mut words = line.split_ascii_whitespace();
        let (start, end) = words.next()?.split_once('-')?;
        let hex = |text: &str| u64::from_str_radix(text, 16).ok();
        let (start, end, begin) = (hex(start)?, hex(end)?, hex(words.nth(1)?)?);
        // Device numbers are not compared: the file systems of /dev/shm and of a temporary folder differ in inodes too.
        let is_of_file = words.nth(1)?.parse() == Ok(inode);
        let place = start.checked_add(offset.checked_sub(begin)?)?;
        (is_of_file && place < end).then_some(place)
    };
    maps.lines().filter_map(place).take(WATCHPOINTS).collect()
}

/// Makes the processor stop the thread after each load or store of the four bytes at each of `places`.
fn watch(tid: i32, places: &[u64]) {
    let base = std::mem::offset_of!(libc::user, u_debugreg);
    let set = |register: usize, value: u64| {
        let at = (base + register * size_of::<u64>()) as ptrace::AddressType;
        // A thread that was killed meanwhile needs no watchpoint; without debug registers the fault never happens, and says so.
        let _ = ptrace::write_user(Pid::from_raw(tid), at, value.cast_signed());
    };
    set(7, 0);
    let mut control = 0;
    for (register, &place) in places.iter().enumerate() {
        set(register, place);
        control |= 1 << (2 * register) | LOAD_OR_STORE_OF_FOUR << (16 + 4 * register);
    }
    set(7, control);
}
