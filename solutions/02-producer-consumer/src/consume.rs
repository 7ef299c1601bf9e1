//! `consume`: takes records from a target and prints a line for each.

use crate::both;
use crate::failure::Failure;
use crate::fifo;
use crate::options::Consume;
use crate::posix_queue::{DEFAULT_CAPACITY, PosixQueue};
use crate::record::{DATA, Record, Took};
use crate::stream::StreamSource;
use crate::system_v::SystemVQueue;
use crate::target::Target;
use crate::terminate;
use ipc_kit::write_all;
// BEGIN SOLUTION
use nix::libc::PIPE_BUF;
// END SOLUTION
use std::io::{stdin, stdout};

/// Where records come from.
pub trait Source {
    /// Takes one record, and not a byte more.
    ///
    /// # Errors
    /// What the system says.
    fn take(&mut self) -> Result<Took, Failure>;
    // BEGIN SOLUTION

    /// Whether the next one is here already, so that taking it cannot wait.
    fn holds_next(&self) -> bool {
        false
    }
    // END SOLUTION
}

/// Prints the records that come until the source ends, or as many as the options ask for.
///
/// # Errors
/// `Truncated`, `Malformed`; `Empty` with `--try`; what else the target says.
pub fn consume(options: &Consume) -> Result<(), Failure> {
    let [target] = options.from.as_slice() else { return both::consume(&options.from) };
    let mut source = open(target, options)?;
    let most = options.max.map_or(u64::MAX, u64::from);
    let done = print_all(&mut *source, most, target.is_queue());
    // While the FIFO is still open: see there.
    terminate::remove_made_fifos();
    done
}

/// Prints at most so many records. One of kind 1 ends a queue, and nothing else.
fn print_all(source: &mut dyn Source, most: u64, is_queue: bool) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let mut lines = Lines::default();
    let done = collect_all(source, most, is_queue, &mut lines);
    lines.write().and(done)
    // END SOLUTION
    // STUB: todo!("M2: take records until the end, print each, and count them; mind --max and kind 1 (of a queue: M7); --try (M8)")
}
// BEGIN SOLUTION

/// The same; at its end lines may be left.
fn collect_all(source: &mut dyn Source, most: u64, is_queue: bool, lines: &mut Lines) -> Result<(), Failure> {
    let mut printed = 0;
    while printed < most {
        if !source.holds_next() {
            lines.write()?;
        }
        match source.take()? {
            Took::Record(record) if record.header.kind == DATA => {
                lines.add(&record)?;
                printed += 1;
            }
            // A stream has its end of file, and other producers; a queue has neither.
            Took::Record(_) if !is_queue => {}
            Took::Record(_) | Took::End => return Ok(()),
            Took::Nothing => return Err(Failure::Empty(printed)),
            Took::Truncated => return Err(Failure::Truncated(printed)),
            Took::Malformed => return Err(Failure::Malformed(printed)),
        }
    }
    Ok(())
}

/// Lines that go out together, by one write of at most PIPE_BUF bytes: a pipe takes it as a whole or not at all, so no
/// signal and no other writer gets between the bytes of a line.
#[derive(Debug, Default)]
struct Lines(Vec<u8>);

impl Lines {
    fn add(&mut self, record: &Record) -> Result<(), Failure> {
        let line = record.line();
        if self.0.len() + line.len() >= PIPE_BUF {
            self.write()?;
        }
        self.0.extend_from_slice(line.as_bytes());
        self.0.push(b'\n');
        Ok(())
    }

    fn write(&mut self) -> Result<(), Failure> {
        let written = write_all(stdout(), &self.0).map_err(Failure::writing("-"));
        self.0.clear();
        written
    }
}
// END SOLUTION

/// Prints the line of a record, at once.
///
/// # Errors
/// `Gone` if nobody reads standard output.
pub fn print(record: &Record) -> Result<(), Failure> {
    // BEGIN SOLUTION
    write_all(stdout(), (record.line() + "\n").as_bytes()).map_err(Failure::writing("-"))
    // END SOLUTION
    // STUB: todo!("M2: the line and a newline, by one write and without a buffer")
}

/// Opens the target for taking.
fn open(target: &Target, options: &Consume) -> Result<Box<dyn Source>, Failure> {
    let what = target.to_string();
    Ok(match target {
        // BEGIN SOLUTION
        // To its end, which leaves nothing for anybody else; of a FIFO there may be a next reader.
        Target::Standard if options.max.is_none() && !options.try_ => {
            Box::new(StreamSource::new(stdin(), what, false).reading_ahead())
        }
        // END SOLUTION
        Target::Standard => Box::new(StreamSource::new(stdin(), what, options.try_)),
        Target::Fifo(path) => {
            Box::new(StreamSource::new(fifo::open_to_read(path, &what, options.try_)?, what, options.try_))
        }
        Target::Posix(name) => Box::new(PosixQueue::open(name, what, DEFAULT_CAPACITY, options.try_)?),
        Target::SystemV(file) => Box::new(SystemVQueue::open(file, what, options.type_, options.try_)?),
    })
}
