//! What all connections share: the table, the keys, gates, objects and the journal. One lock guards it.

use std::collections::{BTreeMap, HashMap};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Weak};
use std::time::Instant;

use nix::sys::epoll::Epoll;

use crate::frame::{BODY_MAX, Frame, kind};
use crate::interface::{CHANGED, by_number};
use crate::journal::Journal;
use crate::link::Link;
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

#[derive(Debug)]
struct Object {
    link: Weak<Link>,
    client: u64,
    key: String,
}

#[derive(Debug)]
struct Callback {
    object: u32,
    append: u64,
    due: Instant,
}

#[derive(Debug)]
struct Append {
    caller: Caller,
    length: u64,
    left: usize,
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
    objects: BTreeMap<(u64, u32), Object>,
    /// By connection, client and seq.
    callbacks: BTreeMap<(u64, u64, u32), Callback>,
    appends: HashMap<u64, Append>,
    last_object: u32,
    last_callback: u32,
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
        if let Verdict::New = self.table.admit(record.client, record.seq, &Weak::new()) {
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
        let victim =
            if is_known { None } else { self.table.victim().map_err(|()| Refusal::failed("busy"))? };
        if let Some(victim) = victim {
            self.record(|| Frame::new(kind::CANCEL, victim, 0, Vec::new()))?;
            self.table.forget(victim);
        }
        if let Some(window) = ping.filter(|&window| window > self.table.window(client)) {
            self.record(|| Frame::new(kind::PING, client, 0, window.to_le_bytes().to_vec()))?;
        }
        self.table.enter(client);
        self.table.widen(client, ping.unwrap_or(1));
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

    fn call_back(
        &mut self,
        (link, number): (u64, u32),
        append: u64,
        length: u64,
        due: Instant,
        epoll: &Epoll,
    ) {
        let Some(object) = self.objects.get(&(link, number)) else { return };
        let (client, target) = (object.client, object.link.upgrade());
        let is_used = |seq: u32| self.callbacks.keys().any(|&(l, _, s)| (l, s) == (link, seq));
        let mut seq = self.last_callback.wrapping_add(1);
        while is_used(seq) {
            seq = seq.wrapping_add(1);
        }
        self.last_callback = seq;
        self.callbacks.insert((link, client, seq), Callback { object: number, append, due });
        let body = CHANGED.call(&[Value::U32(number), Value::U64(length)]);
        if let Some(target) = target {
            target.send(Arc::new(Frame::new(kind::CALL, client, seq, body).encode()), epoll);
        }
    }

    /// A callback has been answered.
    pub fn called_back(&mut self, link: u64, client: u64, seq: u32, epoll: &Epoll) {
        if let Some(callback) = self.callbacks.remove(&(link, client, seq)) {
            self.count_down(callback.append, epoll);
        }
    }

    fn count_down(&mut self, append: u64, epoll: &Epoll) {
        let Some(waiting) = self.appends.get_mut(&append) else { return };
        waiting.left -= 1;
        if waiting.left == 0 {
            let (caller, length) = (waiting.caller, waiting.length);
            self.appends.remove(&append);
            self.finish(caller, Ok(Value::U64(length)), epoll);
        }
    }

    /// Makes an object.
    pub fn watch(&mut self, link: &Arc<Link>, client: u64, key: String) -> u32 {
        loop {
            self.last_object = self.last_object.checked_add(1).unwrap_or(1);
            if !self.objects.contains_key(&(link.id, self.last_object)) {
                break;
            }
        }
        let object = Object { link: Arc::downgrade(link), client, key };
        self.objects.insert((link.id, self.last_object), object);
        self.last_object
    }

    /// Ends an object; its callbacks count as answered. False if there is none.
    pub fn end_object(&mut self, link: u64, number: u32, epoll: &Epoll) -> bool {
        let is_there = self.objects.remove(&(link, number)).is_some();
        let all = self.callbacks.range((link, 0, 0)..=(link, u64::MAX, u32::MAX));
        let ended: Vec<_> =
            all.filter(|(_, callback)| callback.object == number).map(|(&id, _)| id).collect();
        for (link, client, seq) in ended {
            self.called_back(link, client, seq, epoll);
        }
        is_there
    }

    /// Ends all objects of a connection.
    pub fn end_link(&mut self, link: u64, epoll: &Epoll) {
        let numbers: Vec<u32> =
            self.objects.range((link, 0)..=(link, u32::MAX)).map(|(&(_, n), _)| n).collect();
        for number in numbers {
            self.end_object(link, number, epoll);
        }
    }

    /// Ends objects whose lease is over, and says when the next is.
    pub fn expire(&mut self, now: Instant, epoll: &Epoll) -> Option<Instant> {
        loop {
            let (&(link, ..), first) = self.callbacks.iter().min_by_key(|(_, callback)| callback.due)?;
            if first.due > now {
                return Some(first.due);
            }
            let number = first.object;
            self.end_object(link, number, epoll);
        }
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
