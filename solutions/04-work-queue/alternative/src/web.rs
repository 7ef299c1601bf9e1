//! `pool serve --tcp`: files over HTTP. The boss collects requests, a worker answers the client itself (`site.rs`).

use std::collections::{BTreeMap, VecDeque};
use std::net::TcpListener;
use std::os::fd::{AsRawFd, OwnedFd};
use std::sync::Arc;

use nix::errno::Errno;
use nix::sys::epoll::EpollFlags;
use nix::sys::socket::{Shutdown, shutdown};

use crate::boss::{Body, Boss};
use crate::doors::{self, Doors, ENTRANCE, Entrance, House};
use crate::failure::Failure;
use crate::http::{LONGEST_HEAD, Request};
use crate::input::Input;
use crate::job::Job;
use crate::listen;
use crate::options::{Stage, Web};
use crate::pool::{Ended, Front, Plan};
use crate::serve::start;
use crate::signals;

/// All connections.
#[derive(Debug)]
struct Visitors {
    scope: Arc<str>,
    entrance: Entrance,
    visitors: BTreeMap<u64, Visitor>,
    /// The number of the one who came last.
    newest: u64,
    /// Requests that wait, one for each connection at most.
    waiting: VecDeque<Job>,
}

#[derive(Debug)]
struct Visitor {
    socket: Arc<OwnedFd>,
    input: Input,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Its next request has not come as a whole.
    Asks,
    /// Its request waits, or a worker has it.
    IsAnswered,
    /// It has its last answer. What it still sends is thrown away: to close now would reset the connection, and the
    /// answer might be lost.
    Lingers,
}

/// Serves until SIGTERM.
///
/// # Errors
/// What keeps pool from starting.
pub fn run(options: &Web) -> Result<u8, Failure> {
    signals::hold().map_err(|errno| Failure::system("signal", errno))?;
    let root = options
        .root
        .metadata()
        .and_then(|meta| if meta.is_dir() { Ok(options.root.clone()) } else { Err(Errno::ENOTDIR.into()) });
    let root = root.map_err(|error| Failure::io(options.root.display().to_string(), &error))?;
    let (listener, address) = listen::tcp(options.address)?;
    let visitors = Visitors::new(listener)?;
    let stage = Stage { name: String::new(), workers: options.workers };
    // An answer that has begun cannot be begun again: no retries.
    let pool =
        start(Plan { stages: vec![stage], root: Some(root), ..Plan::default() }, &address.to_string())?;
    let bodies: [Body<Visitors>; 1] = [("doorkeeper".to_owned(), Box::new(doors::keep))];
    let (_, status) = Boss::run(pool, visitors, bodies.into())?;
    Ok(status)
}

impl Visitors {
    fn new(listener: TcpListener) -> Result<Visitors, Failure> {
        let entrance = Entrance::new(listener.into())?;
        let (visitors, waiting) = (BTreeMap::new(), VecDeque::new());
        Ok(Visitors { scope: "".into(), entrance, visitors, newest: ENTRANCE, waiting })
    }

    fn welcome(&mut self, socket: OwnedFd) {
        self.newest += 1;
        let input = Input::with_room(2 * LONGEST_HEAD);
        let visitor = Visitor { socket: Arc::new(socket), input, phase: Phase::Asks };
        if self.doors().add(self.newest, &visitor.socket, EpollFlags::EPOLLIN).is_ok() {
            self.visitors.insert(self.newest, visitor);
        }
    }

    /// Queues the next request, if it has come as a whole.
    fn ask(&mut self, number: u64) {
        let Some(visitor) = self.visitors.get_mut(&number) else { return };
        if let Some((request, length)) = Request::parse(visitor.input.bytes()) {
            visitor.input.take(length);
            let mut job = Job::new(&self.scope, number, b"", vec![request.encode()]);
            job.client = Some(Arc::clone(&visitor.socket));
            self.waiting.push_back(job);
            self.wait_for(number, Phase::IsAnswered);
        } else if visitor.input.has_ended() {
            self.remove(number);
        } else {
            self.wait_for(number, Phase::Asks);
        }
    }

    fn wait_for(&mut self, number: u64, phase: Phase) {
        let Some(visitor) = self.visitors.get_mut(&number) else { return };
        if visitor.phase != phase {
            visitor.phase = phase;
            let events = if phase == Phase::IsAnswered { EpollFlags::empty() } else { EpollFlags::EPOLLIN };
            self.entrance.doors().change(number, &visitor.socket, events);
        }
    }

    fn linger(&mut self, number: u64) {
        let Some(visitor) = self.visitors.get_mut(&number) else { return };
        let _ = shutdown(visitor.socket.as_raw_fd(), Shutdown::Write);
        if visitor.input.has_ended() {
            self.remove(number);
        } else {
            self.wait_for(number, Phase::Lingers);
        }
    }

    fn remove(&mut self, number: u64) {
        let Some(visitor) = self.visitors.remove(&number) else { return };
        self.doors().remove(&visitor.socket);
        // A worker that is just being made may have a copy of it.
        let _ = shutdown(visitor.socket.as_raw_fd(), Shutdown::Both);
        self.entrance.somebody_left();
    }
}

impl Front for Visitors {
    fn next(&mut self) -> Option<Job> {
        self.waiting.pop_front()
    }

    fn ended(&mut self, ended: Ended) -> Result<(), Failure> {
        let number = ended.job.owner;
        let is_refused = Request::decode(ended.job.text()).is_none_or(|request| request.status != 200);
        if ended.answer.ok {
            self.ask(number);
        } else if ended.told && is_refused {
            self.linger(number);
        } else {
            self.remove(number);
        }
        Ok(())
    }

    fn drain(&mut self) {
        if self.entrance.close() {
            for (&number, visitor) in &self.visitors {
                self.entrance.doors().change(number, &visitor.socket, EpollFlags::empty());
            }
        }
    }

    fn is_done(&self, is_draining: bool) -> bool {
        is_draining
    }
}

impl House for Visitors {
    fn doors(&self) -> &Arc<Doors> {
        self.entrance.doors()
    }

    fn look(&mut self, door: u64, events: EpollFlags) {
        if door == ENTRANCE {
            while let Some(socket) = self.entrance.admit() {
                self.welcome(socket);
            }
            return;
        }
        let Some(visitor) = self.visitors.get_mut(&door) else { return };
        if events.intersects(EpollFlags::EPOLLHUP | EpollFlags::EPOLLERR)
            || visitor.input.receive(&visitor.socket).is_err()
        {
            self.remove(door);
        } else if visitor.phase == Phase::Lingers {
            visitor.input.take(visitor.input.bytes().len());
            if visitor.input.has_ended() {
                self.remove(door);
            }
        } else if visitor.phase == Phase::Asks {
            self.ask(door);
        }
    }
}
