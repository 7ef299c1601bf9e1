//! Claim: a table of duplicates must end somewhere, and what it forgets it executes again if it comes once more.
//!
//! With a limit the memory is bounded, and a duplicate that is late enough slips through. So the limit alone is no answer:
//! the server must also know which calls *cannot* come again, or refuse what is too old to be known. Which rule does that?
//!
//! Usage: cargo run -q -p mini-rpc --example a_table_that_forgets_executes_again
//! See also: the module `duplicates`

use anyhow::Result;
use mini_rpc::duplicates::Duplicates;
use mini_rpc::frame::Message;
use mini_rpc::network::Network;
use mini_rpc::pack::Packer;
use mini_rpc::semantics::{Semantics, World};
use mini_rpc::thermometer::{House, WARM};

fn main() -> Result<()> {
    let arguments = Packer::new().text("hall")?.i16(1).done();
    for limit in [100, 4] {
        let house = House::with(&[("hall", 180)]);
        let mut world = World::new(Semantics::AtMostOnce, Network::perfect(), house);
        world.table = Duplicates::with_limit(limit);
        for _ in 0..10 {
            world.call(WARM.number, &arguments)?;
        }
        println!(
            "limit {limit}: 10 calls, {} remembered, executed {}",
            world.table.len(),
            world.exported.executed
        );
        for number in [10, 7, 1] {
            let duplicate = Message::call(1, number, [&[WARM.number], arguments.as_slice()].concat());
            world.network.send_call(duplicate.to_frame()?);
            world.run_server();
            println!("limit {limit}: call {number} comes again: executed {}", world.exported.executed);
        }
    }
    Ok(())
}
