//! Claim: a server that remembers the calls and their answers executes each once, whatever happens to a frame.
//!
//! The client sends again with the *same* number. The server knows it, and sends the old answer. Each fault hits each of the
//! four frames of two calls.
//!
//! Usage: cargo run -q -p mini-rpc --example at_most_once_needs_a_table
//! See also: the modules `duplicates` and `semantics`

use anyhow::{Result, ensure};
use mini_rpc::network::{FAULTS, Network};
use mini_rpc::pack::Packer;
use mini_rpc::semantics::{Semantics, World};
use mini_rpc::thermometer::{House, WARM};

/// Two calls, four frames: call 1, return 1, call 2, return 2.
const FRAMES: usize = 4;

fn main() -> Result<()> {
    println!("executed/answered, 2/2 wanted, when the fault hits");
    println!("        call 1  return 1  call 2  return 2");
    for fault in FAULTS {
        let runs = (1..=FRAMES).map(|frame| run(Network::with(fault, frame))).collect::<Result<Vec<_>>>()?;
        println!("{:<8}{}", format!("{fault:?}"), runs.join("     "));
    }
    Ok(())
}

fn run(network: Network) -> Result<String> {
    let mut world = World::new(Semantics::AtMostOnce, network, House::with(&[("hall", 180)]));
    let arguments = Packer::new().text("hall")?.i16(10).done();
    let mut answers = Vec::new();
    for _ in 0..2 {
        answers.push(world.call(WARM.number, &arguments)?);
    }
    world.settle();
    // The answers are right as well: 19.0 degrees after the first call, 20.0 after the second.
    ensure!(answers == [190_i16.to_be_bytes(), 200_i16.to_be_bytes()], "the answers are right");
    Ok(format!("{}/{}", world.exported.executed, answers.len()))
}
