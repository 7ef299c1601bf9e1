//! Claim: with retries each call is executed, but some more than once: the client cannot tell a lost call from a lost answer.
//!
//! Each fault hits each of the four frames of two calls, one run each. Both calls are answered in all runs. Where the
//! return was lost the call was executed again.
//!
//! Usage: cargo run -q -p mini-rpc --example at_least_once_may_execute_twice
//! See also: the modules `network` and `semantics`

use anyhow::{Result, ensure};
use mini_rpc::network::{FAULTS, Network};
use mini_rpc::pack::Packer;
use mini_rpc::semantics::{Semantics, World};
use mini_rpc::thermometer::{House, WARM};

/// Two calls, four frames: call 1, return 1, call 2, return 2.
const FRAMES: usize = 4;

fn main() -> Result<()> {
    println!("executed (2 wanted), and the hall, wanted 20.0 degrees, when the fault hits");
    println!("        call 1    return 1  call 2    return 2");
    for fault in FAULTS {
        let runs = (1..=FRAMES).map(|frame| run(Network::with(fault, frame))).collect::<Result<Vec<_>>>()?;
        let shown: Vec<String> =
            runs.iter().map(|(done, tenths)| format!("{done}: {}.{}  ", tenths / 10, tenths % 10)).collect();
        println!("{:<8}{}", format!("{fault:?}"), shown.join(" ").trim_end());
    }
    Ok(())
}

fn run(network: Network) -> Result<(usize, i16)> {
    let mut world = World::new(Semantics::AtLeastOnce, network, House::with(&[("hall", 180)]));
    let arguments = Packer::new().text("hall")?.i16(10).done();
    for _ in 0..2 {
        ensure!(world.call(WARM.number, &arguments).is_ok(), "each call is answered in the end");
    }
    world.settle();
    let executed = world.exported.executed;
    Ok((executed, mini_rpc::thermometer::Thermometer::temperature(&mut world.exported, "hall")?))
}
