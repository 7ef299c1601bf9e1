//! Claim: the caller's code is the same for a local procedure and a remote one: the stub has the procedure's face.
//!
//! `heat` is compiled once for a house in this process and once for a stub. It sees the same results.
//!
//! Usage: cargo run -q -p mini-rpc --example a_remote_call_looks_like_a_local_one
//! See also: the module `thermometer`

use anyhow::Result;
use mini_rpc::background;
use mini_rpc::client_stub::ClientStub;
use mini_rpc::thermometer::{House, Thermometer};

fn main() -> Result<()> {
    let mut local = House::with(&[("hall", 180)]);
    heat("local ", &mut local);
    let (server, wire) = background::server(House::with(&[("hall", 180)]))?;
    heat("remote", &mut ClientStub::new(wire, 7));
    println!("the server: exit code {}", server.wait()?);
    Ok(())
}

fn heat(place: &str, house: &mut impl Thermometer) {
    let mut shown = vec![say(house.temperature("hall"))];
    shown.push(say(house.warm("hall", -25)));
    shown.push(say(house.set("bath", 235)));
    shown.push(say(house.temperature("bath")));
    shown.push(say(house.warm("bath", i16::MAX)));
    shown.push(say(house.temperature("attic")));
    println!("{place}: {}", shown.join(" | "));
}

fn say<T: std::fmt::Debug, E: std::fmt::Display>(result: Result<T, E>) -> String {
    result.map_or_else(|error| error.to_string(), |value| format!("{value:?}"))
}
