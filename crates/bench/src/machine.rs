//! The machine as it is at this moment. A virtual machine's cores move under a running program: one cache line then
//! takes 20, 60 or 260 ns to the other core. So every clock figure of two cores stands between two such measurements.

use std::fmt;
use std::hint::{black_box, spin_loop};
use std::sync::Barrier;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use anyhow::Context as _;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// Round trips in one timed chunk of the ping-pong, and how many chunks.
const CHUNK: u64 = 500;
const CHUNKS: u64 = 12;

/// How far the two cores are from each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Distance {
    /// Two threads of one physical core.
    Sibling,
    /// Two cores with a common cache.
    Near,
    /// Two cores without one.
    Far,
}

impl Distance {
    /// What this one-way time of a cache line, in nanoseconds, tells.
    #[must_use]
    pub fn of(line: f64) -> Self {
        match line {
            ..35.0 => Self::Sibling,
            35.0..120.0 => Self::Near,
            _ => Self::Far,
        }
    }
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sibling => "sibling",
            Self::Near => "near",
            Self::Far => "far",
        })
    }
}

/// The two processors that a benchmark uses; the same one twice where this process may use only one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cores {
    /// Where a producer, a client or both sides run.
    pub first: usize,
    /// Where the other side runs.
    pub second: usize,
}

impl Cores {
    /// The first two processors that this process may use.
    ///
    /// # Errors
    /// When the kernel does not tell them.
    pub fn find() -> anyhow::Result<Self> {
        let allowed = sched_getaffinity(Pid::from_raw(0)).context("ask for the allowed processors")?;
        let mut ours = (0..CpuSet::count()).filter(|&cpu| allowed.is_set(cpu).unwrap_or(false));
        let first = ours.next().context("find a processor that we may use")?;
        Ok(Self { first, second: ours.next().unwrap_or(first) })
    }

    /// Whether two things can really happen at once.
    #[must_use]
    pub fn are_two(self) -> bool {
        self.first != self.second
    }

    /// Both sides on the first processor.
    #[must_use]
    pub fn one(self) -> Self {
        Self { first: self.first, second: self.first }
    }
}

/// Lets a process (0: the calling thread) run on one processor only.
///
/// # Errors
/// When the processor is not allowed, or the process has ended.
pub fn pin(pid: i32, cpu: usize) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    set.set(cpu).with_context(|| format!("name processor {cpu}"))?;
    sched_setaffinity(Pid::from_raw(pid), &set)
        .with_context(|| format!("pin process {pid} to processor {cpu}"))
}

/// Calls `work` with this thread, and every process that it starts meanwhile, on one processor.
///
/// # Errors
/// When the processor is not allowed, and whatever `work` fails with.
pub fn on_core<T>(cpu: usize, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let this = Pid::from_raw(0);
    let before = sched_getaffinity(this).context("ask for the allowed processors")?;
    pin(0, cpu)?;
    let result = work();
    sched_setaffinity(this, &before).context("be on all processors again")?;
    result
}

/// One-way time of a cache line between the two cores, in nanoseconds. Two threads bounce it; chunks in which one of
/// them did not run are slow, so the fastest quarter tells.
///
/// # Errors
/// When a thread cannot be pinned.
pub fn line(cores: Cores) -> anyhow::Result<f64> {
    let (ball, back) = (Line::default(), Line::default());
    let rounds = CHUNK * CHUNKS;
    thread::scope(|scope| {
        let echo = scope.spawn(|| {
            let pinned = pin(0, cores.second);
            for round in 1..=rounds {
                ball.await_value(round);
                back.0.store(round, Ordering::Release);
            }
            pinned
        });
        let player = scope.spawn(|| pin(0, cores.first).map(|()| play(&ball, &back)));
        // A player that cannot be pinned must not leave the other one alone.
        let chunks = player.join().map_err(|_| anyhow::anyhow!("the ping-pong thread panicked"))?;
        if chunks.is_err() {
            ball.0.store(rounds, Ordering::Release);
        }
        echo.join().map_err(|_| anyhow::anyhow!("the echo thread panicked"))??;
        let mut chunks = chunks?;
        chunks.sort_by(f64::total_cmp);
        Ok(chunks[chunks.len() / 4])
    })
}

/// A counter with its cache line, and the next one that the processor fetches with it, to itself.
#[derive(Default)]
#[repr(align(128))]
struct Line(AtomicU64);

impl Line {
    fn await_value(&self, value: u64) {
        let mut spins = 0_u32;
        while self.0.load(Ordering::Acquire) < value {
            spins += 1;
            // The other side may be waiting for this very core.
            if spins.is_multiple_of(1_000) { thread::yield_now() } else { spin_loop() }
        }
    }
}

/// Nanoseconds one way, for each chunk.
fn play(ball: &Line, back: &Line) -> Vec<f64> {
    let chunk = |number: u64| {
        let start = Instant::now();
        for round in number * CHUNK + 1..=(number + 1) * CHUNK {
            ball.0.store(round, Ordering::Release);
            back.await_value(round);
        }
        start.elapsed().as_secs_f64() * 1e9 / CHUNK as f64 / 2.0
    };
    (0..CHUNKS).map(chunk).collect()
}

/// What the cores are worth together: 1.0 (two threads of one core, or a busy machine) to 2.0. The limit of every
/// speed-up that is measured now.
///
/// # Errors
/// When a thread cannot be pinned.
pub fn worth(cores: Cores) -> anyhow::Result<f64> {
    if !cores.are_two() {
        return Ok(1.0);
    }
    let mut values = [worth_once(cores)?, worth_once(cores)?, worth_once(cores)?];
    values.sort_by(f64::total_cmp);
    Ok(values[1])
}

fn worth_once(cores: Cores) -> anyhow::Result<f64> {
    let start = Barrier::new(2);
    let timed = |cpu| {
        let pinned = pin(0, cpu);
        work();
        start.wait();
        let begin = Instant::now();
        work();
        pinned.map(|()| begin.elapsed().as_secs_f64())
    };
    let both = thread::scope(|scope| {
        let sides = [cores.first, cores.second].map(|cpu| scope.spawn(move || timed(cpu)));
        let [a, b] =
            sides.map(|side| side.join().map_err(|_| anyhow::anyhow!("a working thread panicked"))?);
        anyhow::Ok(a?.max(b?))
    })?;
    let alone = thread::scope(|scope| {
        let side = scope.spawn(|| {
            pin(0, cores.first)?;
            let begin = Instant::now();
            work();
            anyhow::Ok(begin.elapsed().as_secs_f64())
        });
        side.join().map_err(|_| anyhow::anyhow!("a working thread panicked"))?
    })?;
    Ok(2.0 * alone / both)
}

fn work() {
    let mut lanes = [1_u64, 2, 3, 4];
    for step in 0..1_500_000_u64 {
        for lane in &mut lanes {
            *lane = lane.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(step);
        }
    }
    black_box(lanes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_time_tells_the_distance() {
        assert_eq!([22.0, 58.0, 260.0].map(Distance::of), [Distance::Sibling, Distance::Near, Distance::Far]);
    }

    #[test]
    fn the_line_is_measured_whether_there_are_two_cores_or_one() {
        let cores = Cores::find().unwrap();
        assert!(line(cores).unwrap() > 1.0);
        assert!(line(cores.one()).unwrap() > 1.0);
    }

    #[test]
    fn a_processor_that_does_not_exist_is_an_error_and_no_hang() {
        let nowhere = Cores { first: CpuSet::count() - 1, second: CpuSet::count() - 1 };
        assert!(line(nowhere).is_err());
        assert!(pin(0, CpuSet::count()).is_err());
    }
}
