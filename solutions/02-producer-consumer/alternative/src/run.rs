//! `run`: producers and consumers on one pipe of packets, and a count of places in shared memory. See `pipe(2)`,
//! `O_DIRECT`.
//!
//! A record is one packet: a write puts it whole, a read takes it whole. So neither side needs a lock, and whoever
//! dies leaves no half of a record to the others.

use std::io::stdout;
use std::os::fd::OwnedFd;

use ipc_kit::{retry, write_all};
use nix::fcntl::OFlag;
use nix::libc::PIPE_BUF;
use nix::unistd::{pipe2, read};

use crate::board::Board;
use crate::children::{Children, Role};
use crate::failure::{Failure, say};
use crate::options::Run;
use crate::record::Record;
use crate::terminate;

/// Runs them all to their end.
///
/// # Errors
/// What the system says; `Incomplete` if not every record was printed.
pub(crate) fn run(options: &Run) -> Result<(), Failure> {
    let board = Board::new(options.capacity)?;
    let mut children = start_all(options, &board)?;
    while let Some((role, status)) = children.next()? {
        let is_harmless = matches!(role, Role::Producer(_)) && options.capacity.is_none();
        if status != 0 && !is_harmless {
            // It may have kept a place, or a record, that nobody can give back.
            children.kill_all();
        }
    }
    terminate::let_in();
    let printed = board.printed();
    write_all(stdout(), format!("total {printed} records\n").as_bytes()).map_err(Failure::writing("-"))?;
    let wanted = u64::from(options.producers) * u64::from(options.count);
    if printed == wanted { Ok(()) } else { Err(Failure::Incomplete) }
}

/// Starts the processes. Each keeps the end that it uses, and prodcon keeps none.
fn start_all(options: &Run, board: &Board) -> Result<Children, Failure> {
    let mut ends = Some(pipe2(OFlag::O_DIRECT | OFlag::O_CLOEXEC).map_err(Failure::on("pipe"))?);
    let mut children = Children::default();
    for number in 0..options.producers {
        children.start(Role::Producer(number), || {
            let Some((from, to)) = ends.take() else { return Ok(()) };
            drop(from);
            produce(options, number, &to, board)
        })?;
    }
    for number in 0..options.consumers {
        children.start(Role::Consumer(number), || {
            let Some((from, to)) = ends.take() else { return Ok(()) };
            drop(to);
            consume(number, &from, board)
        })?;
    }
    Ok(children)
}

/// A producer.
fn produce(options: &Run, number: u16, to: &OwnedFd, board: &Board) -> Result<(), Failure> {
    for seq in 0..options.count {
        let packet = Record::data(number, seq, options.size, 0).to_bytes();
        board.before_put().map_err(Failure::on("sem_wait"))?;
        write_all(to, &packet).map_err(Failure::writing("pipe"))?;
        board.after_put(number).map_err(Failure::on("sem_wait"))?;
        if options.log {
            say(&format!("put {number} {seq}\n"));
        }
    }
    Ok(())
}

/// A consumer.
fn consume(number: u16, from: &OwnedFd, board: &Board) -> Result<(), Failure> {
    let mut packet = [0; PIPE_BUF];
    loop {
        let n = retry(|| read(from, &mut packet)).map_err(Failure::on("pipe"))?;
        if n == 0 {
            return Ok(());
        }
        let record = Record::from_bytes(&packet[..n]).ok_or(Failure::Malformed(board.printed()))?;
        let line = format!("{} by {number}\n", record.line());
        write_all(stdout(), line.as_bytes()).map_err(Failure::writing("-"))?;
        board.has_printed(record.header.producer).map_err(Failure::on("sem_post"))?;
    }
}
