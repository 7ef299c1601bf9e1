//! Two sources at once: a thread for each, which opens and takes by calls that block, and one that prints.
//!
//! Between them is a channel without room: a rendezvous. It ends like a pipe, when the last sender has gone.

use std::sync::mpsc::{SyncSender, sync_channel};

use crate::consume::{judge, open, print};
use crate::failure::Failure;
use crate::fifo;
use crate::options::Consume;
use crate::record::{Kind, Took};
use crate::target::Target;
use crate::terminate::start_thread;

/// Prints the records of all targets as they come, until all have ended.
///
/// # Errors
/// `Truncated`, `Malformed`, and what the system says.
pub(crate) fn consume(options: &Consume) -> Result<(), Failure> {
    let (to_printer, all) = sync_channel(0);
    for target in options.from.clone() {
        let (options, to_printer) = (options.clone(), to_printer.clone());
        start_thread(move || {
            if let Err(failure) = feed(&target, &options, &to_printer) {
                // Without a printer it is over anyway.
                let _ = to_printer.send(Err(failure));
            }
        })?;
    }
    drop(to_printer);
    let mut printed = 0;
    for took in all {
        if let Some(record) = judge(took?, printed)? {
            print(&record)?;
            printed += 1;
        }
    }
    fifo::remove_all();
    Ok(())
}

/// Takes everything from one target, and passes on the data and what is wrong.
fn feed(
    target: &Target,
    options: &Consume,
    to_printer: &SyncSender<Result<Took, Failure>>,
) -> Result<(), Failure> {
    let mut source = open(target, options)?;
    loop {
        match source.take()? {
            Took::End => return Ok(()),
            Took::Record(record) if record.header.kind == Kind::End => {}
            took => {
                if to_printer.send(Ok(took)).is_err() {
                    return Ok(());
                }
            }
        }
    }
}
