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
use std::io::{stdin, stdout};

/// Where records come from.
pub trait Source {
    /// Takes one record, and not a byte more.
    ///
    /// # Errors
    /// What the system says.
    fn take(&mut self) -> Result<Took, Failure>;
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
    let mut printed = 0;
    while printed < most {
        match source.take()? {
            Took::Record(record) if record.header.kind == DATA => {
                print(&record)?;
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
    // END SOLUTION
    // STUB: todo!("M2: take records until the end, print each, and count them; mind --max and kind 1 (of a queue: M7); --try (M8)")
}

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
        Target::Standard => Box::new(StreamSource::new(stdin(), what, options.try_)),
        Target::Fifo(path) => {
            Box::new(StreamSource::new(fifo::open_to_read(path, &what, options.try_)?, what, options.try_))
        }
        Target::Posix(name) => Box::new(PosixQueue::open(name, what, DEFAULT_CAPACITY, options.try_)?),
        Target::SystemV(file) => Box::new(SystemVQueue::open(file, what, options.type_, options.try_)?),
    })
}
