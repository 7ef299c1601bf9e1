//! What a descriptor is open on, and the key by which two descriptors are known to share one object.

/// What a descriptor is open on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Object {
    /// A pipe; pipe(7).
    Pipe(u64),
    /// A FIFO; fifo(7).
    Fifo { name: String, device: u64, inode: u64 },
    /// A socket of any family.
    Socket(u64),
    /// A POSIX message queue; mq_overview(7).
    Queue { name: String, device: u64, inode: u64 },
    /// An eventfd(2).
    Event { id: u64, count: u64 },
    /// A signalfd(2), with its signals.
    Signals(u64),
    /// A timerfd, set or not.
    Timer { is_set: bool },
    /// An epoll(7) set.
    Epoll(Vec<Watched>),
    /// A pidfd: the process, in our pid namespace; not positive if it is gone or not in it.
    Process(i32),
    /// A terminal; its index if it is a pty.
    Terminal { index: Option<u64>, name: String },
    /// The master side of a pty.
    Master(u64),
    /// An io_uring(7).
    Ring,
    /// Another device.
    Device(String),
    /// A file in a file system.
    File { name: String, device: u64, inode: u64 },
    /// Something else.
    Other(String),
}

/// One descriptor in an epoll set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Watched {
    /// Its number when it was added: it may be another one's by now.
    pub(crate) number: i32,
    /// The events waited for.
    pub(crate) events: u32,
    /// The inode, where the kernel tells it.
    pub(crate) inode: Option<u64>,
}

/// Two descriptors with equal keys share one object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Key {
    Pipe(u64),
    Socket(u64),
    Event(u64),
    Pty(u64),
    /// Device and inode: a FIFO, a queue or a file.
    Inode(u64, u64),
    /// The last part of a path: only to ask whether a file may be one of those looked for.
    Name(String),
}

impl Key {
    /// The key of a file's name without its folders.
    pub(crate) fn name(path: &str) -> Self {
        Self::Name(path.rsplit('/').next().unwrap_or_default().to_owned())
    }
}

impl Object {
    /// The key; `None` for what nobody can share, or what the kernel does not identify.
    pub(crate) fn key(&self) -> Option<Key> {
        match self {
            Self::Pipe(inode) => Some(Key::Pipe(*inode)),
            Self::Socket(inode) => Some(Key::Socket(*inode)),
            Self::Event { id, .. } => Some(Key::Event(*id)),
            Self::Master(index) => Some(Key::Pty(*index)),
            Self::Fifo { device, inode, .. }
            | Self::Queue { device, inode, .. }
            | Self::File { device, inode, .. } => Some(Key::Inode(*device, *inode)),
            _ => None,
        }
    }

    /// The name it has in a file system.
    pub(crate) fn path(&self) -> Option<&str> {
        match self {
            Self::Fifo { name, .. } | Self::Queue { name, .. } | Self::File { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The inode number that `/proc/PID/fdinfo` of an epoll set shows.
    pub(crate) fn inode(&self) -> Option<u64> {
        match self {
            Self::Pipe(inode) | Self::Socket(inode) => Some(*inode),
            Self::Fifo { inode, .. } => Some(*inode),
            _ => None,
        }
    }
}
