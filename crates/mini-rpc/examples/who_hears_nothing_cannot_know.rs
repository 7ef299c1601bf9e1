//! Claim: when the connection breaks after the send, the outcome is unknown: the client sees the same whether the call was
//! executed or not.
//!
//! Two servers kill themselves: one before it executes the call, one after. What the client gets is equal; the bell, which
//! the client cannot hear, rang in one case only.
//!
//! Usage: cargo run -q -p mini-rpc --example who_hears_nothing_cannot_know
//! See also: the type `client_stub::CallError`

use anyhow::{Context, Result};
use mini_rpc::client_stub::ClientStub;
use mini_rpc::frame::Message;
use mini_rpc::server_stub::answer;
use mini_rpc::thermometer::{House, Thermometer};
use mini_rpc::{background, stream};
use nix::sys::signal::{Signal, raise};
use std::io::{Read, Write};

fn main() -> Result<()> {
    let before = call_a_server_that_dies(false)?;
    let after = call_a_server_that_dies(true)?;
    println!("the client sees the same: {}", before == after);
    Ok(())
}

fn call_a_server_that_dies(executes: bool) -> Result<String> {
    let (mut bell, mut ring) = std::io::pipe().context("make a bell")?;
    let (server, wire) = background::connected(|mut wire| {
        let call = Message::from_frame(&stream::receive(&mut wire)?)?;
        if executes {
            let mut house = House::with(&[("hall", 180)]);
            answer(&call, &mut house);
            ring.write_all(&vec![b'!'; house.executed]).context("ring the bell")?;
        }
        raise(Signal::SIGKILL).context("die")
    })?;
    drop(ring);
    let seen = ClientStub::new(wire, 7).warm("hall", 5).expect_err("nobody answers").to_string();
    let code = server.wait()?;
    let mut rung = Vec::new();
    bell.read_to_end(&mut rung).context("count")?;
    println!("client: {seen}; server: code {code}, executed {}", rung.len());
    Ok(seen)
}
