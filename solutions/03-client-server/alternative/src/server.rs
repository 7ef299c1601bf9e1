//! filed itself: it lets clients in, gives each of them a process, and collects what has ended. See
//! `accept(2)`, `fork(2)`.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};

use ipc_kit::{retry, run_in_child};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags};
use nix::sys::prctl::set_child_subreaper;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid};

use crate::board::{Board, SEATS};
use crate::client::{Client, turn_away};
use crate::control;
use crate::door::{Door, Purpose};
use crate::failure::failed;
use crate::family::{is_up, wait_for_any};
use crate::root::Root;
use crate::session::Session;
use crate::signals::Signals;

/// What filed has. Its clients' connections are not here: each session has its own.
#[derive(Debug)]
pub struct Server {
    doors: Vec<Door>,
    root: Root,
    signals: Signals,
    max_clients: usize,
    board: Board,
    free_seats: Vec<usize>,
    /// Each session, with the seat of its client; whoever is in charge needs none.
    sessions: HashMap<Pid, Option<usize>>,
    /// There was no descriptor for a client, and none of the others has left since.
    is_short: bool,
}

/// What the wait was for.
struct News {
    shall_end: bool,
    children: bool,
    /// For each door, whether somebody is there.
    knocks: Vec<bool>,
}

impl Server {
    /// Nobody has come yet.
    ///
    /// # Errors
    /// If there is no memory for the counters.
    pub fn new(
        doors: Vec<Door>,
        root: Root,
        signals: Signals,
        max_clients: Option<usize>,
    ) -> anyhow::Result<Self> {
        let board = Board::new().map_err(|errno| failed("counters", errno))?;
        // The helpers of a session that was killed are filed's to collect.
        set_child_subreaper(true).map_err(|errno| failed("helpers", errno))?;
        Ok(Self {
            doors,
            root,
            signals,
            max_clients: max_clients.unwrap_or(usize::MAX),
            board,
            free_seats: (0..SEATS).rev().collect(),
            sessions: HashMap::new(),
            is_short: false,
        })
    }

    /// Prints `ready ADDRESS`: from now on a client may come.
    ///
    /// # Errors
    /// If standard output cannot be written.
    pub fn announce(&self) -> anyhow::Result<()> {
        self.doors[0].announce()
    }

    /// Serves clients until SIGTERM or SIGINT, and then until all answers that have begun are complete.
    ///
    /// # Errors
    /// If waiting itself fails.
    pub fn run(mut self) -> anyhow::Result<()> {
        loop {
            let news = self.wait().map_err(|errno| failed("poll", errno))?;
            if news.shall_end {
                break;
            }
            if news.children {
                self.signals.silence_bell();
                self.collect();
            }
            for door in (0..self.doors.len()).filter(|&door| news.knocks[door]) {
                self.open_to(door);
            }
        }
        self.doors.clear();
        // The sessions see the same end of file as we did, and end when they have said what they had begun to say.
        while retry(|| waitpid(None, None)).is_ok() {}
        Ok(())
    }

    fn wait(&self) -> nix::Result<News> {
        let doors = if self.is_short { &[] } else { self.doors.as_slice() };
        let signals = [self.signals.lifeline().as_fd(), self.signals.bell()];
        let mut polled: Vec<_> = signals
            .into_iter()
            .chain(doors.iter().map(AsFd::as_fd))
            .map(|descriptor| PollFd::new(descriptor, PollFlags::POLLIN))
            .collect();
        wait_for_any(&mut polled)?;
        let is_there = |door| polled.get(2 + door).is_some_and(is_up);
        Ok(News {
            shall_end: is_up(&polled[0]),
            children: is_up(&polled[1]),
            knocks: (0..self.doors.len()).map(is_there).collect(),
        })
    }

    /// Collects all children that have ended, however many rang the bell.
    fn collect(&mut self) {
        while let Ok(status) = retry(|| waitpid(None, Some(WaitPidFlag::WNOHANG))) {
            let Some(pid) = status.pid().filter(|_| status != WaitStatus::StillAlive) else {
                return;
            };
            if let Some(Some(seat)) = self.sessions.remove(&pid) {
                self.free(seat);
            }
            self.is_short = false;
        }
    }

    fn free(&mut self, seat: usize) {
        self.board.leave(seat);
        self.free_seats.push(seat);
    }

    fn open_to(&mut self, door: usize) {
        match self.doors[door].accept() {
            Ok(socket) if self.doors[door].purpose == Purpose::Control => self.start(door, socket, None),
            Ok(socket) if self.board.clients() >= self.max_clients => turn_away(&socket),
            Ok(socket) => match self.free_seats.pop() {
                Some(seat) => {
                    self.board.sit_down(seat);
                    self.start(door, socket, Some(seat));
                }
                None => turn_away(&socket),
            },
            // Who cannot be let in stays in the backlog, and poll would tell it again and again.
            Err(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM) => self.is_short = true,
            // Whoever was there has gone again.
            Err(_) => {}
        }
    }

    /// Starts a session, and keeps nothing of the connection.
    fn start(&mut self, door: usize, socket: OwnedFd, seat: Option<usize>) {
        let filed = getpid();
        match run_in_child(|| u8::from(self.be_session(filed, door, &socket, seat).is_none())) {
            Ok(pid) => {
                self.sessions.insert(pid, seat);
            }
            Err(_) => {
                turn_away(&socket);
                if let Some(seat) = seat {
                    self.free(seat);
                }
            }
        }
    }

    /// In the child: lets go of all that is not this session's, and serves one client.
    fn be_session(&mut self, filed: Pid, door: usize, socket: &OwnedFd, seat: Option<usize>) -> Option<()> {
        let (kind, is_local) = (self.doors[door].kind, self.doors[door].is_local());
        self.doors.clear();
        let lifeline = self.signals.belong_to(filed)?;
        match seat {
            Some(seat) => {
                let client = Client::new(socket.as_fd(), kind, Some(&self.board));
                Session { client, seat, is_local, board: &self.board, root: &self.root }.run(lifeline);
            }
            None => control::run(&Client::new(socket.as_fd(), kind, None), &self.board, lifeline),
        }
        Some(())
    }
}
