//! The server's memory of calls: it knows a duplicate by the caller's number and the call's number, and gives the old
//! answer instead of executing again. That is what makes *at most once* out of *at least once*.

use std::collections::VecDeque;

type Key = (u16, u16);

/// The calls that the server remembers, the oldest first.
#[derive(Debug)]
pub struct Duplicates {
    limit: usize,
    calls: VecDeque<(Key, Option<Vec<u8>>)>,
}

/// What the server knows of a call that has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Nothing: execute it. It counts as running from now on.
    New,
    /// It is being executed; its answer will go out when it is done. Nothing is to do.
    Running,
    /// It was executed, and this was the answer.
    Done(Vec<u8>),
}

impl Duplicates {
    /// A table for so many calls. When it is full, the oldest is forgotten.
    #[must_use]
    pub fn with_limit(limit: usize) -> Self {
        Self { limit, calls: VecDeque::new() }
    }

    /// A call has come.
    pub fn begin(&mut self, client: u16, number: u16) -> Seen {
        match self.find((client, number)) {
            Some(Some(answer)) => Seen::Done(answer.clone()),
            Some(None) => Seen::Running,
            None => {
                if self.calls.len() == self.limit {
                    self.calls.pop_front();
                }
                self.calls.push_back(((client, number), None));
                Seen::New
            }
        }
    }

    /// Its answer is there.
    pub fn finish(&mut self, client: u16, number: u16, answer: &[u8]) {
        if let Some(entry) = self.find((client, number)) {
            *entry = Some(answer.to_vec());
        }
    }

    /// How many calls are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.calls.len()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    fn find(&mut self, key: Key) -> Option<&mut Option<Vec<u8>>> {
        self.calls.iter_mut().find(|(known, _)| *known == key).map(|(_, answer)| answer)
    }
}
