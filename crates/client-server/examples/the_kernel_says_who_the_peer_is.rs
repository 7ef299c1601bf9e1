//! Claim: on a Unix socket the kernel says who connected: user, group and process; the client can claim nothing.
//!
//! Databases use this: who is logged in as the user `ana` is `ana` to the database, without a password. What is told is
//! who *connected*: the descriptor may have been handed on since. Over TCP nobody is known, not even on one machine.
//!
//! Usage: cargo run -q -p client-server --example the_kernel_says_who_the_peer_is
//! See also: `unix(7)` (SO_PEERCRED), `credentials(7)`

use anyhow::{Context, Result};
use client_server::address::Address;
use client_server::{background::Background, connect, listen, pass, peer, stream};
use nix::sys::socket::SockType;
use nix::unistd::{getegid, geteuid};

fn main() -> Result<()> {
    let door = listen::stream(&Address::Abstract(format!("ipc-labs-peer-{}", std::process::id())))?;
    let address = listen::local_address(&door)?;
    let (ours, theirs) = connect::pair(SockType::Stream)?;
    let child = Background::run(|| {
        let connected = connect::stream(&address)?;
        pass::send_descriptor(&theirs, &connected)?;
        stream::receive_line(&theirs).map(drop) // Stays alive until it is told to go.
    })?;
    let end = listen::accept(&door)?;
    let client = pass::receive_descriptor(&ours)?;

    let known = peer::peer(&end)?.context("a Unix socket has a known peer")?;
    println!(
        "user and group are mine: {}",
        known.uid == geteuid().as_raw() && known.gid == getegid().as_raw()
    );
    println!("process: the child's, which connected: {}", known.pid == child.pid().as_raw());
    stream::send_all(&client, b"I am uid=0 pid=1, honestly\n")?;
    println!("the parent sends through the same connection: {:?}", stream::receive_line(&end)?);
    println!("the kernel's answer is still the child: {}", peer::peer(&end)? == Some(known));
    stream::send_all(&ours, b"go\n")?;
    child.wait()?;

    let (_client, end) = connect::both_ends(&"127.0.0.1:0".parse()?)?;
    println!("TCP: {}", peer::peer(&end)?.map_or("nobody is known".to_owned(), |peer| peer.to_string()));
    Ok(())
}
