//! The report as data.

use serde::Serialize;

/// What is known of a tree of processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// All in one word.
    pub verdict: Verdict,
    /// One for each thread and zombie.
    pub waits: Vec<Wait>,
    /// The roots; consequences are left out.
    pub causes: Vec<Cause>,
    /// The pipes, sockets, queues and terminals each process has open.
    pub open: Vec<Open>,
    /// What could not be read, in sentences.
    pub unknown: Vec<String>,
}

/// The state of the whole tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// A deadlock, proved.
    Stuck,
    /// Somebody is stuck, as far as can be seen.
    LikelyStuck,
    /// Somebody runs.
    Busy,
    /// Somebody waits for the clock, nobody is stuck.
    Sleeping,
    /// Everybody waits for something that can still come.
    Idle,
    /// No member is left, or only zombies.
    Gone,
}

/// What one thread does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wait {
    /// The process.
    pub pid: i32,
    /// The thread.
    pub tid: i32,
    /// Its name in a student's words, such as ``your shell (psh, pid 12)``.
    pub who: String,
    /// It runs a program that a role names: what the student wrote.
    pub is_own: bool,
    /// In what it waits.
    pub kind: Kind,
    /// Whether it can go on.
    pub state: State,
    /// The rest of the sentence that begins with `who`.
    pub text: String,
    /// Who outside, or which clock, can still end it.
    pub woken_by: Option<String>,
    /// What else can be seen.
    pub notes: Vec<String>,
}

/// In what a thread waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Kind {
    /// It does not wait.
    Run,
    /// For a time.
    Sleep,
    /// For a child to end.
    Child,
    /// For data.
    Read,
    /// For room.
    Write,
    /// For a client.
    Accept,
    /// For a server.
    Connect,
    /// For the other side of a FIFO.
    Open,
    /// For a lock or condition in memory.
    Futex,
    /// For a thread to end.
    Join,
    /// In a POSIX message queue.
    Queue,
    /// In a System V queue or semaphore.
    SystemV,
    /// For a signal.
    Signal,
    /// For a file lock.
    Lock,
    /// In poll, select or epoll.
    Poll,
    /// It is stopped by a signal.
    Stopped,
    /// It has ended.
    Zombie,
    /// In the kernel's hands.
    Device,
    /// In a tracer's hands.
    Traced,
    /// In something this library does not know.
    Unknown,
}

/// Whether a thread can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum State {
    /// Nobody is left who could wake it.
    Stuck,
    /// It waits, and may be woken.
    Waits,
    /// It runs.
    Busy,
    /// It has ended and is not waited for.
    Zombie,
    /// It is stopped by a signal.
    Stopped,
}

/// A root cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// The processes of it.
    pub members: Vec<i32>,
    /// Why, in one sentence.
    pub why: String,
    /// What to change.
    pub fixes: Vec<String>,
    /// Which kind of mistake.
    pub kind: CauseKind,
    /// Its waits, as places in [`Report::waits`].
    pub waits: Vec<usize>,
}

/// The kinds of root causes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CauseKind {
    /// A write end that nobody will use is still open: no end of file comes.
    ForgottenWriteEnd,
    /// A read end that nobody will use is still open: a write waits instead of failing.
    ForgottenReadEnd,
    /// A child cannot end while its output is not read, and its reader waits for it to end.
    WaitBeforeRead,
    /// Everybody writes and nobody reads.
    FullBothWays,
    /// Everybody waits to receive.
    EverybodyReceives,
    /// Another circle.
    Cycle,
    /// Nobody has the other end.
    PeerGone,
    /// A connection that nobody accepts.
    NotAccepted,
    /// It waits for one client, and others wait for it.
    OneAtATime,
    /// The check waits for an answer that does not come.
    NoAnswer,
    /// It waits for more input, or clients, than the check, or somebody outside, sends.
    NothingMoreComes,
    /// A FIFO that nobody opens from the other side.
    MissingOpener,
    /// Locks taken in different orders.
    LockOrder,
    /// A lock taken twice by the same.
    SelfLock,
    /// A lock or condition that nobody is left to release or signal.
    NeverSignalled,
    /// The owner of a lock is dead.
    OwnerDied,
    /// A word was changed, and nobody woke.
    MissedWake,
    /// A sleep on shared memory with the private flag.
    PrivateWait,
    /// A semaphore that nobody raises.
    NeverPosted,
    /// A queue that is full.
    QueueFull,
    /// A queue whose messages have another type.
    WrongType,
    /// A signal that came before the wait for it.
    LostSignal,
    /// A signal that is pending and blocked, or not caught.
    BlockedSignal,
    /// A child that has ended and is not waited for.
    NeverReaped,
    /// A process that is stopped.
    Stopped,
    /// Something else.
    Other,
}

/// What a process has open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Open {
    /// The process.
    pub pid: i32,
    /// Its name.
    pub who: String,
    /// For example `stdin: read end of pipe A`.
    pub descriptors: Vec<String>,
}
