//! What rpcd remembers of its clients, so that no call is executed twice.

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
}

impl Table {
    /// An empty table for `slots` clients.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self { slots }
    }

    /// Whether the table has an entry for this client.
    #[must_use]
    pub fn knows(&self, client: u64) -> bool {
        todo!("M6: an entry comes with a ping or a call, and goes when others need the room")
    }

    /// Makes an entry for this client if there is none, with a window of at least this size; false if there is no room.
    pub fn enter(&mut self, client: u64, window: u32) -> bool {
        todo!("M5: one window for each client; M6: and an end to the number of clients")
    }

    /// A call or retry has come.
    pub fn admit(&mut self, client: u64, seq: u32) -> Admission {
        todo!("M5: look at client and seq before anything is executed")
    }

    /// A call that was to be executed has this answer.
    pub fn finish(&mut self, client: u64, seq: u32, answer: &[u8]) {
        todo!("M5: remember the answer, as long as a copy of the call may come")
    }

    /// How many calls it holds.
    #[must_use]
    pub fn entries(&self) -> usize {
        todo!("M5: all calls in all windows")
    }
}
