//! What the machine can do at best, measured on the spot: no program that moves bytes or wakes somebody beats these.

#![allow(
    unsafe_code,
    reason = "two threads hand blocks of common memory to each other, as two processes would"
)]

use std::cell::UnsafeCell;
use std::hint::{black_box, spin_loop};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::Context as _;
use nix::unistd::getppid;

use crate::machine::{Cores, on_core, pin};
use crate::process::be_alone;

/// Nanoseconds that `repeat` calls took, for each.
fn each(repeat: u32, mut call: impl FnMut()) -> f64 {
    let start = Instant::now();
    (0..repeat).for_each(|_| call());
    start.elapsed().as_secs_f64() * 1e9 / f64::from(repeat)
}

/// Nanoseconds of a system call that does nothing.
#[must_use]
pub fn empty_call() -> f64 {
    each(100_000, || {
        black_box(getppid());
    })
}

/// Nanoseconds to read the clock.
#[must_use]
pub fn clock_read() -> f64 {
    each(200_000, || {
        black_box(Instant::now());
    })
}

/// Nanoseconds of fork(2), the child's end, and waitpid(2). This process must have one thread.
///
/// # Errors
/// When no process can be made.
pub fn fork_and_wait() -> anyhow::Result<f64> {
    be_alone()?;
    let mut result = Ok(());
    let time = each(100, || {
        if result.is_ok() {
            result = ipc_kit::run_in_child(|| 0).and_then(ipc_kit::wait_for).map(drop);
        }
    });
    result.context("fork a child").map(|()| time)
}

/// Nanoseconds to start the program `true` without a shell, and to wait for it.
///
/// # Errors
/// When there is no such program.
pub fn spawn_and_wait() -> anyhow::Result<f64> {
    let mut result = Ok(());
    let time = each(40, || {
        if result.is_ok() {
            result = Command::new("true").stdin(Stdio::null()).status().map(drop);
        }
    });
    result.context("start the program `true`").map(|()| time)
}

/// Nanoseconds from one thread's wake-up to the other's return from its sleep, on the given processors.
///
/// # Errors
/// When a thread cannot be pinned.
pub fn sleep_and_wake(cores: Cores) -> anyhow::Result<f64> {
    const TURNS: u32 = 1_000;
    let ball = AtomicBool::new(false);
    let take = |mine: bool| {
        while ball.load(Ordering::Acquire) != mine {
            thread::park();
        }
    };
    let pass = |to: &thread::Thread, mine: bool| {
        ball.store(!mine, Ordering::Release);
        to.unpark();
    };
    let play = || {
        thread::scope(|scope| {
            let player = thread::current();
            let echo = scope.spawn(move || {
                let pinned = pin(0, cores.second);
                for _ in 0..TURNS {
                    take(true);
                    pass(&player, true);
                }
                pinned
            });
            let time = each(TURNS, || {
                pass(echo.thread(), false);
                take(false);
            });
            echo.join().map_err(|_| anyhow::anyhow!("the echo thread panicked"))?.map(|()| time / 2.0)
        })
    };
    on_core(cores.first, play)
}

/// Memory that begins where a cache line does: some processors copy other memory many times slower.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Aligned([u8; 64]);

/// Bytes a second of a copy from memory to memory, on one core.
#[must_use]
pub fn copy(size: usize) -> f64 {
    let lines = (size / 64).max(1);
    // Not zeroes: memory of zeroes is there only when it is touched, and the touch would be measured.
    let (from, mut to) = (vec![Aligned([1; 64]); lines], vec![Aligned([2; 64]); lines]);
    let repeat = u32::try_from((64 << 20) / size.max(1024)).unwrap_or(1).max(4);
    let time = each(repeat, || black_box(&mut to).copy_from_slice(black_box(&from)));
    black_box(to.last().map(|line| line.0[0]));
    size as f64 / time * 1e9
}

/// The most bytes that are on their way at once.
const WINDOW: usize = 256 << 10;

/// A window of blocks in memory that both threads use.
struct Blocks {
    bytes: Box<[UnsafeCell<u64>]>,
    filled: Counter,
    read: Counter,
}

/// A counter with a cache line of its own.
#[derive(Default)]
#[repr(align(128))]
struct Counter(AtomicUsize);

// SAFETY: a block is written only between `read` and `filled` of its number and read only after `filled`; the two
// counters, with release and acquire, give it to one thread at a time.
unsafe impl Sync for Blocks {}

/// Bytes a second from one core, which fills blocks, to another one, which reads them: the limit of every queue in
/// shared memory that moves its records in pieces of this size.
///
/// # Errors
/// When a thread cannot be pinned.
pub fn transfer(cores: Cores, block: usize) -> anyhow::Result<f64> {
    let words = (block / 8).max(1);
    let slots = (WINDOW / 8 / words).max(2);
    let count = ((32 << 20) / 8 / words).clamp(slots, 400_000);
    let bytes = (0..words * slots).map(|_| UnsafeCell::new(0)).collect();
    let blocks = Blocks { bytes, filled: Counter::default(), read: Counter::default() };
    let blocks = &blocks;
    let time = thread::scope(|scope| {
        let reader = scope.spawn(move || {
            let pinned = pin(0, cores.second);
            black_box(drain(blocks, words, slots, count));
            pinned
        });
        let writer = scope.spawn(move || {
            let pinned = pin(0, cores.first);
            let start = Instant::now();
            fill(blocks, words, slots, count);
            pinned.map(|()| start.elapsed())
        });
        let time = writer.join().map_err(|_| anyhow::anyhow!("the filling thread panicked"))??;
        reader.join().map_err(|_| anyhow::anyhow!("the reading thread panicked"))??;
        anyhow::Ok(time)
    })?;
    Ok((count * words * 8) as f64 / time.as_secs_f64())
}

fn wait_until(is_so: impl Fn() -> bool) {
    let mut spins = 0_u32;
    while !is_so() {
        spins += 1;
        if spins.is_multiple_of(1_000) { thread::yield_now() } else { spin_loop() }
    }
}

fn fill(blocks: &Blocks, words: usize, slots: usize, count: usize) {
    let mut read = 0;
    for number in 0..count {
        if number - read >= slots {
            wait_until(|| number - blocks.read.0.load(Ordering::Acquire) < slots);
            read = blocks.read.0.load(Ordering::Acquire);
        }
        let block = &blocks.bytes[number % slots * words..][..words];
        for word in block {
            // SAFETY: the reader has given this block back, or never had it.
            unsafe { *word.get() = number as u64 };
        }
        blocks.filled.0.store(number + 1, Ordering::Release);
    }
    wait_until(|| blocks.read.0.load(Ordering::Acquire) == count);
}

fn drain(blocks: &Blocks, words: usize, slots: usize, count: usize) -> u64 {
    let (mut sum, mut filled) = (0, 0);
    for number in 0..count {
        if number == filled {
            wait_until(|| blocks.filled.0.load(Ordering::Acquire) > number);
            filled = blocks.filled.0.load(Ordering::Acquire);
        }
        let block = &blocks.bytes[number % slots * words..][..words];
        // SAFETY: the writer has published this block and does not touch it before it is given back.
        let block = block.iter().map(|word| unsafe { *word.get() });
        sum ^= block.fold(0, |all, word| all ^ word);
        blocks.read.0.store(number + 1, Ordering::Release);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_can_be_measured_here() {
        let cores = Cores::find().unwrap();
        for value in [empty_call(), clock_read(), copy(4096), spawn_and_wait().unwrap()] {
            assert!(value.is_finite() && value > 0.0);
        }
        assert!(sleep_and_wake(cores).unwrap() > 0.0);
        assert!(transfer(cores, 64).unwrap() > 0.0);
    }

    #[test]
    fn a_forked_child_is_counted_only_where_forking_is_safe() {
        // A test runs in a thread of its own, where fork is refused.
        assert!(fork_and_wait().unwrap_err().to_string().contains("fork a child"));
    }
}
