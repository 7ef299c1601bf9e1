//! What rpcd remembers of its clients: which calls it has seen, and what it answered.

use std::collections::{BTreeMap, HashMap};
use std::mem;
use std::sync::{Arc, Weak};

use crate::link::Link;
use crate::refusal::Refusal;

/// So large may a window be.
pub const WINDOW_MAX: u32 = 64;

/// A call that has come.
#[derive(Debug)]
struct Call {
    method: u16,
    stands: Stands,
}

/// Where a call stands.
#[derive(Debug)]
enum Stands {
    /// Its method runs; this connection waits for the answer.
    Running(Weak<Link>),
    /// Its answer.
    Done(Arc<Vec<u8>>),
}

/// What is to be done with a call that has come.
#[derive(Debug)]
pub enum Verdict {
    /// It is new: execute it.
    New,
    /// It is answered from the table, or not at all yet.
    Known(Option<Arc<Vec<u8>>>),
}

/// What is known of one client.
#[derive(Debug)]
struct Entry {
    highest: u32,
    window: u32,
    /// The largest window that was asked for; 0 if the client has not pinged.
    asked: u32,
    /// Bit `i`: the call `highest - i` has come, whether or not its answer is still there.
    came: u64,
    calls: BTreeMap<u32, Call>,
    /// When it was heard last, as a count.
    heard: u64,
}

/// All clients.
#[derive(Debug)]
pub struct Table {
    slots: usize,
    clock: u64,
    entries: HashMap<u64, Entry>,
}

impl Table {
    /// An empty table for so many clients.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self { slots, clock: 0, entries: HashMap::new() }
    }

    /// Whether the client has an entry. If so it has been heard just now.
    pub fn hears(&mut self, client: u64) -> bool {
        self.clock += 1;
        self.entries.get_mut(&client).map(|entry| entry.heard = self.clock).is_some()
    }

    /// Who has to go before a new client can come: nobody, or the most silent one.
    ///
    /// # Errors
    /// `busy`: all have calls under way.
    pub fn victim(&self) -> Result<Option<u64>, Refusal> {
        if self.entries.len() < self.slots {
            return Ok(None);
        }
        let idle = self.entries.iter().filter(|(_, entry)| !entry.is_busy());
        idle.min_by_key(|(_, entry)| entry.heard)
            .map(|(&client, _)| Some(client))
            .ok_or(Refusal::failed("busy"))
    }

    /// Forgets a client.
    pub fn forget(&mut self, client: u64) {
        self.entries.remove(&client);
    }

    /// Makes an entry, if there is none.
    pub fn enter(&mut self, client: u64) {
        self.clock += 1;
        let heard = self.clock;
        let new = || Entry { highest: 0, window: 1, asked: 0, came: 0, calls: BTreeMap::new(), heard };
        self.entries.entry(client).or_insert_with(new);
    }

    /// The largest window that a client has asked for; 0 if it has not.
    #[must_use]
    pub fn asked(&self, client: u64) -> u32 {
        self.entries.get(&client).map_or(0, |entry| entry.asked)
    }

    /// Makes the window of a client as large as it asks for, if it is not yet.
    pub fn widen(&mut self, client: u64, window: u32) {
        if let Some(entry) = self.entries.get_mut(&client) {
            // What was too old has come, as it were: it stays so.
            entry.came |= u64::MAX.checked_shl(entry.window).unwrap_or(0);
            entry.asked = entry.asked.max(window);
            entry.window = entry.window.max(window);
        }
    }

    /// The method of a call that is in the table, with its answer or running.
    #[must_use]
    pub fn method(&self, client: u64, seq: u32) -> Option<u16> {
        Some(self.entries.get(&client)?.calls.get(&seq)?.method)
    }

    /// Asks whether a call of a client that has an entry is new. From then on it is not.
    pub fn admit(&mut self, client: u64, seq: u32, method: u16, link: &Weak<Link>) -> Verdict {
        match self.entries.get_mut(&client) {
            Some(entry) => entry.admit(seq, method, link),
            None => Verdict::Known(None),
        }
    }

    /// Keeps the answer of a call that ran, as long as it is in the window; and says who waits for it.
    pub fn complete(&mut self, client: u64, seq: u32, answer: &Arc<Vec<u8>>) -> Option<Arc<Link>> {
        let entry = self.entries.get_mut(&client)?;
        let call = entry.calls.get_mut(&seq)?;
        let Stands::Running(link) = mem::replace(&mut call.stands, Stands::Done(Arc::clone(answer))) else {
            return None;
        };
        entry.prune();
        link.upgrade()
    }

    /// How many calls are in the windows of all clients.
    #[must_use]
    pub fn size(&self) -> usize {
        let count = |entry: &Entry| entry.calls.range(entry.oldest()..).count();
        self.entries.values().map(count).sum()
    }
}

impl Entry {
    /// The lowest seq of the window.
    fn oldest(&self) -> u32 {
        self.highest.saturating_sub(self.window) + 1
    }

    fn is_busy(&self) -> bool {
        self.calls.values().any(|call| matches!(call.stands, Stands::Running(_)))
    }

    fn admit(&mut self, seq: u32, method: u16, link: &Weak<Link>) -> Verdict {
        if seq > self.highest {
            self.came = self.came.checked_shl(seq - self.highest).unwrap_or(0) | 1;
            self.highest = seq;
            self.prune();
        } else if seq < self.oldest() {
            return Verdict::Known(None);
        } else {
            let bit = 1 << (self.highest - seq);
            if self.came & bit != 0 {
                return self.again(seq, link);
            }
            self.came |= bit;
        }
        self.calls.insert(seq, Call { method, stands: Stands::Running(Weak::clone(link)) });
        Verdict::New
    }

    fn again(&mut self, seq: u32, link: &Weak<Link>) -> Verdict {
        Verdict::Known(match self.calls.get_mut(&seq).map(|call| &mut call.stands) {
            Some(Stands::Done(answer)) => Some(Arc::clone(answer)),
            Some(Stands::Running(waits)) => {
                *waits = Weak::clone(link);
                None
            }
            // Its answer was dropped before the window became larger.
            None => None,
        })
    }

    /// Drops answers behind the window. What runs stays until it is done.
    fn prune(&mut self) {
        let oldest = self.oldest();
        self.calls.retain(|&seq, call| seq >= oldest || matches!(call.stands, Stands::Running(_)));
    }
}
