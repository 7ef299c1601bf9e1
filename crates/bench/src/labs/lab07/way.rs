//! The three ways in which records get from here to there: `ring push` and `ring pop`, a peer that has both sides in
//! one process, and two programs with a pipe between them.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context as _;
use nix::sys::mman::shm_unlink;

use super::RECORD;
use super::records::Records;
use crate::contender::Contender;
use crate::count;
use crate::harness::Setup;
use crate::labs::trip::{Chain, settle};
use crate::process::{self, Job};

/// Bytes that a ring holds at most: what the caches of any machine hold.
const RING: usize = 1 << 20;
/// Slots of a ring at most.
const SLOTS: usize = 1024;

/// A way.
#[derive(Clone, Copy)]
pub(super) enum Way<'a> {
    /// The lab's program, twice.
    Ring(&'a Path),
    /// A program that takes lines at one end of its queue and prints them at the other: `PROGRAM SLOTS SLOT_SIZE`.
    Lines(&'a Path),
    /// `cat`, twice.
    Cats(&'a Path),
}

impl<'a> Way<'a> {
    /// The way of a contender.
    pub(super) fn of(contender: &'a Contender) -> anyhow::Result<Self> {
        let lines = || contender.program("lines").map(Self::Lines);
        let cats = || contender.program("cat").map(Self::Cats);
        contender.program("ring").map(Self::Ring).or_else(|_| lines()).or_else(|_| cats())
    }

    /// Moves all records; what comes out goes into `output`, or nowhere.
    pub(super) fn copy(self, records: &Records, output: Option<&Path>) -> anyhow::Result<()> {
        let sink = match output {
            Some(path) => File::create(path).with_context(|| format!("create {}", path.display()))?.into(),
            None => Stdio::null(),
        };
        let slots = slots(records.size);
        match self {
            Self::Ring(program) => {
                let ring = Ring::create(program, slots, records.size)?;
                let pop = ring.start("pop", Stdio::null(), sink)?;
                let push = ring.start("push", records.open()?.into(), Stdio::null())?;
                push.finish().context("push")?;
                pop.finish().context("pop")
            }
            Self::Lines(program) => {
                Job::start(lines(program, slots, records.size).stdin(records.open()?).stdout(sink))?.finish()
            }
            Self::Cats(program) => {
                let (read, write) = std::io::pipe().context("make a pipe")?;
                let first = Job::start(Command::new(program).stdin(records.open()?).stdout(write))?;
                let last = Job::start(Command::new(program).stdin(read).stdout(sink))?;
                first.finish()?;
                last.finish()
            }
        }
    }

    /// Starts a consumer that finds nothing to consume.
    pub(super) fn wait_for_records(self) -> anyhow::Result<Waiting> {
        let null = Stdio::null;
        Ok(match self {
            Self::Ring(program) => {
                let ring = Ring::create(program, SLOTS, RECORD)?;
                Waiting { job: ring.start("pop", null(), null())?, _ring: Some(ring) }
            }
            Self::Lines(program) => {
                let job = Job::start(lines(program, SLOTS, RECORD).stdin(Stdio::piped()).stdout(null()))?;
                Waiting { job, _ring: None }
            }
            Self::Cats(program) => {
                let job = Job::start(Command::new(program).stdin(Stdio::piped()).stdout(null()))?;
                Waiting { job, _ring: None }
            }
        })
    }

    /// Microseconds of `count` lines, one at a time.
    pub(super) fn times(self, count: usize) -> anyhow::Result<Vec<f64>> {
        let line: Vec<u8> = [vec![b'x'; RECORD], vec![b'\n']].concat();
        let warm_up = count / 10;
        match self {
            Self::Ring(program) => {
                let ring = Ring::create(program, SLOTS, RECORD)?;
                let mut pop = ring.start("pop", Stdio::null(), Stdio::piped())?;
                let mut push = ring.start("push", Stdio::piped(), Stdio::null())?;
                let times = Chain::between(&mut push, &mut pop)?.times(&line, &line, warm_up, count);
                settle(times, vec![push, pop])
            }
            Self::Lines(program) => {
                let mut command = lines(program, SLOTS, RECORD);
                let mut job = Job::start(command.stdin(Stdio::piped()).stdout(Stdio::piped()))?;
                let times = Chain::through(&mut job)?.times(&line, &line, warm_up, count);
                settle(times, vec![job])
            }
            Self::Cats(program) => {
                let (read, write) = std::io::pipe().context("make a pipe")?;
                let mut first = Job::start(Command::new(program).stdin(Stdio::piped()).stdout(write))?;
                let mut last = Job::start(Command::new(program).stdin(read).stdout(Stdio::piped()))?;
                let times = Chain::between(&mut first, &mut last)?.times(&line, &line, warm_up, count);
                settle(times, vec![first, last])
            }
        }
    }

    /// System calls for each of many records: what many cost more than few.
    pub(super) fn calls_a_record(self, setup: &Setup) -> anyhow::Result<f64> {
        const FEW: usize = 1_000;
        const MANY: usize = 11_000;
        let calls = |count: usize| {
            let records = Records::exactly(setup, RECORD, count)?;
            match self {
                // Push first, then pop: so nobody has to wait for anybody.
                Self::Ring(program) => {
                    let ring = Ring::create(program, MANY.next_power_of_two(), RECORD)?;
                    let push =
                        count::calls(ring.command("push").stdin(records.open()?).stdout(Stdio::null()));
                    let pop = count::calls(ring.command("pop").stdin(Stdio::null()).stdout(Stdio::null()));
                    anyhow::Ok(push.context("push")? + pop.context("pop")?)
                }
                Self::Lines(program) => {
                    let mut command = lines(program, MANY.next_power_of_two(), RECORD);
                    count::calls(command.stdin(records.open()?).stdout(Stdio::null()))
                }
                Self::Cats(program) => {
                    let one =
                        count::calls(Command::new(program).stdin(records.open()?).stdout(Stdio::null()))?;
                    Ok(2 * one)
                }
            }
        };
        Ok((calls(MANY)? as f64 - calls(FEW)? as f64) / (MANY - FEW) as f64)
    }
}

/// So many slots of this size that the whole ring stays in the caches.
fn slots(size: usize) -> usize {
    (RING / size).clamp(4, SLOTS)
}

fn lines(program: &Path, slots: usize, slot_size: usize) -> Command {
    let mut command = Command::new(program);
    command.args([slots.to_string(), slot_size.to_string()]);
    command
}

/// Somebody who waits, and the ring at which he does.
pub(super) struct Waiting {
    job: Job,
    _ring: Option<Ring>,
}

impl Waiting {
    pub(super) fn pid(&self) -> i32 {
        self.job.pid()
    }
}

/// A ring that the lab's program has made; its name goes with the value, whatever the program does.
struct Ring {
    program: std::path::PathBuf,
    name: String,
}

impl Ring {
    fn create(program: &Path, slots: usize, slot_size: usize) -> anyhow::Result<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("/ipc-bench-{}-{number}", std::process::id());
        let ring = Self { program: program.to_owned(), name };
        let (slots, slot_size) = (slots.to_string(), slot_size.to_string());
        process::run(ring.command("create").args(["--slots", &slots, "--slot-size", &slot_size]))
            .context("create")?;
        Ok(ring)
    }

    fn command(&self, verb: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args([verb, &self.name]);
        command
    }

    fn start(&self, verb: &str, input: Stdio, output: Stdio) -> anyhow::Result<Job> {
        Job::start(self.command(verb).stdin(input).stdout(output))
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // A ring that was never made has no name to remove.
        let _ = shm_unlink(self.name.as_str());
    }
}
