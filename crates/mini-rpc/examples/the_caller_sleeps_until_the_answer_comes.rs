//! Claim: a remote call blocks its caller, as a local call does: nothing after it happens before the answer is there.
//!
//! The server stands at a gate. The client process sleeps in recv for as long as the gate is shut, and uses no processor.
//!
//! Usage: cargo run -q -p mini-rpc --example the_caller_sleeps_until_the_answer_comes
//! See also: `recv(2)`, `proc_pid_syscall(5)`

use anyhow::{Context, Result};
use mini_rpc::asleep::{self, Call};
use mini_rpc::background::{self, Background, Gated};
use mini_rpc::client_stub::ClientStub;
use mini_rpc::thermometer::{House, Thermometer};
use std::io::{BufRead, BufReader, Write};

fn main() -> Result<()> {
    let (house, mut gate) = Gated::new(House::with(&[("hall", 180)]))?;
    let (server, wire) = background::server(house)?;
    let (said, mut say) = std::io::pipe().context("make a pipe")?;
    let client = Background::run(|| {
        let mut house = ClientStub::new(wire, 7);
        say.write_all(b"before the call\n").context("say")?;
        let tenths = house.warm("hall", 5)?;
        writeln!(say, "after the call: {tenths}").context("say")
    })?;
    drop(say);
    let mut lines = BufReader::new(said).lines();
    println!("client: {}", lines.next().context("hear the client")??);
    asleep::until(server.pid(), Call::Read)?; // It has the call, and stands at the gate.
    asleep::until(client.pid(), Call::Receive)?;
    println!("the gate is shut; the client sleeps in recv: {}", asleep::is_in(client.pid(), Call::Receive)?);
    gate.write_all(b"!").context("open the gate")?;
    println!("the gate is open");
    println!("client: {}", lines.next().context("hear the client")??);
    println!("client: exit code {}", client.wait()?);
    Ok(())
}
