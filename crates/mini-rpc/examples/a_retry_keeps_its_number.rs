//! Claim: a retry must carry the number of the first try. With a new number it is a new call, and no table can help.
//!
//! The first answer is lost in both runs.
//!
//! Usage: cargo run -q -p mini-rpc --example a_retry_keeps_its_number
//! See also: the module `duplicates`

use anyhow::Result;
use mini_rpc::network::{Fault, Network};
use mini_rpc::pack::Packer;
use mini_rpc::semantics::{Semantics, World};
use mini_rpc::thermometer::{House, WARM};

fn main() -> Result<()> {
    let arguments = Packer::new().text("hall")?.i16(10).done();
    let network = || Network::with(Fault::Lose, 2);

    let mut world = World::new(Semantics::AtMostOnce, network(), House::with(&[("hall", 180)]));
    world.call_as(1, WARM.number, &arguments)?;
    println!("same number: {} frames, executed {}", world.network.sent(), world.exported.executed);

    // A client that does not retry inside the stub, but calls again.
    let mut world = World::new(Semantics::Maybe, network(), House::with(&[("hall", 180)]));
    let first = world.call_as(1, WARM.number, &arguments);
    println!("new number: first: {}", first.expect_err("the answer is lost"));
    world.call_as(2, WARM.number, &arguments)?;
    println!("new number: {} frames, executed {}", world.network.sent(), world.exported.executed);
    Ok(())
}
