//! Form 3: a pool of processes, made at the start. Each worker is the server of form 1, on the same listener.
//!
//! ```text
//!                              ┌──► worker: accept ─ handle ─ accept ─ …
//!   clients ──► [backlog] ─────┼──► worker: accept ─ handle ─ …            the boss only counts them
//!                              └──► worker: …                              and replaces the dead
//! ```
//!
//! No queue is to be seen, and no dispatcher: the backlog is the queue, and the kernel gives each client to the
//! worker that has slept longest in accept.

use crate::children::Children;
use crate::handler::Handler;
use crate::news::{Event, News};
use crate::one;
use anyhow::{Result, ensure};
use nix::sys::wait::WaitStatus;
use std::net::TcpListener;

/// The workers, and what their boss needs to keep them that many.
pub struct Pool<'a> {
    news: News,
    workers: Children,
    size: usize,
    listener: &'a TcpListener,
    handler: &'a Handler,
}

impl<'a> Pool<'a> {
    /// Starts `size` workers. After this, as long as none dies, no process is made any more.
    ///
    /// # Errors
    /// When a worker cannot be started.
    pub fn start(listener: &'a TcpListener, handler: &'a Handler, size: usize) -> Result<Self> {
        let mut pool =
            Self { news: News::subscribe()?, workers: Children::default(), size, listener, handler };
        pool.fill()?;
        Ok(pool)
    }

    /// Serves until SIGTERM, and puts a new worker in the place of each that a crash has ended.
    ///
    /// # Errors
    /// When a worker ended with an error of its own: a new one would only have the same.
    pub fn serve(mut self) -> Result<()> {
        loop {
            match self.news.wait(None)? {
                Event::ChildrenEnded => self.replace()?,
                Event::Client => {}
                Event::Stop => return Ok(()), // Dropping the workers ends them.
            }
        }
    }

    fn replace(&mut self) -> Result<()> {
        for end in self.workers.reap()? {
            ensure!(!matches!(end, WaitStatus::Exited(_, 1)), "a worker cannot work");
            match end {
                WaitStatus::Signaled(pid, signal, _) => eprintln!("work-queue: {signal} killed worker {pid}"),
                WaitStatus::Exited(pid, code) => eprintln!("work-queue: worker {pid} ended with code {code}"),
                _ => {}
            }
        }
        self.fill()
    }

    fn fill(&mut self) -> Result<()> {
        while self.workers.count() < self.size {
            self.workers.start(|quit| one::serve(self.listener, self.handler, quit))?;
        }
        Ok(())
    }
}
