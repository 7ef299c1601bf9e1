//! Claim: the boss adds to a request who sent it, and the worker answers the client directly.
//!
//! The boss asks for nobody in particular: `pid = Receive(message)`, asymmetric addressing. The kernel says who the
//! sender is, and where its mailbox is. The boss passes both on and is free for the next request at once.
//!
//! Usage: cargo run -q -p work-queue --example the_worker_answers_the_client_itself
//! See also: `unix(7)` (SCM_CREDENTIALS), `recvmsg(2)`

use anyhow::{Context, Result, bail};
use nix::sys::socket::sockopt::PassCred;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, UnixAddr, UnixCredentials, recv, recvmsg, send, setsockopt,
};
use nix::unistd::Pid;
use std::io::IoSliceMut;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use work_queue::crew::Crew;

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    let place = |name: &str| folder.path().join(name);
    let boss = UnixDatagram::bind(place("boss")).context("bind the boss's socket")?;
    setsockopt(&boss, PassCred, &true).context("ask for the sender of each message")?;
    let mut crew = Crew::default();
    crew.hire(|line| work(line.as_raw_fd(), &place("worker")))?;
    let client = ipc_kit::run_in_child(|| u8::from(ask(&place("client"), &place("boss")).is_err()));
    let client = client.context("start the client")?;

    let (pid, address, text) = receive(&boss)?;
    println!("boss: {text:?} came from the client: {}", pid == client);
    println!("boss: passes it on, with both, and is free for the next");
    let order = format!("{pid}\n{}\n{text}", address.display());
    send(crew.line(0).as_raw_fd(), order.as_bytes(), MsgFlags::empty()).context("give it to the worker")?;
    ipc_kit::wait_for(client).context("wait for the client")?;
    Ok(())
}

/// `pid = Receive(message)`: the next message, and who and where its sender is.
fn receive(boss: &UnixDatagram) -> Result<(Pid, PathBuf, String)> {
    let (mut text, mut space) = ([0; 100], nix::cmsg_space!(UnixCredentials));
    let mut parts = [IoSliceMut::new(&mut text)];
    let message = recvmsg::<UnixAddr>(boss.as_raw_fd(), &mut parts, Some(&mut space), MsgFlags::empty());
    let message = message.context("receive a request")?;
    let Some(ControlMessageOwned::ScmCredentials(sender)) =
        message.cmsgs().context("read the sender")?.next()
    else {
        bail!("a request without a sender");
    };
    let address =
        message.address.as_ref().and_then(UnixAddr::path).context("find where to answer")?.to_owned();
    let length = message.bytes;
    Ok((Pid::from_raw(sender.pid()), address, String::from_utf8_lossy(&text[..length]).into_owned()))
}

fn work(line: i32, own: &Path) -> Result<()> {
    let socket = UnixDatagram::bind(own).context("bind the worker's socket")?;
    let mut order = [0; 400];
    loop {
        let length = recv(line, &mut order, MsgFlags::empty()).context("receive an order")?;
        let order = String::from_utf8_lossy(&order[..length]);
        // No order: the boss has ended the line.
        let mut words = order.splitn(3, '\n');
        let (Some(_pid), Some(address), Some(text)) = (words.next(), words.next(), words.next()) else {
            return Ok(());
        };
        socket.send_to(text.to_uppercase().as_bytes(), address).context("answer the client")?;
    }
}

fn ask(own: &Path, boss: &Path) -> Result<()> {
    let socket = UnixDatagram::bind(own).context("bind the client's socket")?;
    socket.send_to(b"hello", boss).context("ask")?;
    let mut text = [0; 100];
    let (length, from) = socket.recv_from(&mut text).context("receive the answer")?;
    let from = from.as_pathname().and_then(Path::file_name).context("find who answered")?.to_owned();
    println!("client: {:?} came from the {}", String::from_utf8_lossy(&text[..length]), from.display());
    Ok(())
}
