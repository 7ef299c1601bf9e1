//! Clients that send task lines: their queues, whose turn it is, what is told to them.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixListener;
use std::sync::Arc;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::sys::epoll::EpollFlags;
use nix::sys::socket::{MsgFlags, Shutdown, send, shutdown};

use crate::doors::{self, Doors, ENTRANCE, Entrance, House, State};
use crate::failure::Failure;
use crate::input::{Input, Line};
use crate::job::Job;
use crate::line::{self, Answer};
use crate::pool::{Ended, Front};
use crate::task::Task;

/// How lines become tasks.
#[derive(Debug)]
pub struct Rules {
    /// Whose effects they have.
    pub scope: Arc<str>,
    /// How many parts a line has; `None`: it is not divided.
    pub parts: Option<usize>,
    /// So many tasks of a client wait at most.
    pub queue: usize,
}

/// All clients.
#[derive(Debug)]
pub struct Clients {
    rules: Rules,
    entrance: Entrance,
    clients: BTreeMap<u64, Client>,
    /// The number of the client who came last.
    newest: u64,
    /// The number of the client whose turn was last.
    last_turn: u64,
    /// No line is taken any more.
    is_draining: bool,
}

#[derive(Debug)]
struct Client {
    socket: Arc<OwnedFd>,
    input: Input,
    ids: HashSet<Box<[u8]>>,
    waiting: VecDeque<Job>,
    running: usize,
    /// Lines that its socket did not take.
    untold: VecDeque<Vec<u8>>,
    /// Its socket takes no answer, until the doorkeeper says that it does.
    is_stuck: bool,
    /// All its lines are taken, and no other will come.
    is_through: bool,
    events: EpollFlags,
}

impl Clients {
    /// Nobody is there yet.
    ///
    /// # Errors
    /// When the listener cannot be waited for.
    pub fn new(rules: Rules, listener: UnixListener) -> Result<Clients, Failure> {
        let entrance = Entrance::new(listener.into())?;
        let clients = BTreeMap::new();
        Ok(Clients { rules, entrance, clients, newest: ENTRANCE, last_turn: ENTRANCE, is_draining: false })
    }

    fn accept(&mut self) {
        while let Some(socket) = self.entrance.admit() {
            let (number, client) = (self.newest + 1, Client::new(socket));
            self.newest = number;
            // Who cannot be waited for is sent away.
            if self.doors().add(number, &client.socket, client.events).is_ok() {
                self.clients.insert(number, client);
            }
        }
    }

    /// Does for a client what has become possible: takes lines, waits for other events, or lets it go.
    fn update(&mut self, number: u64) {
        let Some(client) = self.clients.get_mut(&number) else { return };
        client.tell_rest();
        if !self.is_draining {
            client.take_lines(number, &self.rules);
        }
        if client.is_through && client.is_served() {
            self.remove(number);
            return;
        }
        let events = client.wanted(self.rules.queue, self.is_draining);
        if events != client.events {
            client.events = events;
            self.entrance.doors().change(number, &client.socket, events);
        }
    }

    fn remove(&mut self, number: u64) {
        let Some(client) = self.clients.remove(&number) else { return };
        self.doors().remove(&client.socket);
        // A worker that is just being made may have a copy of it.
        let _ = shutdown(client.socket.as_raw_fd(), Shutdown::Both);
        self.entrance.somebody_left();
    }

    /// Those whose turn comes next stand in front.
    fn in_turn(&self) -> Vec<u64> {
        let has_task = |(number, client): (&u64, &Client)| client.has_task().then_some(*number);
        let after = self.clients.range(self.last_turn + 1..).filter_map(has_task);
        after.chain(self.clients.range(..=self.last_turn).filter_map(has_task)).collect()
    }
}

impl Front for Clients {
    fn next(&mut self) -> Option<Job> {
        for number in self.in_turn() {
            let Some(client) = self.clients.get_mut(&number) else { continue };
            match doors::state(client.socket.as_fd()) {
                State::Gone => self.remove(number),
                State::Full => {
                    client.is_stuck = true;
                    self.update(number);
                }
                State::Writable => {
                    let Some(mut job) = client.waiting.pop_front() else { continue };
                    job.client = Some(Arc::clone(&client.socket));
                    client.running += 1;
                    self.last_turn = number;
                    self.update(number);
                    return Some(job);
                }
            }
        }
        None
    }

    fn ended(&mut self, ended: Ended) -> Result<(), Failure> {
        let Ended { job, pid, answer, told } = ended;
        job.forget_effect();
        if let Some(client) = self.clients.get_mut(&job.owner) {
            client.running -= 1;
            if !told {
                client.tell(answer.line(&job.id, pid.as_raw(), job.attempt));
            }
            self.update(job.owner);
        }
        Ok(())
    }

    fn drain(&mut self) {
        if self.entrance.close() {
            self.is_draining = true;
            let numbers: Vec<u64> = self.clients.keys().copied().collect();
            numbers.into_iter().for_each(|number| self.update(number));
        }
    }

    fn is_done(&self, is_draining: bool) -> bool {
        is_draining && self.clients.values().all(|client| client.untold.is_empty())
    }
}

impl House for Clients {
    fn doors(&self) -> &Arc<Doors> {
        self.entrance.doors()
    }

    fn look(&mut self, door: u64, events: EpollFlags) {
        if door == ENTRANCE {
            return self.accept();
        }
        let Some(client) = self.clients.get_mut(&door) else { return };
        // Only who has closed both sides is gone: the end of the lines alone is EPOLLIN.
        let mut is_gone = events.intersects(EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR);
        if events.contains(EpollFlags::EPOLLOUT) {
            client.is_stuck = false;
        }
        if events.contains(EpollFlags::EPOLLIN) {
            is_gone |= client.input.receive(&client.socket).is_err();
        }
        if is_gone { self.remove(door) } else { self.update(door) }
    }
}

impl Client {
    fn new(socket: OwnedFd) -> Client {
        Client {
            socket: Arc::new(socket),
            input: Input::default(),
            ids: HashSet::new(),
            waiting: VecDeque::new(),
            running: 0,
            untold: VecDeque::new(),
            is_stuck: false,
            is_through: false,
            events: EpollFlags::EPOLLIN,
        }
    }

    /// Whether a task waits that may start.
    fn has_task(&self) -> bool {
        !self.waiting.is_empty() && !self.is_stuck
    }

    /// Whether all that was taken is answered.
    fn is_served(&self) -> bool {
        self.waiting.is_empty() && self.running == 0 && self.untold.is_empty()
    }

    /// Takes lines as long as there is room, and an answer could be told.
    fn take_lines(&mut self, number: u64, rules: &Rules) {
        while self.waiting.len() < rules.queue && !self.is_stuck {
            let Some(line) = self.input.line() else {
                self.is_through = self.input.has_ended();
                return;
            };
            match self.understand(number, &line, rules) {
                Ok(job) => self.waiting.push_back(job),
                Err(id) => self.tell(Answer::bad_task().line(&id, 0, 0)),
            }
        }
    }

    /// The task of a line, or the ID of one that is none.
    fn understand(&mut self, number: u64, line: &Line, rules: &Rules) -> Result<Job, Vec<u8>> {
        let (bytes, is_whole) = match line {
            Line::Whole(bytes) => (bytes, true),
            Line::TooLong(beginning) => (beginning, false),
        };
        let (id, text) = line::split(bytes).ok_or(line::NO_ID)?;
        let is_new = self.ids.insert(id.into());
        let parts = is_whole.then(|| parts(text, rules.parts)).flatten();
        let parts = parts.filter(|_| is_new).ok_or(id)?;
        Ok(Job::new(&rules.scope, number, id, parts))
    }

    /// What to wait for: its lines, if more may be taken and none is here; its reading, if it is stuck.
    fn wanted(&self, queue: usize, is_draining: bool) -> EpollFlags {
        let mut events = EpollFlags::empty();
        events.set(EpollFlags::EPOLLOUT, self.is_stuck && !(is_draining && self.untold.is_empty()));
        let wants_lines = self.waiting.len() < queue && !self.is_stuck;
        events.set(EpollFlags::EPOLLIN, wants_lines && !self.input.has_ended() && !is_draining);
        events
    }

    fn tell(&mut self, line: Vec<u8>) {
        self.untold.push_back(line);
        self.tell_rest();
    }

    /// Sends what its socket takes. (Each line is one packet, which goes as a whole or not at all.)
    fn tell_rest(&mut self) {
        while let Some(line) = self.untold.front().filter(|_| !self.is_stuck) {
            let flags = MsgFlags::MSG_NOSIGNAL | MsgFlags::MSG_DONTWAIT;
            if retry(|| send(self.socket.as_raw_fd(), line, flags)) == Err(Errno::EAGAIN) {
                self.is_stuck = true;
            } else {
                // Who is gone needs no answer.
                self.untold.pop_front();
            }
        }
    }
}

/// The parts of a line, if all are tasks when `0` stands for what is not known yet.
fn parts(text: &[u8], count: Option<usize>) -> Option<Vec<Vec<u8>>> {
    let Some(count) = count else { return Task::parse(text).map(|_| vec![text.to_vec()]) };
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(place) = rest.windows(3).position(|three| three == b" | ") {
        parts.push(rest[..place].to_vec());
        rest = &rest[place + 3..];
    }
    parts.push(rest.to_vec());
    let are_tasks = parts.iter().all(|part| Task::parse(&Job::fill(part, b"0")).is_some());
    (parts.len() == count && are_tasks).then_some(parts)
}
