//! Claim: urgent news needs a channel of its own, which is looked at between requests; how often is a trade-off.
//!
//! A thousand requests lie in one channel; after the 250th somebody says stop in the other. In the same channel the
//! word would come after all of them. A look costs a system call; no look costs requests that nobody wants any more.
//!
//! Usage: cargo run -q -p client-server --example a_reserved_channel_is_looked_at_every_n_requests
//! See also: `poll(2)`, `recv(2)` (MSG_DONTWAIT); MSG_OOB of `tcp(7)` is something else, and best left alone

use anyhow::Result;
use client_server::connect;
use client_server::stream::{Received, receive_line, receive_now, send_all};
use nix::sys::socket::SockType;

const REQUESTS: usize = 1000;
const STOP_AFTER: usize = 250;

fn main() -> Result<()> {
    for interval in [1, 10, 100, 400, 2000] {
        let (carried_out, looks) = work(interval)?;
        println!("a look every {interval} requests: {looks} looks, stopped after {carried_out} requests");
    }
    Ok(())
}

fn work(interval: usize) -> Result<(usize, usize)> {
    let ((requests, server), (reserved, watched)) =
        (connect::pair(SockType::Stream)?, connect::pair(SockType::Stream)?);
    send_all(&requests, &b"request\n".repeat(REQUESTS))?;
    let mut looks = 0;
    for number in 0..REQUESTS {
        if number % interval == 0 {
            looks += 1;
            if receive_now(&watched, 100) != Received::WouldWait {
                return Ok((number, looks));
            }
        }
        receive_line(&server)?;
        if number + 1 == STOP_AFTER {
            send_all(&reserved, b"stop\n")?;
        }
    }
    Ok((REQUESTS, looks))
}
