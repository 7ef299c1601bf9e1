//! Claim: a call that means the same when it is executed twice needs no table: at least once is enough for it.
//!
//! `set` is idempotent, `warm` is not. The answer to each is lost once, so both are executed twice. Whoever designs an
//! interface can choose: "set to 20.5" instead of "5 more", "write at offset 100" instead of "append".
//!
//! Usage: cargo run -q -p mini-rpc --example an_idempotent_call_may_be_repeated
//! See also: the module `semantics`

use anyhow::Result;
use mini_rpc::export::Method;
use mini_rpc::network::{Fault, Network};
use mini_rpc::pack::Packer;
use mini_rpc::semantics::{Semantics, World};
use mini_rpc::thermometer::{House, SET, Thermometer, WARM};

fn main() -> Result<()> {
    println!("the hall has 180");
    after("set to 185", SET, 185)?;
    after("warm by 5 ", WARM, 5)
}

fn after(what: &str, method: Method, tenths: i16) -> Result<()> {
    let network = Network::with(Fault::Lose, 2);
    let mut world = World::new(Semantics::AtLeastOnce, network, House::with(&[("hall", 180)]));
    world.call(method.number, &Packer::new().text("hall")?.i16(tenths).done())?;
    let executed = world.exported.executed;
    println!("{what}: executed {executed} times, the hall has {}", world.exported.temperature("hall")?);
    Ok(())
}
