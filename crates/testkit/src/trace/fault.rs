//! Which faults there are, and what is known after one.

use std::collections::BTreeMap;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::sys::signal::Signal;

/// What happens to a traced program. System calls are counted from 1, after the program's exec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// Nothing; system calls and new processes are counted, of the whole tree.
    Count,
    /// Every `read`, `write`, `send` and `recv` of the whole tree, and `readv` and `writev`, moves at most one byte.
    /// Streams only: message queues, datagrams and packets stay whole. (Where several share a pipe, this breaks the
    /// promise that a short write stays together.)
    ShortTransfers,
    /// SIGKILL at a system call.
    KillAt {
        /// Before which of its system calls.
        call: u64,
        /// Of which process: 0 is the program, 1 its first descendant, in the order of their making.
        nth_process: usize,
    },
    /// A signal at a system call of the program itself.
    SignalAt {
        /// Which signal.
        signal: Signal,
        /// Which of its system calls.
        call: u64,
        /// At which moment of it.
        when: When,
    },
    /// A signal at a system call of the program itself that sleeps: a sweep needs a run for each of them, and not for each
    /// call. A slow disk is a sleep, too.
    SignalAsleep {
        /// Which signal.
        signal: Signal,
        /// At which of the calls that sleep, from 1.
        nth: u64,
        /// While it sleeps, or just after the call. (Before a call nobody knows whether it will sleep.)
        when: When,
    },
    /// The nth call of this family, made by the program itself, fails with this error and does nothing.
    FailCall {
        /// Which calls are counted.
        family: Family,
        /// Which of them fails, from 1.
        nth: u64,
        /// How.
        errno: Errno,
    },
    /// After each fork of the program itself, the parent is held until the child is a zombie, or until
    /// nobody else moves: the child always wins the race.
    HoldForkReturn,
    /// Between two system calls: at an access to shared memory, or at a change of it.
    At(Instant),
}

/// An instant in the life of a program that works on shared memory, and what happens then.
///
/// The program itself is followed, with all its threads, from the moment when it has mapped `file`. Others who work on
/// the same memory must rest meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instant {
    /// The mapped file, such as `/dev/shm/NAME`.
    pub file: PathBuf,
    /// When.
    pub at: Moment,
    /// What.
    pub then: Then,
}

/// Which instant it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Just after the nth instruction, from 1, that loads or stores (some of) the four bytes at this offset of the file. What the
    /// kernel reads or writes there does not count.
    Access {
        /// In bytes, a multiple of 4.
        offset: u64,
        /// Which of them.
        nth: u64,
    },
    /// Just after the nth instruction, from 1, that changes any of the first 65 536 bytes. Tried for 1, 2, 3, … this shows
    /// each state of the memory in which somebody else may find it. The program takes single steps, about 40 000 a second.
    Change {
        /// Which of them.
        nth: u64,
    },
}

/// What happens at an [`Instant`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// SIGKILL.
    Kill,
    /// SIGSTOP. When [the fault is there](crate::Running::fault_delivered), [`stop`](crate::Running::stop) returns as soon as
    /// the program stands still; the check can look, act, and let it [go on](crate::Running::cont).
    Stop,
    /// Somebody else writes into the file.
    Store {
        /// Where, in bytes.
        offset: u64,
        /// What.
        bytes: Vec<u8>,
    },
}

impl Instant {
    fn note(&self) -> String {
        let when = match self.at {
            Moment::Access { offset, nth } => format!("at its access {nth} to byte {offset} of the memory"),
            Moment::Change { nth } => format!("at its change {nth} of the memory"),
        };
        match &self.then {
            Then::Kill => format!("killed {when}"),
            Then::Stop => format!("stopped {when}"),
            Then::Store { offset, bytes } => {
                format!("{when}, somebody writes {} bytes at byte {offset}", bytes.len())
            }
        }
    }
}

impl Fault {
    /// What the world does to the program, for whoever reads the command; nothing for mere counting.
    pub(crate) fn note(&self) -> Option<String> {
        Some(match self {
            Self::Count => return None,
            Self::ShortTransfers => "each read and write moves one byte".to_owned(),
            Self::KillAt { call, nth_process: 0 } => format!("killed at its system call {call}"),
            Self::KillAt { call, nth_process } => {
                format!("its descendant {nth_process} is killed at its system call {call}")
            }
            Self::SignalAt { signal, call, .. } => format!("{signal} comes at its system call {call}"),
            Self::SignalAsleep { signal, nth, .. } => {
                format!("{signal} comes at the system call in which it sleeps for the {nth}. time")
            }
            Self::FailCall { family, nth, errno } => {
                format!("call {nth} of {} fails with {errno:?}", family.name())
            }
            Self::HoldForkReturn => "each child runs before the parent's fork returns".to_owned(),
            Self::At(instant) => instant.note(),
        })
    }
}

impl Family {
    fn name(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Pipe => "pipe",
            Self::Open => "open",
            Self::Dup => "dup",
            Self::Exec => "execve",
            Self::Wait => "waitpid",
            Self::Named(name) => name,
        }
    }
}

/// When a signal comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Just before the call's instruction: the lost wake-up of "check, then pause".
    Before,
    /// While the program sleeps in the call. Not delivered if the call does not sleep.
    During,
    /// Just after it.
    After,
}

/// A set of system calls that do the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Makes a process: `fork`, `vfork`, `clone`, `clone3`; not those that make a thread.
    Fork,
    /// `pipe`, `pipe2`.
    Pipe,
    /// `open`, `openat`, `openat2`, `creat`, and `memfd_create`.
    Open,
    /// `dup`, `dup2`, `dup3`, and `fcntl` with `F_DUPFD`.
    Dup,
    /// `execve`, `execveat`.
    Exec,
    /// `wait4`, `waitid`.
    Wait,
    /// One call by its name, `"setpgid"`.
    Named(&'static str),
}

/// What the tracer saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct Report {
    pub(crate) forks: u64,
    pub(crate) calls: BTreeMap<String, u64>,
    /// Those of the program itself, all its threads.
    pub(crate) own_calls: BTreeMap<String, u64>,
    pub(crate) delivered: bool,
    /// Those made inside signal handlers, of the whole tree.
    pub(crate) in_handlers: BTreeMap<String, u64>,
}
