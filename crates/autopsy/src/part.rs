//! What is known of one wait: who could end it, and what it tells the advice.

/// A member that could end a wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Waker {
    pub(crate) pid: i32,
    /// The descriptor through which it could.
    pub(crate) number: Option<i32>,
}

/// What a wait shows that the advice must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clue {
    /// It waits for a write end of this pipe, FIFO or socket. Descriptor number.
    Reads(i32),
    /// It waits for a read end.
    Writes(i32),
    /// Only the check, which sends nothing more, holds what it waits for.
    FromCheck,
    /// Only the check, which does not read, has the other end of the socket.
    UnreadByCheck,
    /// Only somebody outside, who sends nothing, holds what it waits for.
    FromOutside,
    /// It waits for clients, and nobody is left who could be one.
    NoClient,
    /// A connection that waits in the queue of a listener.
    NotAccepted,
    /// A listener at a name that is gone.
    NameGone(String),
    /// A FIFO that nobody opens `for reading` or `for writing`.
    MissingOpener { path: String, direction: &'static str },
    /// It waits at a gate that the check opens later.
    AtGate,
    /// Nobody has the other end of this thing.
    NobodyHas(String),
    /// A queue whose messages all have other types.
    OtherTypes(i64),
    /// A queue that holds all it can.
    QueueFull,
    /// The owner of a lock is dead.
    DeadOwner(i32),
    /// A lock that somebody holds.
    Locked,
    /// A lock that it has taken itself.
    OwnLock,
    /// A lock or condition in memory that only this thread uses; whether it is forked from another program.
    Alone { is_copy: bool },
    /// A lock or condition of its own, of which no owner is known.
    OwnMemory,
    /// A word changed, and nobody woke.
    MissedWake,
    /// `FUTEX_PRIVATE_FLAG` on shared memory.
    PrivateWait,
    /// A semaphore, by name.
    Semaphore(String),
    /// Children ended before the wait for SIGCHLD began; whether the signal is blocked, and so was taken, not lost.
    LostChild { ended: Vec<i32>, is_taken: bool },
    /// These signals wait, but are blocked.
    BlockedSignal(String),
    /// No signal it would return for is caught.
    NothingCaught,
    /// It waits for this one child.
    OneChild(i32),
    /// It watches nothing.
    WatchesNothing,
}

/// One wait, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) text: String,
    pub(crate) wakers: Vec<Waker>,
    /// Members that may end it, by a signal: no part of the explanation.
    pub(crate) weak: Vec<i32>,
    /// Any member that still moves could end it, by a signal or by opening a name.
    pub(crate) anyone: bool,
    /// Who outside the members, or the clock, can still end it.
    pub(crate) outside: Option<String>,
    /// The same where nobody is there now: speaks against a proof, not against the explanation.
    pub(crate) newcomer: Option<String>,
    pub(crate) notes: Vec<String>,
    pub(crate) clues: Vec<Clue>,
}

impl Part {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A wait that will end, or may.
    pub(crate) fn alive(text: impl Into<String>, outside: impl Into<String>) -> Self {
        Self { text: text.into(), outside: Some(outside.into()), ..Self::default() }
    }

    /// Notes that somebody outside can end it; the first one told is kept.
    pub(crate) fn hope(&mut self, outside: impl Into<String>) {
        self.outside.get_or_insert(outside.into());
    }

    /// Notes that a newcomer could end it.
    pub(crate) fn hope_later(&mut self, newcomer: impl Into<String>) {
        self.newcomer.get_or_insert(newcomer.into());
    }

    pub(crate) fn wake_by(&mut self, pid: i32) {
        self.wakers.push(Waker { pid, number: None });
    }

    /// Takes over everything but the text: the wait ends when either ends.
    pub(crate) fn join(&mut self, other: Self) {
        self.wakers.extend(other.wakers);
        self.weak.extend(other.weak);
        self.anyone |= other.anyone;
        self.outside = self.outside.take().or(other.outside);
        self.newcomer = self.newcomer.take().or(other.newcomer);
        self.notes.extend(other.notes);
        self.clues.extend(other.clues);
    }
}
