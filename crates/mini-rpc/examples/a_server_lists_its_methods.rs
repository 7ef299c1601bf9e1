//! Claim: a client can ask a server what it exports, and adapt: two servers of different age are both of use to it.
//!
//! Method 0 is the list. The older server has no `warm`; the client finds that out, and makes it of `temperature` and `set`:
//! two calls instead of one, and no longer in one step.
//!
//! Usage: cargo run -q -p mini-rpc --example a_server_lists_its_methods
//! See also: the module `export`

use anyhow::Result;
use mini_rpc::background;
use mini_rpc::client_stub::ClientStub;
use mini_rpc::export::{Export, Method, Refusal};
use mini_rpc::thermometer::{House, METHODS, Thermometer};
use mini_rpc::unpack::Unpacker;
use std::io::{Read, Write};

/// The house of last year: its last method was not there yet.
struct Older(House);

impl Export for Older {
    fn methods(&self) -> &'static [Method] {
        &METHODS[..2]
    }

    fn perform(&mut self, method: u8, arguments: Unpacker<'_>) -> Result<Vec<u8>, Refusal> {
        let known = self.methods().iter().any(|known| known.number == method);
        if known { self.0.perform(method, arguments) } else { Err(Refusal::no_method(method)) }
    }
}

fn main() -> Result<()> {
    let house = House::with(&[("hall", 180)]);
    let (_older, wire) = background::server(Older(house.clone()))?;
    warm_the_hall("older", &mut ClientStub::new(wire, 7))?;
    let (_newer, wire) = background::server(house)?;
    warm_the_hall("newer", &mut ClientStub::new(wire, 7))
}

fn warm_the_hall(name: &str, server: &mut ClientStub<impl Read + Write>) -> Result<()> {
    let methods = server.methods()?;
    for (number, signature) in &methods {
        println!("{name}: {number} {signature}");
    }
    if methods.iter().any(|(_, signature)| signature.starts_with("warm(")) {
        println!("{name}: one call: {}", server.warm("hall", 5)?);
    } else {
        println!("{name}: warm would be: {}", server.warm("hall", 5).expect_err("it is not there"));
        let tenths = server.temperature("hall")?;
        server.set("hall", tenths + 5)?;
        println!("{name}: two calls: {}", server.temperature("hall")?);
    }
    Ok(())
}
