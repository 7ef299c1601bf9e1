//! Claim: "readable" promises one recv that does not wait, not one line: poll followed by "read a whole line" is the
//! sequential server again.
//!
//! The helper process here asks poll first, and then reads until the newline. Half a line is enough to stop it.
//!
//! Usage: cargo run -q -p client-server --example readable_means_one_recv_not_one_line
//! See also: `poll(2)`, and the example a_line_may_come_in_pieces

use anyhow::{Context, Result};
use client_server::asleep::{self, Call};
use client_server::{background::Background, connect, stream};
use ipc_kit::retry;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::SockType;
use std::os::fd::AsFd;

fn main() -> Result<()> {
    let (client, server) = connect::pair(SockType::Stream)?;
    stream::send_all(&client, b"get che")?;
    let naive = Background::run(|| {
        let mut ready = [PollFd::new(server.as_fd(), PollFlags::POLLIN)];
        retry(|| poll(&mut ready, PollTimeout::NONE)).context("wait for the client")?;
        println!("poll: the client is readable");
        println!("the whole line: {}", stream::receive_line(&server)?);
        Ok(())
    })?;
    asleep::until(naive.pid(), Call::Receive)?;
    println!("half a line later the server sleeps in recv, and serves nobody");
    stream::send_all(&client, b"rry\n")?;
    naive.wait()?;
    Ok(())
}
