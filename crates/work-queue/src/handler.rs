//! The handler: answers everything that one client asks. All three forms of the server call it, and it knows none.

use crate::answer::{Head, Status};
use crate::connection::{Connection, Next};
use crate::files::{Found, Root};
use crate::quit::Quit;
use crate::request::{Method, Request};
use anyhow::Result;
use nix::sys::socket::{MsgFlags, send};
use std::fs::File;
use std::io::{self, Write};
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::time::Duration;

/// Bytes of a file that are held in memory at a time.
const PART: usize = 64 << 10;

/// How long a client may take to send a request, and to take a part of an answer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Answers from the files of one folder.
#[derive(Debug)]
pub struct Handler {
    root: Root,
    patience: Duration,
}

impl Handler {
    /// Serves the files below `root` to clients that have `patience`; see [`PATIENCE`].
    ///
    /// # Errors
    /// When `root` is no folder.
    pub fn new(root: &Path, patience: Duration) -> Result<Self> {
        Ok(Self { root: Root::open(root)?, patience })
    }

    /// Answers request after request, in their order, until the client or a mistake ends the connection.
    ///
    /// A client that goes away in the middle is no error of the server, so there is nothing to return.
    pub fn converse(&self, client: &TcpStream, quit: &Quit) {
        // What is sent is a whole answer, so there is nothing to wait for: no delay (Nagle's algorithm).
        if client.set_write_timeout(Some(self.patience)).and_then(|()| client.set_nodelay(true)).is_err() {
            return;
        }
        let mut connection = Connection::new(client, self.patience, quit);
        loop {
            let sent = match connection.next_request() {
                Next::Request(request) => self.answer(client, &request),
                Next::Refused(status) => refuse(client, status).map(|()| true),
                Next::End => return,
            };
            match sent {
                Ok(false) => {}
                Ok(true) => return connection.close_gently(),
                Err(_) => return,
            }
        }
    }

    /// Sends the answer, and says whether the connection ends with it.
    fn answer(&self, client: &TcpStream, request: &Request) -> io::Result<bool> {
        let close = !request.keep_alive;
        let head = |status, length, kind| Head { status, length, kind, location: None, close };
        match self.root.find(&request.path) {
            Ok(Found::File(file, length, kind)) => {
                let body = (request.method == Method::Get).then_some(file);
                send_file(client, &head(Status::OK, length, kind), body)?;
            }
            Ok(Found::Folder) => {
                let last = request.target.rsplit('/').next().unwrap_or_default();
                let head = Head {
                    location: Some(format!("./{last}/")),
                    ..head(Status::MOVED_PERMANENTLY, 0, "text/plain")
                };
                (&mut &*client).write_all(&head.to_bytes())?;
            }
            Err(status) => send_words(client, status, request.method == Method::Get, close)?,
        }
        Ok(close)
    }
}

/// Answers with a status and nothing else, and says that the connection ends: for what was no request, and for a
/// server that cannot serve now.
///
/// # Errors
/// When the client has gone.
pub fn refuse(client: &TcpStream, status: Status) -> io::Result<()> {
    send_words(client, status, true, true)
}

fn send_words(mut client: &TcpStream, status: Status, with_body: bool, close: bool) -> io::Result<()> {
    let body = format!("{} {}\n", status.0, status.1);
    let kind = "text/plain; charset=utf-8";
    let mut bytes = Head { status, length: body.len() as u64, kind, location: None, close }.to_bytes();
    if with_body {
        bytes.extend(body.bytes());
    }
    client.write_all(&bytes)
}

/// send, read, write—The head, then the file, part by part: memory does not grow with the file.
fn send_file(mut client: &TcpStream, head: &Head, body: Option<File>) -> io::Result<()> {
    let bytes = head.to_bytes();
    let Some(body) = body.filter(|_| head.length > 0) else { return client.write_all(&bytes) };
    // "More comes": the head waits for the file's first bytes and leaves in one packet with them.
    let more = MsgFlags::from_bits_retain(libc::MSG_MORE);
    let sent = ipc_kit::retry(|| send(client.as_raw_fd(), &bytes, more))?;
    client.write_all(&bytes[sent..])?;
    // Not more than was promised if the file grew meanwhile. If it shrank, only the end of the connection can say so.
    let most = |left| usize::try_from(left).map_or(PART, |left| left.min(PART));
    let (mut left, mut part) = (head.length, vec![0; most(head.length)]);
    while left > 0 {
        match ipc_kit::retry(|| nix::unistd::read(&body, &mut part[..most(left)]))? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            count => {
                client.write_all(&part[..count])?;
                left -= count as u64;
            }
        }
    }
    Ok(())
}
