//! Claim: a reference cannot be an argument: the same address holds another value in another process.
//!
//! The child is a copy made by fork, so its variable has the very same address. The parent changes the value and sends the
//! *address*; the child finds its own old value there. In another program there would be anything, or nothing at all.
//!
//! Usage: cargo run -q -p mini-rpc --example an_address_means_nothing_elsewhere
//! See also: `fork(2)`, and the example arguments_go_by_value

use anyhow::{Context, Result, ensure};
use mini_rpc::background;
use std::io::{Read, Write};

fn main() -> Result<()> {
    let mut tenths: Box<i16> = Box::new(180);
    let (server, mut wire) = background::connected(|mut wire| {
        let mut sent = [0; 10];
        wire.read_exact(&mut sent).context("receive")?;
        let (address, value) = sent.split_at(8);
        ensure!(address == address_of(&tenths), "the child's variable has another address");
        println!("server: at the same address lies {tenths}");
        println!("server: the value that was sent is {}", i16::from_be_bytes([value[0], value[1]]));
        Ok(())
    })?;
    *tenths = 215;
    println!("client: the variable is {tenths}");
    wire.write_all(&[address_of(&tenths).as_slice(), &tenths.to_be_bytes()].concat()).context("send")?;
    println!("server: exit code {}", server.wait()?);
    Ok(())
}

fn address_of(value: &i16) -> [u8; 8] {
    (std::ptr::from_ref(value).addr() as u64).to_be_bytes()
}
