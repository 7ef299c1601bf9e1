//! What a recording is: plain data, without a system call.

use std::fmt;
use std::time::Duration;

use nix::errno::Errno;

/// A moment. The order is the one in which the tracer let things happen: what a call *does* (close, write,
/// fork) stands where the call was entered, what it *gets* (read, wait) where it returned. So a cause always
/// stands before its effect.
pub type Moment = u32;

/// The life of a tree of processes.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// In the order of their making; the first is the program.
    pub processes: Vec<Process>,
    /// Pipes, files and whatever else a descriptor stood for.
    pub objects: Vec<Object>,
    /// What happened, in the order of [`Event::began`].
    pub events: Vec<Event>,
    /// Who held what from when to when: pipes and sockets only.
    pub holds: Vec<Hold>,
    /// How it ended.
    pub end: End,
    /// The moment from which on nothing was recorded, because there was too much.
    pub cut: Option<Moment>,
}

/// How a recording ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum End {
    /// Every process ended by itself.
    #[default]
    Over,
    /// Nobody could move any more, and nobody outside could help: a deadlock.
    Stuck,
    /// Whoever watched wanted it to end.
    Stopped,
}

/// A process.
#[derive(Debug, Clone, Default)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// Who made it: its place in [`Recording::processes`].
    pub parent: Option<usize>,
    /// Since when it is there.
    pub made: Moment,
    /// The programs it ran, one after the other. A forked process that runs no other program has none.
    pub images: Vec<Image>,
    /// When and how it ended.
    pub ended: Option<(Moment, Status)>,
    /// System calls that are not recorded one by one: memory, clocks, settings.
    pub other_calls: u64,
}

/// A program that a process runs.
#[derive(Debug, Clone, Default)]
pub struct Image {
    /// Since when.
    pub from: Moment,
    /// Its arguments, its name first.
    pub argv: Vec<String>,
    /// How many calls its loader made before `main`.
    pub loading: u64,
}

/// How a process ended, or what `wait` told about one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// By itself, with this status.
    Exited(i32),
    /// By this signal.
    Killed(i32),
    /// It has not ended: it was stopped by this signal.
    Stopped(i32),
    /// It has not ended: it goes on after a stop.
    Continued,
}

/// What a descriptor stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// What it is.
    pub kind: Kind,
    /// Its name: a letter for a pipe or a socket, a path for a file.
    pub name: String,
    /// Whether somebody who is not recorded may hold or open it, too.
    pub outside: bool,
}

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// pipe(7), or a FIFO (then its name is a path).
    Pipe,
    /// socket(7).
    Socket,
    /// A terminal.
    Terminal,
    /// A file or a folder.
    File,
    /// An eventfd and its kin.
    Other,
}

/// Which end of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The read end, or open for reading.
    Read,
    /// The write end, or open for writing.
    Write,
    /// Both ways.
    Both,
}

/// A descriptor as it was at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// Its number.
    pub fd: i32,
    /// What it stood for: its place in [`Recording::objects`]. `None` if it was not open.
    pub object: Option<usize>,
    /// Which end.
    pub side: Side,
}

/// Somebody held an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hold {
    /// Who: a place in [`Recording::processes`].
    pub process: usize,
    /// By which descriptor.
    pub fd: i32,
    /// Of which object.
    pub object: usize,
    /// Which end.
    pub side: Side,
    /// Since when.
    pub from: Moment,
    /// Until when, and how it was given up. `None`: to the end of the recording.
    pub to: Option<(Moment, GaveUp)>,
}

/// How a descriptor went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GaveUp {
    /// It was closed, or replaced by `dup2`.
    Closed,
    /// It was close-on-exec, and the process ran another program.
    Exec,
    /// Its process ended.
    Ended,
}

/// Something that happened in a process.
#[derive(Debug, Clone)]
pub struct Event {
    /// In which process.
    pub process: usize,
    /// In which of its threads.
    pub tid: i32,
    /// When the call was entered, or the thing happened.
    pub began: Moment,
    /// When the call returned. `None`: it never did.
    pub returned: Option<Moment>,
    /// The thread went to sleep in the call.
    pub slept: bool,
    /// Wall time since the start of the recording. For information: tracing slows everything down.
    pub time: Duration,
    /// How long it took.
    pub took: Duration,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum What {
    /// A system call.
    Call(Call),
    /// A signal came: its number, and who sent it, if that was a process.
    Signal {
        /// Its number.
        signal: i32,
        /// The pid of its sender.
        sender: Option<i32>,
        /// Whether the process has a handler for it.
        caught: bool,
    },
    /// The process stands still, because of this signal, until it is continued.
    Paused(i32),
    /// The process ended.
    Ended(Status),
}

/// A system call.
#[derive(Debug, Clone)]
pub struct Call {
    /// Its name.
    pub name: &'static str,
    /// What it is about.
    pub does: Does,
    /// What it returned. `None`: it has not returned.
    pub result: Option<Result<i64, Errno>>,
    /// Whom or what it may wait for.
    pub patience: Patience,
}

/// What a call, while it sleeps, waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Patience {
    /// For another process of the recording, and for nobody else.
    Inside,
    /// For somebody who is not recorded: a terminal, a network, a signal.
    Outside,
    /// For a time at most.
    Timed,
}

/// What a call is about.
#[derive(Debug, Clone)]
pub enum Does {
    /// Makes a pipe or a pair of sockets; known when it has returned.
    Pipe(Option<[Use; 2]>),
    /// Makes a process (its place in [`Recording::processes`]).
    Fork(Option<usize>),
    /// Makes a thread.
    Thread(Option<i32>),
    /// Runs another program.
    Exec {
        /// Which.
        argv: Vec<String>,
        /// Descriptors that the new program has; empty if it failed.
        kept: Vec<Use>,
    },
    /// Makes `to` a copy of `from`.
    Duplicate {
        /// The original.
        from: Use,
        /// The copy; -1 if it failed.
        to: i32,
        /// What the copy's number stood for before.
        replaced: Option<Use>,
    },
    /// Closes descriptors.
    Close(Vec<Use>),
    /// Opens a name.
    Open(String, Option<Use>),
    /// Takes bytes.
    Read(Use),
    /// Gives bytes.
    Write(Use),
    /// Moves bytes from one descriptor to another.
    Move(Use, Use),
    /// Waits for a child: the argument, and who was found.
    Wait(i64, Option<(i32, Status)>),
    /// Sends a signal: to whom (as given), which.
    Kill(i64, i32),
    /// Puts a process (0: itself) into a process group (0: one of its own).
    Group(i32, i32),
    /// Waits until one of these is ready.
    Poll(Vec<Use>),
    /// Waits at a futex.
    FutexWait(u64),
    /// Wakes those who wait at a futex.
    FutexWake(u64),
    /// Something with a socket or another object.
    On(Use),
    /// Makes an object that has a descriptor.
    Make(Option<Use>),
    /// Maps memory that others can see.
    Share(Option<Use>),
    /// Something else; its arguments as far as they say something.
    Other(String),
}

impl Recording {
    /// The place of the process that had `pid` last before `moment`.
    #[must_use]
    pub fn process_at(&self, pid: i32, moment: Moment) -> Option<usize> {
        self.processes.iter().rposition(|process| process.pid == pid && process.made <= moment)
    }

    /// Events whose call had not returned when the recording ended, of processes that were still alive.
    pub fn pending(&self) -> impl Iterator<Item = (&Event, &Call)> {
        self.events.iter().filter_map(|event| {
            let What::Call(call) = &event.what else { return None };
            let alive = self.processes[event.process].ended.is_none();
            (alive && call.result.is_none()).then_some((event, call))
        })
    }
}

impl Event {
    /// The moment at which it counts: where a cause was set, or an effect arrived.
    #[must_use]
    pub fn at(&self) -> Moment {
        match &self.what {
            What::Call(call) if call.gets() => self.returned.unwrap_or(self.began),
            _ => self.began,
        }
    }
}

impl Call {
    /// Whether it gets what others have done, so that its return is what counts.
    #[must_use]
    pub fn gets(&self) -> bool {
        match self.does {
            Does::Read(_) | Does::Wait(..) | Does::Poll(_) | Does::FutexWait(_) | Does::Open(..) => true,
            Does::On(_) => matches!(self.name, "accept" | "accept4" | "connect" | "flock"),
            Does::Other(_) => self.may_sleep(),
            _ => false,
        }
    }

    /// Whether sleeping in it means to wait for somebody, and not just for the kernel.
    #[must_use]
    pub fn may_sleep(&self) -> bool {
        match self.does {
            Does::Read(_) | Does::Write(_) | Does::Move(..) | Does::Wait(..) | Does::Poll(_) => true,
            Does::FutexWait(_) | Does::Open(..) => true,
            Does::On(_) => matches!(self.name, "accept" | "accept4" | "connect" | "flock"),
            Does::Other(_) => !matches!(self.name, "setsid" | "chdir" | "alarm"),
            _ => false,
        }
    }
}

impl Process {
    /// The program it ran at a moment, or last.
    #[must_use]
    pub fn image_at(&self, moment: Moment) -> Option<&Image> {
        self.images.iter().rfind(|image| image.from <= moment)
    }
}

impl Image {
    /// The program's name, without its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        let name = self.argv.first().map_or("?", String::as_str);
        name.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(name)
    }
}

impl Object {
    /// Whether it has two ends that others wait at.
    #[must_use]
    pub fn is_channel(&self) -> bool {
        matches!(self.kind, Kind::Pipe | Kind::Socket)
    }
}

impl Status {
    /// From the word that wait(2) writes.
    #[must_use]
    pub fn from_word(word: i32) -> Self {
        if libc::WIFSTOPPED(word) {
            Self::Stopped(libc::WSTOPSIG(word))
        } else if libc::WIFCONTINUED(word) {
            Self::Continued
        } else if libc::WIFSIGNALED(word) {
            Self::Killed(libc::WTERMSIG(word))
        } else {
            Self::Exited(libc::WEXITSTATUS(word))
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exit {status}"),
            Self::Killed(signal) => write!(f, "killed by {}", signal_name(*signal)),
            Self::Stopped(signal) => write!(f, "stopped by {}", signal_name(*signal)),
            Self::Continued => f.write_str("continued"),
        }
    }
}

/// `SIGPIPE`; `signal 40` for one without a name.
#[must_use]
pub fn signal_name(signal: i32) -> String {
    nix::sys::signal::Signal::try_from(signal)
        .map_or_else(|_| format!("signal {signal}"), |signal| signal.as_str().to_owned())
}
