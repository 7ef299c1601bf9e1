//! Claim: a deadline ends the wait, not the call. The call is executed all the same, and its answer comes some time: only
//! its number tells that it is not the answer to the next call.
//!
//! The server stands at a gate until the first deadline has passed. Then it answers both calls, in their order.
//!
//! Usage: cargo run -q -p mini-rpc --example a_late_answer_is_not_the_next_answer
//! See also: `poll(2)`, the module `deadline`

use anyhow::{Context, Result};
use mini_rpc::background::{self, Gated};
use mini_rpc::deadline::DeadlineStub;
use mini_rpc::pack::Packer;
use mini_rpc::thermometer::{House, TEMPERATURE, WARM};
use std::io::Write;
use std::time::Duration;

fn main() -> Result<()> {
    let (house, mut gate) = Gated::new(House::with(&[("hall", 180), ("bath", 235)]))?;
    let (_server, wire) = background::server(house)?;
    let mut client = DeadlineStub::new(wire, 7);
    let (soon, long) = (Duration::from_millis(10), Duration::from_secs(3600));

    let warm = Packer::new().text("hall")?.i16(5).done();
    let outcome = client.call(WARM.number, &warm, soon)?;
    println!("warm hall: {}", outcome.map_or("the deadline has passed", |_| "done"));
    gate.write_all(b"!!!").context("open the gate")?;

    let bath = Packer::new().text("bath")?.done();
    let result = client.call(TEMPERATURE.number, &bath, long)?.context("wait for the bath")?;
    println!("temperature bath: {}", i16::from_be_bytes([result[0], result[1]]));
    println!("late answers thrown away: {}", client.late);
    let hall = Packer::new().text("hall")?.done();
    let result = client.call(TEMPERATURE.number, &hall, long)?.context("wait for the hall")?;
    println!(
        "temperature hall: {}: the call was executed after its deadline",
        i16::from_be_bytes([result[0], result[1]])
    );
    Ok(())
}
