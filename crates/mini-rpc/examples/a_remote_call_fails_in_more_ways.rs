//! Claim: a local procedure does it or refuses; a remote call may also be not sent, or end with nobody knowing.
//!
//! So the stub cannot hide the wire. The types say so: the error of a `House` is a refusal, that of a stub has more cases.
//!
//! Usage: cargo run -q -p mini-rpc --example a_remote_call_fails_in_more_ways
//! See also: the type `client_stub::CallError`

use anyhow::{Context, Result};
use mini_rpc::client_stub::ClientStub;
use mini_rpc::thermometer::{House, Thermometer};
use mini_rpc::{background, stream};
use std::os::unix::net::UnixStream;

fn main() -> Result<()> {
    println!("local:  {}", House::default().temperature("attic").expect_err("there is no attic"));

    let (_server, wire) = background::server(House::default())?;
    let mut stub = ClientStub::new(wire, 7);
    println!("remote: {}", stub.temperature("attic").expect_err("there is no attic"));
    println!("remote: {}", stub.temperature(&"x".repeat(256)).expect_err("too long"));

    // This server takes a call and goes away.
    let (server, wire) = background::connected(|mut wire| Ok(stream::receive(&mut wire).map(drop)?))?;
    println!("remote: {}", ClientStub::new(wire, 7).warm("hall", 5).expect_err("nobody answers"));
    server.wait()?;

    let (wire, gone) = UnixStream::pair().context("make a connection")?;
    drop(gone);
    println!("remote: {}", ClientStub::new(wire, 7).warm("hall", 5).expect_err("nobody is there"));
    Ok(())
}
