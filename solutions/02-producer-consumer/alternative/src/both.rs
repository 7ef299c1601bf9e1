//! Two sources at once: a thread for each, which opens and takes by calls that block, and one that prints.
//!
//! Between them is a channel without room: a rendezvous. It ends like a pipe, when the last sender has gone.

use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::consume::{Source, judge, open, print};
use crate::failure::Failure;
use crate::fifo;
use crate::options::Consume;
use crate::record::{Kind, Took};
use crate::terminate::start_thread;

/// Prints the records of all targets as they come, until all have ended.
///
/// # Errors
/// `Truncated`, `Malformed`, and what the system says.
pub(crate) fn consume(options: &Consume) -> Result<(), Failure> {
    let (to_printer, taken) = sync_channel(0);
    let mut takers = Vec::new();
    for target in options.from.clone() {
        let (options, to_printer) = (options.clone(), to_printer.clone());
        takers.push(start_thread(move || {
            let source = open(&target, &options).and_then(|mut source| {
                pass_on(source.as_mut(), &to_printer)?;
                Ok(source)
            });
            source.map_err(|failure| to_printer.send(Err(failure)))
        })?);
    }
    drop(to_printer);
    let done = print_all(taken);
    fifo::remove_all();
    // Only now: a source that has ended is what its thread returns, and stays open as long as it has a name.
    drop(takers);
    done
}

fn print_all(taken: Receiver<Result<Took, Failure>>) -> Result<(), Failure> {
    let mut printed = 0;
    for took in taken {
        if let Some(record) = judge(took?, printed)? {
            print(&record)?;
            printed += 1;
        }
    }
    Ok(())
}

/// Takes everything from one source, and passes on the data and what is wrong.
fn pass_on(source: &mut dyn Source, to_printer: &SyncSender<Result<Took, Failure>>) -> Result<(), Failure> {
    loop {
        match source.take()? {
            Took::End => return Ok(()),
            Took::Record(record) if record.header.kind == Kind::End => {}
            took => {
                if to_printer.send(Ok(took)).is_err() {
                    // The printer has failed, and says why.
                    return Ok(());
                }
            }
        }
    }
}
