//! `produce`: sends records to a target. And `rm`.

use crate::failure::Failure;
use crate::fifo::FifoSink;
use crate::options::Produce;
use crate::posix_queue::PosixQueue;
use crate::record::{Record, Sent};
use crate::stream::StreamSink;
use crate::system_v::SystemVQueue;
use crate::target::Target;
use crate::{posix_queue, system_v, terminate};
use std::io::stdout;

/// Where records go.
pub trait Sink {
    /// Sends one record, whole.
    ///
    /// # Errors
    /// What the system says; `Gone` if nobody reads any more.
    fn send(&mut self, record: &Record) -> Result<Sent, Failure>;
    // BEGIN SOLUTION

    /// How many records with payloads of `size` bytes may be sent as one: a stream does not know where one ends.
    fn together(&self, _size: usize) -> u32 {
        1
    }
    // END SOLUTION
}

/// Sends the records that the options ask for.
///
/// # Errors
/// `Full` with `--try`; what else the target says.
pub fn produce(options: &Produce) -> Result<(), Failure> {
    let mut sink = open(options)?;
    let done = send_all(&mut *sink, options);
    // While the FIFO is still open: see there.
    terminate::remove_made_fifos();
    done
}

fn send_all(sink: &mut dyn Sink, options: &Produce) -> Result<(), Failure> {
    // BEGIN SOLUTION
    let together = sink.together(options.size);
    let mut seq = 0;
    while seq < options.count {
        let end = options.count.min(seq.saturating_add(together));
        if sink.send(&records(options, seq, end))? == Sent::Full {
            return Err(Failure::Full(seq.into()));
        }
        seq = end;
    }
    if options.end && sink.send(&Record::end(options.id, options.type_))? == Sent::Full {
        return Err(Failure::Full(options.count.into()));
    }
    Ok(())
    // END SOLUTION
    // STUB: todo!("M2: send count data records, then an end if it is asked for; Full says after how many (M8)")
}

// BEGIN SOLUTION

/// The records from `seq` up to `end` as one: so they go out by one system call.
fn records(options: &Produce, seq: u32, end: u32) -> Record {
    let record = |seq| Record::data(options.id, seq, options.size, options.type_);
    let mut all = record(seq);
    (seq + 1..end).for_each(|seq| all.bytes.extend(record(seq).bytes));
    all
}
// END SOLUTION

/// Opens the target for sending.
fn open(options: &Produce) -> Result<Box<dyn Sink>, Failure> {
    let what = options.to.to_string();
    Ok(match &options.to {
        Target::Standard => {
            let output = stdout();
            Box::new(StreamSink::new(output, what, options.size, options.try_)?)
        }
        Target::Fifo(path) => Box::new(FifoSink::open(path, what, options.size, options.try_)?),
        Target::Posix(name) => Box::new(PosixQueue::open(name, what, options.capacity, options.try_)?),
        Target::SystemV(file) => Box::new(SystemVQueue::open(file, what, None, options.try_)?),
    })
}

/// Removes a queue.
///
/// # Errors
/// What the system says, above all that there is no such queue.
pub fn remove(queue: &Target) -> Result<(), Failure> {
    match queue {
        Target::Posix(name) => posix_queue::remove(name, &queue.to_string()),
        Target::SystemV(file) => system_v::remove(file, &queue.to_string()),
        Target::Standard | Target::Fifo(_) => Ok(()),
    }
}
