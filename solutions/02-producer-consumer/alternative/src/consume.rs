//! `consume`: takes records from a target and prints a line for each.

use std::io::{stdin, stdout};
use std::os::fd::AsFd;

use ipc_kit::write_all;

use crate::both;
use crate::failure::Failure;
use crate::fifo::{self, Fifo};
use crate::options::Consume;
use crate::posix_queue::PosixQueue;
use crate::record::{Kind, Record, Took};
use crate::stream::{Ahead, StreamSource};
use crate::system_v::SystemVQueue;
use crate::target::Target;
use crate::terminate::errno_of;

/// Where records come from.
pub(crate) trait Source: Send {
    /// Takes one record.
    ///
    /// # Errors
    /// What the system says.
    fn take(&mut self) -> Result<Took, Failure>;
}

/// Prints the records that come until the source ends, or as many as the options ask for.
///
/// # Errors
/// `Truncated`, `Malformed`; `Empty` with `--try`; what else the target says.
pub(crate) fn consume(options: &Consume) -> Result<(), Failure> {
    let [target] = options.from.as_slice() else { return both::consume(options) };
    let mut source = open(target, options)?;
    let done = print_all(source.as_mut(), options.max.map(u64::from));
    fifo::remove_all();
    done
}

fn print_all(source: &mut dyn Source, max: Option<u64>) -> Result<(), Failure> {
    let mut printed = 0;
    while max.is_none_or(|max| printed < max) {
        let Some(record) = judge(source.take()?, printed)? else { break };
        if record.header.kind == Kind::Data {
            print(&record)?;
            printed += 1;
        }
    }
    Ok(())
}

/// The record that was taken, after so many printed ones; `None` at the end.
///
/// # Errors
/// `Truncated`, `Malformed`, `Empty`.
pub(crate) fn judge(took: Took, printed: u64) -> Result<Option<Record>, Failure> {
    match took {
        Took::Record(record) => Ok(Some(record)),
        Took::End => Ok(None),
        Took::Nothing => Err(Failure::Empty(printed)),
        Took::Truncated => Err(Failure::Truncated(printed)),
        Took::Malformed => Err(Failure::Malformed(printed)),
    }
}

/// Prints the line of a record, at once.
///
/// # Errors
/// `Gone` if nobody reads standard output.
pub(crate) fn print(record: &Record) -> Result<(), Failure> {
    let line = record.line() + "\n";
    write_all(stdout(), line.as_bytes()).map_err(Failure::writing("-"))
}

/// Opens the target for taking.
///
/// # Errors
/// What the target says.
pub(crate) fn open(target: &Target, options: &Consume) -> Result<Box<dyn Source>, Failure> {
    let (what, try_) = (target.to_string(), options.try_);
    // With --max the next consumer is to find what this one did not print.
    let ahead = if options.max.is_some() { Ahead::Nothing } else { Ahead::All };
    Ok(match target {
        Target::Standard => {
            let input = stdin().as_fd().try_clone_to_owned();
            let input = input.map_err(|error| Failure::on(&what)(errno_of(&error)))?;
            Box::new(StreamSource::new(input, what, ahead, try_))
        }
        Target::Fifo(path) => {
            let fifo = Fifo::new(path, &what);
            let from = if try_ { fifo.try_to_read()? } else { fifo.open_to_read()? };
            Box::new(StreamSource::new(from, what, ahead, try_))
        }
        Target::Posix(name) => Box::new(PosixQueue::open_to_take(name, what, try_)?),
        Target::SystemV(file) => Box::new(SystemVQueue::open(file, what, options.type_, try_)?),
    })
}
