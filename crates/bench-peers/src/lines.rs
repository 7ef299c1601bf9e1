//! The work of lab 07 inside one process: lines go into a queue in one thread and come out in another. Each program
//! of this package brings its queue; reading and printing are the same for all.
//!
//! `PROGRAM SLOTS SLOT_SIZE`, lines on standard input, the same lines on standard output. When the queue is empty,
//! what was taken so far is printed, as the lab asks of `pop`.

use std::env;
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::{Context as _, Result, ensure};

/// What a queue's sending side can do.
pub trait Push: Send {
    /// Puts a record in; false if there is no room now.
    fn push(&mut self, record: &[u8]) -> bool;
}

/// What its receiving side can do.
pub trait Pop: Send {
    /// Appends the next record to `to`; false if there is none now.
    fn pop(&mut self, to: &mut Vec<u8>) -> bool;
}

/// The arguments: slots, and bytes in a slot.
///
/// # Errors
/// When they are not two numbers.
pub fn arguments() -> Result<(usize, usize)> {
    let words: Vec<String> = env::args().skip(1).collect();
    let number = |at: usize| words.get(at).and_then(|word| word.parse().ok());
    let both = number(0).zip(number(1)).filter(|_| words.len() == 2);
    both.context("usage: PROGRAM SLOTS SLOT_SIZE")
}

/// Moves all lines from standard input through the queue to standard output.
///
/// # Errors
/// When a line is too long, or input or output fails.
pub fn run(push: impl Push, pop: impl Pop, slot_size: usize) -> Result<()> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let printer = scope.spawn(|| print(pop, &is_over));
        let read = read(push, slot_size);
        // Release: whoever sees the end sees every record before it.
        is_over.store(true, Ordering::Release);
        let printed = printer.join().map_err(|_| anyhow::anyhow!("the printing thread panicked"))?;
        read.and(printed)
    })
}

fn read(mut push: impl Push, slot_size: usize) -> Result<()> {
    let mut input = BufReader::with_capacity(1 << 16, io::stdin().lock());
    let mut line = Vec::new();
    let mut idle = Idle::default();
    while input.read_until(b'\n', &mut line).context("read a line")? > 0 {
        let record = line.strip_suffix(b"\n").unwrap_or(&line);
        ensure!(record.len() <= slot_size, "a line is longer than a slot");
        while !push.push(record) {
            idle.wait();
        }
        idle = Idle::default();
        line.clear();
    }
    Ok(())
}

fn print(mut pop: impl Pop, is_over: &AtomicBool) -> Result<()> {
    let mut output = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut record = Vec::new();
    let mut idle = Idle::default();
    loop {
        // Read before the look: a record pushed before the end is then seen by the look.
        let was_over = is_over.load(Ordering::Acquire);
        record.clear();
        if pop.pop(&mut record) {
            record.push(b'\n');
            output.write_all(&record).context("print a line")?;
            idle = Idle::default();
            continue;
        }
        output.flush().context("print the lines")?;
        if was_over {
            return Ok(());
        }
        idle.wait();
    }
}

/// These queues cannot sleep: who finds them empty or full looks again, first at once, then after the others.
#[derive(Debug, Default)]
struct Idle(u32);

impl Idle {
    fn wait(&mut self) {
        self.0 = self.0.saturating_add(1);
        if self.0 < 50 { std::hint::spin_loop() } else { thread::yield_now() }
    }
}
