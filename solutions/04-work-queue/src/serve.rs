//! `pool serve --unix`: task lines from clients, which the workers answer themselves.

use std::io::{self, Write};

use crate::failure::Failure;
use crate::options::Lines;

// BEGIN SOLUTION
use std::os::fd::AsFd;

use nix::libc;
use nix::poll::PollFlags;

use crate::clients::Clients;
use crate::job::Job;
use crate::listen::Named;
use crate::pool::{Ended, Plan, Pool};
use crate::run::{TERMINATED, forget};
use crate::signals::Terminations;
use crate::watch::{Watch, What};
// END SOLUTION

/// Serves until SIGTERM.
///
/// # Errors
/// What keeps pool from starting.
pub fn run(options: &Lines) -> Result<u8, Failure> {
    // BEGIN SOLUTION
    let terminations = Terminations::new()?;
    let listener = Named::new(&options.path)?;
    // Room for none would let nobody in.
    let queue = options.queue.max(1);
    let stages = options.stages.clone();
    let pool = Pool::start(Plan { stages, queue, retries: options.retries, ..Plan::default() })?;
    ready(&format!("unix:{}", options.path.display()))?;
    let clients = Clients::default();
    let mut server = Server {
        pool,
        terminations,
        listener,
        clients,
        queue,
        stages: options.stages.len(),
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
    // STUB: todo!("M9: serve task lines on a Unix socket")
}

/// Tells that clients may come.
///
/// # Errors
/// When nobody can be told.
pub fn ready(address: &str) -> Result<(), Failure> {
    let told = io::stdout().write_all(format!("ready {address}\n").as_bytes());
    told.map_err(|error| Failure::io("stdout", &error))
}
// BEGIN SOLUTION

struct Server {
    pool: Pool,
    terminations: Terminations,
    listener: Named,
    clients: Clients,
    queue: usize,
    stages: usize,
    /// No descriptor is left for another client.
    is_full: bool,
    ending: Option<u8>,
}

impl Server {
    fn end_with(&mut self, status: u8) {
        self.ending.get_or_insert(status);
        self.pool.is_draining = true;
    }

    fn step(&mut self) -> Result<(), Failure> {
        let Self { pool, clients, queue, stages, .. } = self;
        let mut has_moved = true;
        // A task that starts makes room for a line, for which another worker may be idle.
        while std::mem::take(&mut has_moved) {
            if self.ending.is_none() {
                clients.take_lines(*queue, *stages);
            }
            pool.dispatch(|| clients.next_job().inspect(|_| has_moved = true))?;
        }
        if clients.remove_done() {
            self.is_full = false;
        }
        // SIGTERM may have come when nothing ran.
        if self.ending.is_some() && self.pool.is_empty() { Ok(()) } else { self.wait() }
    }

    fn wait(&mut self) -> Result<(), Failure> {
        let mut watch = Watch::of(&self.pool);
        watch.add(What::Termination, self.terminations.as_fd(), PollFlags::POLLIN);
        if self.ending.is_none() {
            if !self.is_full {
                watch.add(What::Listener, self.listener.as_fd(), PollFlags::POLLIN);
            }
            for client in self.clients.iter() {
                watch.add(What::Client(client.number), client.socket.as_fd(), client.events(self.queue));
            }
        }
        for (what, events) in watch.wait(None)? {
            match what {
                What::Worker(pid) => {
                    let ended = self.pool.look_at(pid)?;
                    ended.iter().for_each(|ended| self.answered(ended));
                }
                What::Termination if self.terminations.take()? => self.end_with(TERMINATED),
                What::Listener => self.accept()?,
                What::Client(number) => {
                    if let Some(client) = self.clients.get(number) {
                        client.look(events);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn answered(&mut self, ended: &Ended) {
        let Ended { job, pid, answer, by_worker } = ended;
        for part in 0..=job.part {
            forget(&Job { part, ..job.clone() });
        }
        self.clients.has_answer(job.owner);
        if let Some(client) = self.clients.get(job.owner).filter(|_| !by_worker) {
            client.say(&answer.line(&job.id, pid.as_raw(), job.attempt));
        }
    }

    fn accept(&mut self) -> Result<(), Failure> {
        match self.listener.accept() {
            Ok(socket) => self.clients.add(socket),
            Err(error) if no_room(&error) => self.is_full = true,
            Err(error) if is_harmless(&error) => {}
            Err(error) => return Err(Failure::io("accept", &error)),
        }
        Ok(())
    }
}

/// No descriptor is left: until one is closed, asking again would be a loop.
pub(crate) fn no_room(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EMFILE | libc::ENFILE | libc::ENOMEM | libc::ENOBUFS))
}

/// The client is gone before it was accepted.
pub(crate) fn is_harmless(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(libc::EAGAIN | libc::ECONNABORTED | libc::EINTR | libc::EPROTO))
}
// END SOLUTION
