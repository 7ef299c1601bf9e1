//! Claim: a CRC finds accidents, not malice: who sits between can read each call, change it and compute the check anew.
//!
//! The bytes are plain. Between machines an RPC needs encryption and authentication below it (TLS), and a broker that
//! stores or forwards messages can read them too.
//!
//! Usage: cargo run -q -p mini-rpc --example a_crc_is_no_signature
//! See also: the example a_crc_finds_every_flipped_bit

use anyhow::{Context, Result};
use mini_rpc::client_stub::ClientStub;
use mini_rpc::frame::Message;
use mini_rpc::thermometer::{House, Thermometer};
use mini_rpc::{background, stream};
use std::os::unix::net::UnixStream;

fn main() -> Result<()> {
    let (_server, mut server_side) = background::server(House::with(&[("hall", 180)]))?;
    let (client_side, mut wire) = UnixStream::pair().context("make a connection")?;
    std::thread::scope(move |scope| {
        scope.spawn(move || {
            let warmed = ClientStub::new(client_side, 7).warm("hall", 5);
            println!("client: wanted 5 more, and got {warmed:?}");
        });
        let mut call = Message::from_frame(&stream::receive(&mut wire)?)?;
        println!("in between: read {:?}", String::from_utf8_lossy(&call.body[2..6]));
        let last = call.body.len() - 1;
        call.body[last] = 100;
        println!("in between: made 100 of 5, with a good crc");
        stream::send(&mut server_side, &call.to_frame()?).context("send on")?;
        let answer = stream::receive(&mut server_side)?;
        stream::send(&mut wire, &answer).context("send back")
    })
}
