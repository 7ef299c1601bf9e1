//! The receiving half of a rank: a thread that takes packets out of the inbox, and the messages that they have become.
//!
//! The thread never waits for anything but packets. So whoever sends to this rank waits for no more than that: not for
//! a `receive`, and not for a `send` of this rank to have its own room.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use ipc_kit::retry;
use nix::sys::signal::{SigSet, SigmaskHow};
use nix::unistd;

use crate::failure::Failure;
use crate::mpi::{Message, Tag};

/// Bytes before the payload of each packet: the sender, the tag, and the length of the whole message.
pub const HEADER: usize = 16;

/// The header of each packet of a message.
pub fn header(from: usize, tag: Tag, length: usize) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    header[..4].copy_from_slice(&(from as u32).to_le_bytes());
    header[4..8].copy_from_slice(&tag.to_le_bytes());
    header[8..].copy_from_slice(&(length as u64).to_le_bytes());
    header
}

/// The messages that have come and were not yet asked for.
#[derive(Debug, Default)]
pub struct Mailbox {
    state: Mutex<State>,
    has_news: Condvar,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<Message>,
    /// Nothing will come any more.
    broken: Option<Failure>,
}

impl Mailbox {
    /// Starts the thread that fills the mailbox of one of `size` ranks.
    ///
    /// # Errors
    /// `EAGAIN`: there are too many threads.
    pub fn open(inbox: OwnedFd, size: usize, packet: usize) -> Result<Arc<Mailbox>, Failure> {
        let mailbox = Arc::new(Mailbox::default());
        let filled = Arc::clone(&mailbox);
        // The thread inherits the mask. Signals are for the rank, which may block or await them.
        let failed = |errno| Failure::system("sigmask", errno);
        let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).map_err(failed)?;
        let started = thread::Builder::new().name("mailbox".into()).spawn(move || {
            if let Err(failure) = filled.fill(&inbox, size, packet) {
                filled.lock().broken = Some(failure);
                filled.has_news.notify_one();
            }
        });
        before.thread_set_mask().map_err(failed)?;
        started.map_err(|error| Failure::io("thread", &error))?;
        Ok(mailbox)
    }

    /// Puts a message behind all others.
    pub fn put(&self, message: Message) {
        self.lock().messages.push_back(message);
        self.has_news.notify_one();
    }

    /// Waits for a message that fits, and takes the first one.
    ///
    /// # Errors
    /// The inbox cannot be read.
    pub fn take(&self, fits: impl Fn(&Message) -> bool) -> Result<Message, Failure> {
        let mut state = self.lock();
        // Those before `seen` do not fit; the thread only adds behind them.
        let mut seen = 0;
        loop {
            let place = state.messages.range(seen..).position(&fits).map(|place| place + seen);
            if let Some(message) = place.and_then(|place| state.messages.remove(place)) {
                return Ok(message);
            }
            if let Some(failure) = &state.broken {
                return Err(failure.clone());
            }
            seen = state.messages.len();
            state = self.has_news.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that is done under the lock can leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread's life: until all who could send have ended. Then a receiver waits on: mpirun knows what to do.
    fn fill(&self, inbox: &OwnedFd, size: usize, packet: usize) -> Result<(), Failure> {
        let mut begun: Vec<Option<Message>> = vec![None; size];
        let mut buffer = vec![0; packet];
        loop {
            let count = retry(|| unistd::read(inbox, &mut buffer))
                .map_err(|errno| Failure::system("inbox", errno))?;
            if count == 0 {
                return Ok(());
            }
            let malformed = || Failure::new("inbox", "a packet that no rank has sent");
            let (from, tag, length, bytes) = parse(&buffer[..count]).ok_or_else(malformed)?;
            let slot = begun.get_mut(from).ok_or_else(malformed)?;
            let message = slot.get_or_insert_with(|| Message { from, tag, bytes: Vec::new() });
            message.bytes.extend_from_slice(bytes);
            if message.bytes.len() >= length {
                slot.take().into_iter().for_each(|message| self.put(message));
            }
        }
    }
}

fn parse(packet: &[u8]) -> Option<(usize, Tag, usize, &[u8])> {
    let (from, rest) = packet.split_first_chunk()?;
    let (tag, rest) = rest.split_first_chunk()?;
    let (length, bytes) = rest.split_first_chunk()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    Some((u32::from_le_bytes(*from) as usize, Tag::from_le_bytes(*tag), length, bytes))
}
