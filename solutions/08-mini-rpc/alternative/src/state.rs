//! What all connections share: the table, the keys, gates, objects and the journal. One lock guards it.

use std::collections::{BTreeMap, HashMap};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Weak};
use std::time::Instant;

use nix::sys::epoll::Epoll;

use crate::frame::{BODY_MAX, Frame, kind};
use crate::interface::by_number;
use crate::journal::Journal;
use crate::objects::{Append, Callback, Object};
use crate::refusal::Refusal;
use crate::table::{Table, Verdict};
use crate::wire::{Value, bytes_of};

/// What a method gives.
pub type Outcome = Result<Value, Refusal>;

/// Who called what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    /// The client.
    pub client: u64,
    /// The number of its call.
    pub seq: u32,
}

/// A gate that waits.
#[derive(Debug)]
pub struct Gate {
    /// Who waits.
    pub caller: Caller,
    /// The FIFO.
    pub fifo: OwnedFd,
    /// What was written; `None` if it is more than an answer can hold.
    pub bytes: Option<Vec<u8>>,
}

/// See the head of this file.
#[derive(Debug)]
pub struct State {
    /// What is remembered of clients.
    pub table: Table,
    /// The values.
    pub keys: HashMap<String, Vec<u8>>,
    /// Gates, by their token in epoll.
    pub gates: HashMap<u64, Gate>,
    /// How many calls have been executed.
    pub executed: u64,
    /// rpcd ends: nothing new waits.
    pub is_stopping: bool,
    journal: Option<Journal>,
    /// By connection and number.
    pub(crate) objects: BTreeMap<(u64, u32), Object>,
    /// By connection, client and seq.
    pub(crate) callbacks: BTreeMap<(u64, u64, u32), Callback>,
    pub(crate) appends: HashMap<u64, Append>,
    pub(crate) last_object: u32,
    pub(crate) last_callback: u32,
    last_append: u64,
}

impl State {
    /// The state that a journal tells of, or an empty one.
    #[must_use]
    pub fn new(slots: usize, journal: Option<Journal>, records: &[Frame]) -> Self {
        let mut state = Self {
            table: Table::new(slots),
            keys: HashMap::new(),
            gates: HashMap::new(),
            executed: 0,
            is_stopping: false,
            journal: None,
            objects: BTreeMap::new(),
            callbacks: BTreeMap::new(),
            appends: HashMap::new(),
            last_object: 0,
            last_callback: 0,
            last_append: 0,
        };
        records.iter().for_each(|record| state.replay(record));
        state.journal = journal;
        state
    }

    fn replay(&mut self, record: &Frame) {
        let client = record.client;
        if record.kind == kind::CANCEL {
            return self.table.forget(client);
        }
        if !self.table.hears(client) {
            // Fewer slots than before: nothing runs yet, so somebody can go.
            if let Ok(Some(victim)) = self.table.victim() {
                self.table.forget(victim);
            }
            self.table.enter(client);
        }
        match (record.kind, record.body.split_first_chunk()) {
            (kind::PING, _) => {
                let window = record.body.first_chunk().map_or(1, |bytes| u32::from_le_bytes(*bytes));
                self.table.widen(client, window);
            }
            (kind::CALL, Some((number, body))) => self.replay_call(record, u16::from_le_bytes(*number), body),
            _ => {}
        }
    }

    fn replay_call(&mut self, record: &Frame, number: u16, body: &[u8]) {
        let outcome = match by_number(number).and_then(|method| method.arguments(body)).as_deref() {
            Some([Value::Text(key), Value::Bytes(bytes)]) => {
                let value = self.keys.entry(key.clone()).or_default();
                value.extend(bytes);
                Ok(Value::U64(value.len() as u64))
            }
            _ => Err(Refusal::OUTCOME_UNKNOWN),
        };
        if let Verdict::New = self.table.admit(record.client, record.seq, number, &Weak::new()) {
            let caller = Caller { client: record.client, seq: record.seq };
            self.table.complete(record.client, record.seq, &Arc::new(answer(caller, outcome)));
        }
    }

    /// Makes an entry for a client that has none, or a larger window for one that has.
    ///
    /// # Errors
    /// `busy`, or that the journal cannot be written.
    pub fn welcome(&mut self, client: u64, ping: Option<u32>) -> Result<(), Refusal> {
        let is_known = self.table.hears(client);
        let victim = if is_known { None } else { self.table.victim()? };
        if let Some(victim) = victim {
            self.record(|| Frame::new(kind::CANCEL, victim, 0, Vec::new()))?;
            self.table.forget(victim);
        }
        if let Some(window) = ping.filter(|&window| window > self.table.asked(client)) {
            self.record(|| Frame::new(kind::PING, client, 0, window.to_le_bytes().to_vec()))?;
        }
        self.table.enter(client);
        if let Some(window) = ping {
            self.table.widen(client, window);
        }
        Ok(())
    }

    /// Writes a record, if there is a journal.
    ///
    /// # Errors
    /// 3, with the system's text.
    pub fn record(&mut self, frame: impl FnOnce() -> Frame) -> Result<(), Refusal> {
        match &mut self.journal {
            Some(journal) => journal.write(&frame()).map_err(Refusal::by_the_system),
            None => Ok(()),
        }
    }

    /// Answers a call that ran.
    pub fn finish(&mut self, caller: Caller, outcome: Outcome, epoll: &Epoll) {
        let answer = Arc::new(answer(caller, outcome));
        if let Some(link) = self.table.complete(caller.client, caller.seq, &answer) {
            link.send(answer, epoll);
        }
    }

    /// Appends, and calls the watchers. `None`: it is answered when they have answered.
    pub fn append(
        &mut self,
        caller: Caller,
        call: &[u8],
        key: String,
        bytes: &[u8],
        lease: Instant,
        epoll: &Epoll,
    ) -> Option<Outcome> {
        if let Err(refusal) = self.record(|| Frame::new(kind::CALL, caller.client, caller.seq, call.to_vec()))
        {
            return Some(Err(refusal));
        }
        self.executed += 1;
        let watchers: Vec<(u64, u32)> = if self.is_stopping {
            Vec::new()
        } else {
            self.objects.iter().filter(|(_, object)| object.key == key).map(|(&id, _)| id).collect()
        };
        let value = self.keys.entry(key).or_default();
        value.extend(bytes);
        let length = value.len() as u64;
        if watchers.is_empty() {
            return Some(Ok(Value::U64(length)));
        }
        self.last_append += 1;
        let append = self.last_append;
        self.appends.insert(append, Append { caller, length, left: watchers.len() });
        for id in watchers {
            self.call_back(id, append, length, lease, epoll);
        }
        None
    }

    /// Answers all that wait: rpcd ends.
    pub fn stop(&mut self, epoll: &Epoll) {
        self.is_stopping = true;
        for (_, gate) in std::mem::take(&mut self.gates) {
            self.finish(gate.caller, Err(Refusal::SHUTTING_DOWN), epoll);
        }
        for (_, append) in std::mem::take(&mut self.appends) {
            self.finish(append.caller, Ok(Value::U64(append.length)), epoll);
        }
    }
}

/// The bytes of an answer.
fn answer(caller: Caller, outcome: Outcome) -> Vec<u8> {
    let Caller { client, seq } = caller;
    let bytes = outcome.map(|value| bytes_of(&[value]));
    let frame = match bytes {
        Ok(body) if body.len() > BODY_MAX => Frame::refusal(client, seq, &Refusal::TOO_LARGE),
        Ok(body) => Frame::new(kind::RESULT, client, seq, body),
        Err(refusal) => Frame::refusal(client, seq, &refusal),
    };
    frame.encode()
}
