//! In a worker: files over HTTP, sent to the client itself. See `openat2(2)`, `send(2)`.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use ipc_kit::retry;
use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::sys::socket::{MsgFlags, send};

use crate::channel::Message;
use crate::http::{Request, head};
use crate::job::Order;
use crate::line::Answer;

/// So much of a file is in memory at once.
const MOST: u64 = 64 << 10;

/// Answers the request on the connection that came with it. `ok` means that the connection stays open.
pub fn answer(root: &Path, message: Message) -> Answer {
    let order = Order::decode(&message.bytes);
    let request = order.and_then(|order| Request::decode(&order.text));
    let (Some(request), Some(client)) = (request, message.descriptor) else {
        return Answer::fail("no request");
    };
    match respond(root, &request, &client) {
        Ok(()) if request.keep => Answer::ok("stays"),
        Ok(()) => Answer::fail("closes"),
        Err(errno) => Answer::fail(errno.desc()),
    }
}

fn respond(root: &Path, request: &Request, client: &OwnedFd) -> nix::Result<()> {
    if request.status != 200 {
        return send_all(client, &head(request.status, 0, request.keep));
    }
    match find(root, &request.target) {
        Err(_) => send_all(client, &head(404, 0, request.keep)),
        Ok((_, length)) if request.head_only => send_all(client, &head(200, length, request.keep)),
        Ok((file, length)) => send_file(client, head(200, length, request.keep), &file, length),
    }
}

/// The regular file of a target, and its length. The kernel sees to it that no step leads out of `root`.
fn find(root: &Path, target: &[u8]) -> nix::Result<(File, u64)> {
    let root = File::open(root).map_err(errno)?;
    let slashes = target.iter().take_while(|&&byte| byte == b'/').count();
    // To open a FIFO must not wait.
    let flags = OFlag::O_RDONLY | OFlag::O_CLOEXEC | OFlag::O_NONBLOCK | OFlag::O_NOCTTY;
    let how = OpenHow::new().flags(flags);
    let how = how.resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_MAGICLINKS);
    let file = File::from(retry(|| openat2(root.as_fd(), &target[slashes..], how))?);
    let meta = file.metadata().map_err(errno)?;
    if meta.is_file() { Ok((file, meta.len())) } else { Err(Errno::ENOENT) }
}

/// Sends the head, and exactly so many bytes. A file that has become shorter ends the connection: the client would wait
/// for the rest.
fn send_file(client: &OwnedFd, head: Vec<u8>, mut file: &File, length: u64) -> nix::Result<()> {
    let (mut bytes, mut rest) = (head, length);
    loop {
        // The head and the first bytes go together: a packet of its own for the head would wait for its receipt.
        let got = file.by_ref().take(rest.min(MOST)).read_to_end(&mut bytes).map_err(errno)?;
        send_all(client, &bytes)?;
        rest -= got as u64;
        if rest == 0 {
            return Ok(());
        } else if got == 0 {
            return Err(Errno::ENODATA);
        }
        bytes.clear();
    }
}

fn send_all(client: &OwnedFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        let sent = retry(|| send(client.as_raw_fd(), bytes, MsgFlags::MSG_NOSIGNAL))?;
        bytes = &bytes[sent..];
    }
    Ok(())
}

fn errno(error: std::io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or_default())
}
