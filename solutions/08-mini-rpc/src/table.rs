// BEGIN SOLUTION
//! What rpcd remembers of its clients, so that no call is executed twice.

use std::collections::{BTreeMap, HashMap};

/// What is to be done with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// It is new: execute it, and tell [`Table::finish`].
    Execute,
    /// The first copy still runs.
    Runs,
    /// It has been answered, with this frame.
    Answered(Vec<u8>),
    /// It is too old: no answer.
    Dropped,
    /// There is no room for its client.
    Full,
}

/// The answers of the last calls of the clients seen last.
#[derive(Debug)]
pub struct Table {
    slots: usize,
    clients: HashMap<u64, Client>,
    /// Counts what clients do, to tell who has been silent for longest.
    moment: u64,
}

/// One client.
#[derive(Debug, Default)]
struct Client {
    highest: u32,
    window: u32,
    /// The highest that has left the window: a larger window brings back nothing.
    gone: u32,
    /// Those in the window.
    calls: BTreeMap<u32, Call>,
    /// Calls under way, those that have left the window included.
    running: usize,
    seen: u64,
}

/// One call.
#[derive(Debug)]
struct Call {
    method: u16,
    /// `None` as long as it runs.
    answer: Option<Vec<u8>>,
}

impl Table {
    /// An empty table for `slots` clients.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self { slots, clients: HashMap::new(), moment: 0 }
    }

    /// Whether the table has an entry for this client.
    #[must_use]
    pub fn knows(&self, client: u64) -> bool {
        self.clients.contains_key(&client)
    }

    /// Makes an entry for this client if there is none, with a window of at least this size; false if there is no room.
    pub fn enter(&mut self, client: u64, window: u32) -> bool {
        self.moment += 1;
        if self.clients.len() >= self.slots && !self.knows(client) {
            let idle = self.clients.iter().filter(|(_, known)| known.running == 0);
            let Some((&silent, _)) = idle.min_by_key(|(_, known)| known.seen) else { return false };
            self.clients.remove(&silent);
        }
        let entry = self.clients.entry(client).or_default();
        entry.window = entry.window.max(window);
        entry.seen = self.moment;
        true
    }

    /// The method of a call that has come before.
    #[must_use]
    pub fn method(&self, client: u64, seq: u32) -> Option<u16> {
        Some(self.clients.get(&client)?.calls.get(&seq)?.method)
    }

    /// A call or retry has come.
    pub fn admit(&mut self, client: u64, seq: u32, method: u16) -> Admission {
        if !self.enter(client, 1) {
            return Admission::Full;
        }
        let Some(entry) = self.clients.get_mut(&client) else { return Admission::Full };
        if seq <= entry.gone {
            return Admission::Dropped;
        }
        if let Some(call) = entry.calls.get(&seq) {
            return call.answer.clone().map_or(Admission::Runs, Admission::Answered);
        }
        entry.highest = entry.highest.max(seq);
        entry.gone = entry.gone.max(entry.highest.saturating_sub(entry.window));
        entry.calls.insert(seq, Call { method, answer: None });
        while entry.calls.first_key_value().is_some_and(|(&oldest, _)| oldest <= entry.gone) {
            entry.calls.pop_first();
        }
        entry.running += 1;
        Admission::Execute
    }

    /// A call that was to be executed has this answer.
    pub fn finish(&mut self, client: u64, seq: u32, answer: Vec<u8>) {
        let Some(entry) = self.clients.get_mut(&client) else { return };
        entry.running = entry.running.saturating_sub(1);
        if let Some(call) = entry.calls.get_mut(&seq) {
            call.answer = Some(answer);
        }
    }

    /// How many calls it holds.
    #[must_use]
    pub fn entries(&self) -> usize {
        self.clients.values().map(|client| client.calls.len()).sum()
    }
}
// END SOLUTION
