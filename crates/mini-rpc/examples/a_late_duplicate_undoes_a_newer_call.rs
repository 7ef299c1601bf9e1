//! Claim: idempotent is not enough when messages change their order: an old call that comes late undoes a newer one.
//!
//! The first try of `set 200` is delayed, its retry is answered. Then `set 220` is done; then the first try arrives. A
//! server that remembers numbers is not fooled.
//!
//! Usage: cargo run -q -p mini-rpc --example a_late_duplicate_undoes_a_newer_call
//! See also: the modules `duplicates` and `semantics`

use anyhow::Result;
use mini_rpc::frame::Message;
use mini_rpc::network::Network;
use mini_rpc::pack::Packer;
use mini_rpc::semantics::{Semantics, World};
use mini_rpc::thermometer::{House, SET, Thermometer};

fn main() -> Result<()> {
    for semantics in [Semantics::AtLeastOnce, Semantics::AtMostOnce] {
        let mut world = World::new(semantics, Network::perfect(), House::default());
        let arguments = |tenths| Ok::<_, anyhow::Error>(Packer::new().text("hall")?.i16(tenths).done());
        let late = Message::call(1, 1, [&[SET.number], arguments(200)?.as_slice()].concat()).to_frame()?;
        world.call(SET.number, &arguments(200)?)?; // This is the retry; the first try is still under way.
        world.call(SET.number, &arguments(220)?)?;
        println!("{semantics:?}: set 200, set 220: {}", world.exported.temperature("hall")?);
        world.network.send_call(late);
        world.run_server();
        println!("{semantics:?}: the first try arrives: {}", world.exported.temperature("hall")?);
    }
    Ok(())
}
