//! `pool serve --tcp`: files over HTTP. The boss collects requests, a worker answers the client itself.

use std::path::Path;

use crate::channel::Message;
use crate::failure::Failure;
use crate::line::Answer;
use crate::options::Web;

// BEGIN SOLUTION
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::rc::Rc;

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::poll::PollFlags;

use crate::http::{Request, head};
use crate::input::Input;
use crate::job::{Job, Order};
use crate::listen;
use crate::options::Stage;
use crate::pool::{Ended, Plan, Pool};
use crate::run::TERMINATED;
use crate::serve::ready;
use crate::signals::Terminations;
use crate::watch::{Watch, What};
// END SOLUTION

/// Serves until SIGTERM.
///
/// # Errors
/// What keeps pool from starting.
pub fn run(options: &Web) -> Result<u8, Failure> {
    // BEGIN SOLUTION
    let terminations = Terminations::new()?;
    let root = options.root.canonicalize();
    let root = root.map_err(|error| Failure::io(options.root.display().to_string(), &error))?;
    let (listener, address) = listen::tcp(options.address)?;
    let stages = vec![Stage { name: String::new(), workers: options.workers }];
    let pool = Pool::start(Plan { stages, root: Some(root), ..Plan::default() })?;
    ready(&address.to_string())?;
    let mut server = Server {
        pool,
        terminations,
        listener,
        all: Vec::new(),
        turn: 0,
        made: 0,
        is_full: false,
        ending: None,
    };
    while !(server.ending.is_some() && server.pool.is_empty()) {
        if let Err(failure) = server.step() {
            failure.complain();
            server.end_with(failure.status);
        }
    }
    server.pool.finish();
    Ok(server.ending.unwrap_or(0))
    // END SOLUTION
    // STUB: todo!("M9: serve files over HTTP")
}
// BEGIN SOLUTION

/// One client.
struct Connection {
    number: u64,
    socket: Rc<OwnedFd>,
    input: Input,
    /// A worker has its request. The next one waits, so answers come in order.
    is_busy: bool,
    is_over: bool,
}

struct Server {
    pool: Pool,
    terminations: Terminations,
    listener: TcpListener,
    all: Vec<Connection>,
    turn: usize,
    made: u64,
    is_full: bool,
    ending: Option<u8>,
}

impl Server {
    fn end_with(&mut self, status: u8) {
        self.ending.get_or_insert(status);
        self.pool.is_draining = true;
    }

    fn step(&mut self) -> Result<(), Failure> {
        let Self { pool, all, turn, .. } = self;
        pool.dispatch(|| next(all, turn))?;
        let before = all.len();
        all.retain(|connection| connection.is_busy || !connection.is_over);
        self.is_full &= self.all.len() == before;
        if self.ending.is_some() && self.pool.is_empty() { Ok(()) } else { self.wait() }
    }

    fn wait(&mut self) -> Result<(), Failure> {
        let mut watch = Watch::of(&self.pool);
        watch.add(What::Termination, self.terminations.as_fd(), PollFlags::POLLIN);
        if self.ending.is_none() {
            if !self.is_full {
                watch.add(What::Listener, self.listener.as_fd(), PollFlags::POLLIN);
            }
            // One whose request is being answered, or waits for a worker, has nothing to say that we want to hear.
            for connection in self.all.iter().filter(|connection| connection.wants_more()) {
                watch.add(What::Client(connection.number), connection.socket.as_fd(), PollFlags::POLLIN);
            }
        }
        for (what, _) in watch.wait(None)? {
            match what {
                What::Worker(pid) => {
                    let ended = self.pool.look_at(pid)?;
                    ended.iter().for_each(|ended| self.answered(ended));
                }
                What::Termination if self.terminations.take()? => self.end_with(TERMINATED),
                What::Listener => self.accept()?,
                What::Client(number) => {
                    if let Some(connection) = self.get(number) {
                        connection.receive();
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn get(&mut self, number: u64) -> Option<&mut Connection> {
        self.all.iter_mut().find(|connection| connection.number == number)
    }

    /// `ok` means that the connection stays open; a worker that has died has answered half, or not at all.
    fn answered(&mut self, ended: &Ended) {
        if let Some(connection) = self.get(ended.job.owner) {
            connection.is_busy = false;
            connection.is_over |= !ended.answer.ok;
        }
    }

    fn accept(&mut self) -> Result<(), Failure> {
        match self.listener.accept() {
            Ok((socket, _)) => {
                // Head and body are two sends: the second must not wait for the client's word on the first. If that
                // cannot be had, it does.
                let _ = socket.set_nodelay(true);
                self.made += 1;
                let (number, socket) = (self.made, Rc::new(socket.into()));
                self.all.push(Connection {
                    number,
                    socket,
                    input: Input::default(),
                    is_busy: false,
                    is_over: false,
                });
            }
            Err(error) if crate::serve::no_room(&error) => self.is_full = true,
            Err(error) if crate::serve::is_harmless(&error) => {}
            Err(error) => return Err(Failure::io("accept", &error)),
        }
        Ok(())
    }
}

impl Connection {
    fn wants_more(&self) -> bool {
        !self.is_busy && !self.is_over && Request::parse(self.input.bytes()).is_none()
    }

    fn receive(&mut self) {
        let received = self.input.receive(&*self.socket);
        // A client that has ended gets the answers to what it had asked for.
        self.is_over |= received.is_err() || (self.input.has_ended() && self.wants_more());
    }

    /// Its next request, if it is here as a whole.
    fn request(&mut self) -> Option<Job> {
        if self.is_busy || self.is_over {
            return None;
        }
        let Some((request, length)) = Request::parse(self.input.bytes()) else {
            self.is_over = self.input.has_ended();
            return None;
        };
        self.input.take(length);
        self.is_busy = true;
        let job = Job::new(self.number, b"-", vec![request.encode()]);
        Some(Job { client: Some(Rc::clone(&self.socket)), ..job })
    }
}

/// The next request: the turn goes round.
fn next(all: &mut [Connection], turn: &mut usize) -> Option<Job> {
    (0..all.len()).find_map(|step| {
        let place = (*turn + step) % all.len();
        let job = all[place].request()?;
        *turn = place + 1;
        Some(job)
    })
}
// END SOLUTION

/// In a worker: answers the request on the connection that came with it. `ok` means that the connection stays open.
pub fn answer(root: &Path, message: Message) -> Answer {
    // BEGIN SOLUTION
    let request = Order::decode(&message.bytes).and_then(|order| Request::decode(&order.text));
    let (Some(request), Some(client)) = (request, message.descriptor) else { return Answer::bad_task() };
    match respond(root, &request, client) {
        Ok(true) => Answer::ok(""),
        // The client is gone, or has got less than it was promised.
        Ok(false) | Err(_) => Answer::fail(""),
    }
    // END SOLUTION
    // STUB: todo!("M9: answer the request")
}
// BEGIN SOLUTION

/// Whether the connection stays open.
fn respond(root: &Path, request: &Request, client: OwnedFd) -> io::Result<bool> {
    let mut client = TcpStream::from(client);
    let found = if request.status == 200 { open_below(root, &request.target) } else { None };
    let status = if found.is_none() && request.status == 200 { 404 } else { request.status };
    let length = found.as_ref().map_or(0, |(_, length)| *length);
    client.write_all(&head(status, length, request.keep))?;
    let Some((file, length)) = found.filter(|_| !request.head_only) else { return Ok(request.keep) };
    // From a file to a socket std copies by sendfile(2). A file that has become shorter breaks the promise.
    let sent = io::copy(&mut file.take(length), &mut client)?;
    Ok(request.keep && sent == length)
}

/// A regular file below `root`, and its length. The kernel sees to "below": no `..` and no link leads out.
fn open_below(root: &Path, target: &[u8]) -> Option<(File, u64)> {
    let relative = std::str::from_utf8(target).ok()?.trim_start_matches('/');
    let folder = File::open(root).ok()?;
    // A FIFO must not be waited for.
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let how = OpenHow::new().flags(flags).resolve(ResolveFlag::RESOLVE_BENEATH);
    let file = File::from(openat2(&folder, relative, how).ok()?);
    let meta = file.metadata().ok()?;
    meta.is_file().then_some((file, meta.len()))
}
// END SOLUTION
