//! Form 2: a process for each connection. The boss accepts and forks; the child answers and ends.
//!
//! ```text
//!   clients ──► [backlog] ──► boss: accept ─ fork ─ accept ─ fork ─ …
//!                                             └ child: handle, end
//! ```
//!
//! Per *connection*, not per request: one connection carries many requests, and whoever holds it can answer them
//! all. A process per request would need the boss to read requests, and one slow sender would stop it again.

use crate::answer::Status;
use crate::children::Children;
use crate::handler::{self, Handler};
use crate::news::{Event, News};
use anyhow::{Context, Result};
use std::io::ErrorKind;
use std::net::{TcpListener, TcpStream};

/// Serves until SIGTERM, with at most `most` children at a time; when they are that many, clients wait in the backlog.
/// `news` was subscribed to before anybody could send a signal.
///
/// # Errors
/// When accept fails for a reason that will not go away.
pub fn serve(listener: &TcpListener, handler: &Handler, most: usize, news: &News) -> Result<()> {
    // The client that poll announced may have gone before accept: without this, accept would wait for another.
    listener.set_nonblocking(true).context("make the listener non-blocking")?;
    let mut children = Children::default();
    loop {
        match news.wait((children.count() < most).then_some(listener))? {
            Event::Client => {
                if let Some(client) = accept(listener)? {
                    start(&mut children, handler, client);
                }
            }
            Event::ChildrenEnded => drop(children.reap()?),
            Event::Stop => return Ok(()), // Dropping the children ends them.
        }
    }
}

fn accept(listener: &TcpListener) -> Result<Option<TcpStream>> {
    match listener.accept() {
        Ok((client, _)) => Ok(Some(client)),
        Err(error) => match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::ConnectionAborted | ErrorKind::Interrupted => Ok(None),
            _ => Err(error).context("accept a client"),
        },
    }
}

/// The boss's copy of the connection is closed at the end: else the client would never see its end.
fn start(children: &mut Children, handler: &Handler, client: TcpStream) {
    let started = children.start(|quit| {
        handler.converse(&client, quit);
        Ok(())
    });
    if let Err(error) = started {
        eprintln!("work-queue: {error:#}");
        // The client may have gone already: then nobody is there to be told.
        handler::refuse(&client, Status::UNAVAILABLE).ok();
    }
}
