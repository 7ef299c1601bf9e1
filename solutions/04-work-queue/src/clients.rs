// BEGIN SOLUTION
//! Clients that send task lines: what each has said, what of it waits, and whose turn it is.

use std::collections::{HashSet, VecDeque};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::rc::Rc;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{MsgFlags, send};

use crate::input::{Input, Line};
use crate::job::Job;
use crate::line::{Answer, NO_ID, split};
use crate::pool::replace;
use crate::task::Task;

/// One client.
#[derive(Debug)]
pub struct Client {
    /// Its number, which is never used again.
    pub number: u64,
    /// Its connection. Workers get copies.
    pub socket: Rc<OwnedFd>,
    input: Input,
    seen: HashSet<Vec<u8>>,
    waiting: VecDeque<Job>,
    /// So many of its tasks run.
    running: usize,
    /// What the boss itself has to say, and could not say yet.
    unsaid: Vec<u8>,
    /// It could go on if its socket took an answer.
    is_blocked: bool,
    is_gone: bool,
}

impl Client {
    fn new(number: u64, socket: OwnedFd) -> Client {
        Client {
            number,
            socket: Rc::new(socket),
            input: Input::default(),
            seen: HashSet::new(),
            waiting: VecDeque::new(),
            running: 0,
            unsaid: Vec::new(),
            is_blocked: false,
            is_gone: false,
        }
    }

    /// What to ask poll for. Nothing at all still tells that the client is gone.
    pub fn events(&self, queue: usize) -> PollFlags {
        let mut events = PollFlags::empty();
        events.set(
            PollFlags::POLLIN,
            self.waiting.len() < queue && !self.is_blocked && self.input.wants_more(),
        );
        events.set(PollFlags::POLLOUT, self.is_blocked || !self.unsaid.is_empty());
        events
    }

    /// Takes note of what poll says.
    pub fn look(&mut self, events: PollFlags) {
        // Its end is closed. A client that has only shut down its sending side gives end of file, and no POLLHUP.
        self.is_gone |= events.intersects(PollFlags::POLLHUP | PollFlags::POLLERR);
        if events.contains(PollFlags::POLLOUT) {
            self.is_blocked = false;
            self.flush();
        }
        if events.contains(PollFlags::POLLIN) {
            self.is_gone |= self.input.receive(&*self.socket).is_err();
        }
    }

    /// Whether an answer would find room now. If not, poll will tell when.
    fn takes_answers(&mut self) -> bool {
        let mut asked = [PollFd::new(self.socket.as_fd(), PollFlags::POLLOUT)];
        let takes = retry(|| poll(&mut asked, PollTimeout::ZERO)) == Ok(1) && self.unsaid.is_empty();
        self.is_blocked = !takes;
        takes
    }

    /// Says a line. Where the socket is full, it is said later.
    pub fn say(&mut self, line: &[u8]) {
        self.unsaid.extend_from_slice(line);
        self.flush();
    }

    fn flush(&mut self) {
        while !self.unsaid.is_empty() && !self.is_gone {
            let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
            match retry(|| send(self.socket.as_raw_fd(), &self.unsaid, flags)) {
                Ok(sent) => drop(self.unsaid.drain(..sent)),
                Err(Errno::EAGAIN) => break,
                Err(_) => self.is_gone = true,
            }
        }
    }

    /// Lines become tasks, as long as there is room.
    fn take_lines(&mut self, queue: usize, stages: usize) {
        while self.waiting.len() < queue {
            // A line may need an answer. A part of one does not; what is too long of it is dropped here.
            if !self.input.wants_more() && !self.takes_answers() {
                break;
            }
            let Some(line) = self.input.line() else { break };
            let (id, parts) = match &line {
                Line::TooLong(line) => (split(line).map(|(id, _)| id), None),
                Line::Whole(line) => match split(line) {
                    Some((id, text)) if !self.seen.contains(id) => (Some(id), parts(text, stages)),
                    other => (other.map(|(id, _)| id), None),
                },
            };
            self.seen.extend(id.map(<[u8]>::to_vec));
            match (id, parts) {
                (Some(id), Some(parts)) => {
                    let job = Job::new(self.number, id, parts);
                    self.waiting.push_back(Job { client: Some(Rc::clone(&self.socket)), ..job });
                }
                (id, _) => self.say(&Answer::bad_task().line(id.unwrap_or(NO_ID), 0, 0)),
            }
        }
    }

    /// Nothing of it is left to do.
    fn is_done(&self) -> bool {
        self.is_gone
            || (self.input.is_exhausted()
                && self.waiting.is_empty()
                && self.running == 0
                && self.unsaid.is_empty())
    }
}

/// The parts of a task, if it has one for each stage and each may be a task.
fn parts(text: &[u8], stages: usize) -> Option<Vec<Vec<u8>>> {
    if stages == 1 {
        return Task::parse(text).map(|_| vec![text.to_vec()]);
    }
    let text = std::str::from_utf8(text).ok()?;
    let parts: Vec<Vec<u8>> = text.split(" | ").map(|part| part.as_bytes().to_vec()).collect();
    let is_task = |part: &Vec<u8>| Task::parse(&replace(part, b"0")).is_some();
    (parts.len() == stages && parts.iter().all(is_task)).then_some(parts)
}

/// All clients, and whose turn it is.
#[derive(Debug, Default)]
pub struct Clients {
    all: Vec<Client>,
    /// Who comes first when the next worker is free.
    turn: usize,
    made: u64,
}

impl Clients {
    /// A new client has connected.
    pub fn add(&mut self, socket: OwnedFd) {
        self.made += 1;
        self.all.push(Client::new(self.made, socket));
    }

    /// All clients that are there.
    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.all.iter()
    }

    /// The client of this number, if it is still there.
    pub fn get(&mut self, number: u64) -> Option<&mut Client> {
        self.all.iter_mut().find(|client| client.number == number)
    }

    /// Takes the lines of all clients that have room.
    pub fn take_lines(&mut self, queue: usize, stages: usize) {
        self.all.iter_mut().for_each(|client| client.take_lines(queue, stages));
    }

    /// The next task: the turn goes round among those who have one waiting.
    pub fn next_job(&mut self) -> Option<Job> {
        for step in 0..self.all.len() {
            let place = (self.turn + step) % self.all.len();
            let client = &mut self.all[place];
            if client.waiting.is_empty() || !client.takes_answers() {
                continue;
            }
            self.turn = place + 1;
            client.running += 1;
            return client.waiting.pop_front();
        }
        None
    }

    /// A task of this client has its answer.
    pub fn has_answer(&mut self, number: u64) {
        if let Some(client) = self.get(number) {
            client.running -= 1;
        }
    }

    /// Lets go of the clients that are gone or done. Whether there were any.
    pub fn remove_done(&mut self) -> bool {
        let before = self.all.len();
        while let Some(place) = self.all.iter().position(Client::is_done) {
            self.all.remove(place);
            // The turn stays with whom it was.
            self.turn -= usize::from(place < self.turn);
        }
        self.all.len() < before
    }
}
// END SOLUTION
