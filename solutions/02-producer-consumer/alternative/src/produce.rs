//! `produce`: sends records to a target. And `rm`.

use std::io::stdout;
use std::os::fd::AsFd;

use crate::failure::Failure;
use crate::fifo::{self, Fifo};
use crate::options::Produce;
use crate::posix_queue::{self, PosixQueue};
use crate::record::{Record, Sent};
use crate::stream::StreamSink;
use crate::system_v::{self, SystemVQueue};
use crate::target::Target;
use crate::terminate::errno_of;

/// Where records go.
pub(crate) trait Sink {
    /// Sends one record, whole.
    ///
    /// # Errors
    /// What the system says; `Gone` if nobody reads any more.
    fn send(&mut self, record: &Record) -> Result<Sent, Failure>;
}

/// Nobody is there who could take anything.
struct Nobody;

impl Sink for Nobody {
    fn send(&mut self, _: &Record) -> Result<Sent, Failure> {
        Ok(Sent::Full)
    }
}

/// Sends the records that the options ask for.
///
/// # Errors
/// `Full` with `--try`; what else the target says.
pub(crate) fn produce(options: &Produce) -> Result<(), Failure> {
    let mut sink = open(options)?;
    let done = send_all(sink.as_mut(), options);
    fifo::remove_all();
    done
}

fn send_all(sink: &mut dyn Sink, options: &Produce) -> Result<(), Failure> {
    let data = (0..options.count).map(|seq| Record::data(options.id, seq, options.size, options.type_));
    let end = options.end.then(|| Record::end(options.id, options.type_));
    for (records, record) in (0..).zip(data.chain(end)) {
        if sink.send(&record)? == Sent::Full {
            return Err(Failure::Full(records));
        }
    }
    Ok(())
}

/// Opens the target for sending.
fn open(options: &Produce) -> Result<Box<dyn Sink>, Failure> {
    let (what, try_) = (options.to.to_string(), options.try_);
    Ok(match &options.to {
        Target::Standard => {
            let output = stdout().as_fd().try_clone_to_owned();
            let output = output.map_err(|error| Failure::on(&what)(errno_of(&error)))?;
            Box::new(StreamSink::new(output, what, None, try_)?)
        }
        Target::Fifo(path) => {
            let fifo = Fifo::new(path, &what);
            let reader = if try_ { fifo.try_to_write()? } else { Some(fifo.open_to_write()?) };
            match reader {
                Some(to) => Box::new(StreamSink::new(to, what, Some(fifo), try_)?),
                None => Box::new(Nobody),
            }
        }
        Target::Posix(name) => Box::new(PosixQueue::open_to_send(name, what, options.capacity, try_)?),
        Target::SystemV(file) => Box::new(SystemVQueue::open(file, what, None, try_)?),
    })
}

/// Removes a queue.
///
/// # Errors
/// What the system says, above all that there is no such queue.
pub(crate) fn remove(queue: &Target) -> Result<(), Failure> {
    match queue {
        Target::Posix(name) => posix_queue::remove(name, &queue.to_string()),
        Target::SystemV(file) => system_v::remove(file, &queue.to_string()),
        Target::Standard | Target::Fifo(_) => Ok(()),
    }
}
