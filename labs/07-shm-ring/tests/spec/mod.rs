//! The specification of `ring`, one file a milestone.
//!
//! Every check but those of M4, and one of M8, is a black box: it starts the program, plays the other side of the
//! ring, and looks at the segment from outside. What a check demands stands in the contract (`README.md`) and nowhere
//! else.
//!
//! The other side is `peer.rs`. It reads and writes segments by the contract's bytes, so a ring that only its own maker
//! understands is found out.
//!
//! Names, lengths and bytes are random, from a seed that is printed when a check fails.

mod m1_segment;
mod m2_records;
mod m3_sleep;
mod m4_order;
mod m5_pointers;
mod m6_hostile;
mod m7_death;
mod m8_many;
mod m9_pass;
mod peer;

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use testkit::{Cmd, Finished, Program, Room, Running, bin};

/// The program under test.
fn program() -> Program {
    bin!("ring").called("your ring")
}

/// `ring ARGS`, its arguments separated by blanks.
fn ring(room: &Room, args: impl AsRef<str>) -> Cmd {
    room.command(program()).args(args.as_ref().split(' '))
}

/// The file of a ring. It is removed with this value, whatever becomes of the check: /dev/shm is everybody's.
struct RingFile(PathBuf);

impl Deref for RingFile {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl AsRef<Path> for RingFile {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for RingFile {
    fn drop(&mut self) {
        // It may be gone, as it should be.
        let _ = fs::remove_file(&self.0);
    }
}

/// A name for POSIX shared memory that nobody else has, and its file.
fn shm_name(room: &Room) -> (String, RingFile) {
    // Rooms of two runs with the same seed have the same words.
    let name = format!("/{}-{}", room.word(), std::process::id());
    let path = Path::new("/dev/shm").join(&name[1..]);
    (name, RingFile(path))
}

/// `n` random records of at most `longest` bytes, without newlines: some empty, some as long as may be, of any other
/// byte.
fn records(room: &Room, n: usize, longest: usize) -> Vec<Vec<u8>> {
    (0..n)
        .map(|i| {
            let len = match i {
                0 => longest,
                1 => 0,
                _ => room.number(0..longest as u64 + 1) as usize,
            };
            let mut bytes = room.bytes(len);
            bytes.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = 0);
            bytes
        })
        .collect()
}

/// Records as lines.
fn lines<R: AsRef<[u8]>>(records: &[R]) -> Vec<u8> {
    records.iter().flat_map(|record| [record.as_ref(), b"\n"].concat()).collect()
}

/// Demands one message on standard error, `ring: WHAT: …`, and this status.
#[track_caller]
fn refused(done: &Finished, status: i32, what: &str) {
    done.code(status);
    let stderr = done.stderr_text();
    let is_one_line = stderr.lines().count() == 1 && stderr.ends_with('\n');
    done.check(
        is_one_line && stderr.starts_with(&format!("ring: {what}: ")),
        format!("stderr is one line that begins with `ring: {what}: ` (received: `{}`)", stderr.trim_end()),
    );
}

/// Waits until it sleeps, and demands that it has not ended.
#[track_caller]
fn sleeps(running: &Running, why: &str) {
    running.still_waits(why);
    running.assert_idle();
}
