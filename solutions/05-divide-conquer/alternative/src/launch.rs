//! `mpirun`: starts the ranks, passes on what they print, and ends all of them when one fails.
//!
//! One epoll set has all that can happen: what ranks write, the end of each (a pidfd becomes readable), SIGTERM. Ends
//! come out of it in the order in which they happened. See `epoll(7)`, `pidfd_open(2)`, `signalfd(2)`.

use std::io::{self, Read};
use std::os::fd::AsFd;

use ipc_kit::retry;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::signal::Signal;
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::ending::Ending;
use crate::failure::{Failure, say};
use crate::options::Mpirun;
use crate::output;
use crate::rank::{self, Rank};
use crate::wire;

/// How many events are taken out of the set at once.
const EVENTS: usize = 64;
/// How many bytes are read at once: what a pipe holds.
const PIECE: usize = 64 << 10;

/// Runs all ranks to their end, and gives the status to end with.
///
/// # Errors
/// The ranks cannot be started; their output cannot be written.
pub fn run(options: &Mpirun) -> Result<u8, Failure> {
    let mut run = Run::new()?;
    let inboxes =
        wire::inboxes(options.transport, options.size).map_err(|errno| Failure::system("pipe", errno))?;
    for rank in 0..options.size {
        let started = rank::start(options, &inboxes, rank)?;
        run.watch(rank, started)?;
    }
    // From now on an inbox has no other reader than its rank: when that has ended, senders are told.
    drop(inboxes);
    while run.ranks.iter().any(|rank| rank.is_alive) {
        run.wait()?;
    }
    Ok(run.status)
}

/// What may happen, as the number that the set of events keeps for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Terminate,
    Output(usize),
    End(usize),
}

impl Event {
    fn key(self) -> u64 {
        match self {
            Event::Terminate => 0,
            Event::Output(rank) => 2 * rank as u64 + 1,
            Event::End(rank) => 2 * rank as u64 + 2,
        }
    }

    fn from_key(key: u64) -> Event {
        match key.checked_sub(1).map(|key| (key as usize / 2, key % 2)) {
            None => Event::Terminate,
            Some((rank, 0)) => Event::Output(rank),
            Some((rank, _)) => Event::End(rank),
        }
    }
}

/// All ranks of one run. Dropping it ends those that are left, and waits for them.
struct Run {
    ranks: Vec<Rank>,
    set: Epoll,
    signals: SignalFd,
    /// The status of the first rank that failed, or 0.
    status: u8,
    /// SIGTERM has come: the ranks know, and end by themselves.
    is_told: bool,
}

impl Run {
    fn new() -> Result<Run, Failure> {
        let terminate = rank::terminate();
        terminate.thread_block().map_err(|errno| Failure::system("sigmask", errno))?;
        let signals = SignalFd::with_flags(&terminate, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
            .map_err(|errno| Failure::system("signalfd", errno))?;
        let set = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)
            .map_err(|errno| Failure::system("epoll_create", errno))?;
        let run = Run { ranks: Vec::new(), set, signals, status: 0, is_told: false };
        run.add(&run.signals, Event::Terminate)?;
        Ok(run)
    }

    fn add(&self, descriptor: impl AsFd, event: Event) -> Result<(), Failure> {
        self.set
            .add(descriptor, EpollEvent::new(EpollFlags::EPOLLIN, event.key()))
            .map_err(|errno| Failure::system("epoll_ctl", errno))
    }

    fn watch(&mut self, number: usize, rank: Rank) -> Result<(), Failure> {
        // In the list first: whatever fails now, it will be ended.
        self.ranks.push(rank);
        let rank = &self.ranks[number];
        self.add(&rank.end, Event::End(number))?;
        rank.output.as_ref().map_or(Ok(()), |output| self.add(output, Event::Output(number)))
    }

    /// Waits until something happens, and does what has to be done.
    fn wait(&mut self) -> Result<(), Failure> {
        let mut events = [EpollEvent::empty(); EVENTS];
        let count = retry(|| self.set.wait(&mut events, EpollTimeout::NONE))
            .map_err(|errno| Failure::system("epoll_wait", errno))?;
        for event in &events[..count] {
            match Event::from_key(event.data()) {
                Event::Terminate => self.pass_on()?,
                Event::Output(rank) => self.pump(rank, 1)?,
                Event::End(rank) => self.bury(rank)?,
            }
        }
        Ok(())
    }

    /// SIGTERM goes to all ranks.
    fn pass_on(&mut self) -> Result<(), Failure> {
        let read = self.signals.read_signal().map_err(|errno| Failure::system("signalfd", errno))?;
        if read.is_some() {
            self.is_told = true;
            self.signal_all(Signal::SIGTERM);
        }
        Ok(())
    }

    fn signal_all(&self, signal: Signal) {
        self.ranks.iter().for_each(|rank| rank.signal(signal));
    }

    /// Reads until `most` bytes are out, or nothing is left for now, and passes on the lines that are whole. At the end
    /// of the output, closes it.
    fn pump(&mut self, number: usize, most: usize) -> Result<(), Failure> {
        let rank = &mut self.ranks[number];
        let mut buffer = vec![0; PIECE];
        let mut total = 0;
        while let Some(output) = rank.output.as_mut().filter(|_| total < most) {
            match output.read(&mut buffer) {
                // Closing it takes it out of the set, too.
                Ok(0) => rank.output = None,
                Ok(count) => {
                    total += count;
                    output::print_bytes(&rank.lines.add(&buffer[..count]))?;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Failure::io(format!("rank {number}"), &error)),
            }
        }
        Ok(())
    }

    /// A rank has ended. What it has written comes out; if it has failed, the others end, too.
    fn bury(&mut self, number: usize) -> Result<(), Failure> {
        let ending = self.ranks[number].reap()?;
        self.set.delete(&self.ranks[number].end).map_err(|errno| Failure::system("epoll_ctl", errno))?;
        self.judge(number, ending);
        // Its own words are in the pipe by now. Whoever else writes there was started by it, and may never end.
        let most = self.ranks[number].room();
        self.pump(number, most)?;
        let rank = &mut self.ranks[number];
        rank.output = None;
        output::print_bytes(&rank.lines.finish())
    }

    fn judge(&mut self, number: usize, ending: Ending) {
        if ending == Ending::Exit(0) || self.status != 0 {
            return;
        }
        self.status = ending.code();
        say(&format!("rank {number}: {ending}\n"));
        if !self.is_told {
            self.signal_all(Signal::SIGKILL);
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.signal_all(Signal::SIGKILL);
        for rank in self.ranks.iter_mut().filter(|rank| rank.is_alive) {
            // We are failing, and what failed first is what is told.
            let _ = rank.reap();
        }
    }
}
