//! Claim: an argument is copied when it is packed. What the caller does with its variable afterwards, the server never
//! sees; what the server does with its copy, the caller never sees.
//!
//! The call lies in the server's socket, not yet read, while the caller changes its variable.
//!
//! Usage: cargo run -q -p mini-rpc --example arguments_go_by_value
//! See also: `send(2)`

use anyhow::{Context, Result};
use mini_rpc::background::{self, Gated};
use mini_rpc::client_stub::ClientStub;
use mini_rpc::export::{Export, Method, Refusal};
use mini_rpc::unpack::Unpacker;
use std::io::Write;

/// Makes its argument loud, in place, and says what it got.
struct Shout;

impl Export for Shout {
    fn methods(&self) -> &'static [Method] {
        &[Method { number: 1, signature: "shout(what: bytes) -> bytes" }]
    }

    fn perform(&mut self, _: u8, mut arguments: Unpacker<'_>) -> Result<Vec<u8>, Refusal> {
        let mut copy = arguments.bytes()?.to_vec();
        let got = String::from_utf8_lossy(&copy).into_owned();
        copy.make_ascii_uppercase();
        Ok(format!("got {got}, made {} of it", String::from_utf8_lossy(&copy)).into_bytes())
    }
}

fn main() -> Result<()> {
    let (gated, mut gate) = Gated::new(Shout)?;
    let (_server, wire) = background::server(gated)?;
    let mut stub = ClientStub::new(wire, 7);

    let mut variable = b"warm".to_vec();
    let packed = mini_rpc::pack::Packer::new().bytes(&variable)?.done();
    let number = stub.send(1, &packed)?;
    variable.copy_from_slice(b"cold");
    println!("sent, not yet executed; the caller's variable is now {}", String::from_utf8_lossy(&variable));
    gate.write_all(b"!").context("open the gate")?;
    println!("the server {}", String::from_utf8_lossy(&stub.wait_for(number)?));
    println!("the caller's variable is still {}", String::from_utf8_lossy(&variable));
    Ok(())
}
