//! The sequential server: one client at a time, from its first byte to its last.
//!
//! Easy to read, and right for each client alone. But while one client is silent this process sleeps in recv, *for that
//! client*; every other one waits in the queue, connected and unanswered. `poll.rs` is the cure.

use crate::book::{Book, LINE_LIMIT};
use crate::line::LineBuffer;
use crate::{listen, peer, stream};
use anyhow::{Context, Result};
use std::convert::Infallible;
use std::os::fd::{AsFd, OwnedFd};

/// Serves one client after the other, for ever. A client that breaks the connection ends its own conversation only.
///
/// # Errors
/// When accept fails: nobody can be served then.
pub fn serve(listener: impl AsFd, book: &mut Book) -> Result<Infallible> {
    loop {
        let client = listen::accept(&listener).context("accept a client")?;
        if let Err(error) = converse(&client, book) {
            eprintln!("client-server: a client: {error:#}");
        }
    }
}

fn converse(client: &OwnedFd, book: &mut Book) -> Result<()> {
    let who = peer::peer(client)?;
    let (mut lines, mut part) = (LineBuffer::new(LINE_LIMIT), [0; 4096]);
    loop {
        while let Some(request) = lines.next_line() {
            let answer = book.answer(request, who);
            stream::send_all(client, answer.text.as_bytes()).context("send an answer")?;
            if answer.is_last {
                return Ok(());
            }
        }
        match stream::receive(client, &mut part).context("receive a request")? {
            0 => break,
            count => lines.push(&part[..count]),
        }
    }
    if lines.is_inside_a_line() {
        stream::send_all(client, Book::cut_short().text.as_bytes()).context("send an answer")?;
    }
    Ok(())
}
