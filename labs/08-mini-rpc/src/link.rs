//! A connection: what came, what shall go, and what belongs to it. See `writev(2)`.
//!
//! Locks, from the outside to the inside: `input`, the shared state (`state.rs`), the output.

use std::collections::{BTreeMap, VecDeque};
use std::io::IoSlice;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollEvent, EpollFlags};
use nix::sys::socket::getsockopt;
use nix::sys::socket::sockopt::PeerCredentials;
use nix::sys::uio::writev;

use crate::inbox::Inbox;

/// With so many bytes that are not taken, no more is read.
const ROOM: usize = 256 * 1024;
/// So many frames leave by one system call.
const FRAMES: usize = 64;

/// A connection.
#[derive(Debug)]
pub struct Link {
    /// Its number, and its token in epoll.
    pub id: u64,
    /// uid, gid and pid of the client, if the kernel knows them.
    pub peer: Option<(u32, u32, u32)>,
    /// What came; whoever holds this serves the connection.
    pub input: Mutex<Input>,
    output: Mutex<Output>,
    socket: OwnedFd,
}

/// The receiving side.
#[derive(Debug, Default)]
pub struct Input {
    /// Bytes that are not yet calls.
    pub inbox: Inbox,
    /// Open files.
    pub handles: BTreeMap<u32, OwnedFd>,
    /// The latest handle.
    pub last_handle: u32,
    /// Nothing more is read; what is unsent still goes.
    pub is_finished: bool,
    /// It has been closed.
    pub is_over: bool,
}

#[derive(Debug, Default)]
struct Output {
    queue: VecDeque<Arc<Vec<u8>>>,
    /// So much of the first frame has gone.
    gone: usize,
    /// So many bytes wait.
    length: usize,
    /// Whoever serves the connection sends later, all at once.
    is_corked: bool,
    /// Nobody takes anything any more.
    is_dead: bool,
}

/// The lock, also of a thread that died: what it guards is changed in whole steps.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    /// A connection that has just been accepted.
    #[must_use]
    pub fn new(id: u64, socket: OwnedFd, is_local: bool) -> Self {
        let credentials = if is_local { getsockopt(&socket, PeerCredentials).ok() } else { None };
        let peer = credentials.map(|known| (known.uid(), known.gid(), known.pid().cast_unsigned()));
        Self { id, peer, input: Mutex::default(), output: Mutex::default(), socket }
    }

    /// Whether the client takes its answers.
    #[must_use]
    pub fn has_room(&self) -> bool {
        lock(&self.output).length < ROOM
    }

    /// Whether nothing waits to be sent.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        lock(&self.output).length == 0
    }

    /// Sends a frame, or keeps it until there is room. Waits for nobody.
    pub fn send(&self, frame: Arc<Vec<u8>>, epoll: &Epoll) {
        let mut output = lock(&self.output);
        if output.is_dead {
            return;
        }
        output.length += frame.len();
        output.queue.push_back(frame);
        if !output.is_corked && !output.flush(&self.socket) {
            self.arm_locked(&output, true, epoll);
        }
    }

    /// From here on `send` keeps everything, until `flush` or `uncork`.
    pub fn cork(&self) {
        lock(&self.output).is_corked = true;
    }

    /// Sends what is kept, as far as there is room.
    pub fn flush(&self) {
        lock(&self.output).flush(&self.socket);
    }

    /// The end of `cork`.
    pub fn uncork(&self) {
        let mut output = lock(&self.output);
        output.is_corked = false;
        output.flush(&self.socket);
    }

    /// Asks epoll for the next event.
    pub fn arm(&self, may_read: bool, epoll: &Epoll) {
        let output = lock(&self.output);
        self.arm_locked(&output, may_read, epoll);
    }

    /// Under the lock of the output: two threads that arm agree about what waits.
    fn arm_locked(&self, output: &Output, may_read: bool, epoll: &Epoll) {
        let mut events = EpollFlags::EPOLLONESHOT;
        events.set(EpollFlags::EPOLLIN, may_read && output.length < ROOM);
        events.set(EpollFlags::EPOLLOUT, output.length > 0);
        // ENOENT: it has just been closed, and needs no events.
        let _ = epoll.modify(&self.socket, &mut EpollEvent::new(events, self.id));
    }

    /// Takes nothing any more.
    pub fn kill(&self) {
        lock(&self.output).die();
    }
}

impl AsFd for Link {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl Output {
    /// Whether all has gone.
    fn flush(&mut self, socket: &OwnedFd) -> bool {
        while self.length > 0 {
            let frames = self.queue.iter().take(FRAMES).enumerate();
            let pieces: Vec<IoSlice<'_>> = frames
                .map(|(index, frame)| IoSlice::new(&frame[if index == 0 { self.gone } else { 0 }..]))
                .collect();
            match retry(|| writev(socket, &pieces)) {
                Ok(sent) => self.forget(sent),
                Err(Errno::EAGAIN) => return false,
                Err(_) => self.die(),
            }
        }
        true
    }

    fn forget(&mut self, sent: usize) {
        self.length -= sent;
        self.gone += sent;
        while let Some(first) =
            self.queue.front().map(|frame| frame.len()).filter(|&first| first <= self.gone)
        {
            self.gone -= first;
            self.queue.pop_front();
        }
    }

    fn die(&mut self) {
        *self = Self { is_dead: true, is_corked: self.is_corked, ..Self::default() };
    }
}
