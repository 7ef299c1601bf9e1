//! Claim: without retries a call is executed or not, and the client of a lost message does not know which.
//!
//! "Maybe" costs nothing, and suits what comes again soon anyway: the temperature of a second ago. Each fault hits each of
//! the four frames of two calls, one run each. Two executions are wanted. A call that the network doubles is executed twice.
//!
//! Usage: cargo run -q -p mini-rpc --example maybe_loses_calls
//! See also: the modules `network` and `semantics`

use anyhow::{Result, ensure};
use mini_rpc::network::{FAULTS, Network};
use mini_rpc::pack::Packer;
use mini_rpc::semantics::{Semantics, World};
use mini_rpc::thermometer::{House, WARM};

/// Two calls, four frames: call 1, return 1, call 2, return 2.
const FRAMES: usize = 4;

fn main() -> Result<()> {
    println!("executed/known to be, 2/2 wanted, when the fault hits");
    println!("        call 1  return 1  call 2  return 2");
    for fault in FAULTS {
        let runs = (1..=FRAMES).map(|frame| run(Network::with(fault, frame))).collect::<Result<Vec<_>>>()?;
        let shown: Vec<String> = runs.iter().map(|(done, known)| format!("{done}/{known}")).collect();
        println!("{:<8}{}", format!("{fault:?}"), shown.join("     "));
    }
    ensure!(run(Network::perfect())? == (2, 2), "nothing happens on a perfect network");
    Ok(())
}

/// How often it was executed, and how many calls the client knows to be executed.
fn run(network: Network) -> Result<(usize, usize)> {
    let mut world = World::new(Semantics::Maybe, network, House::with(&[("hall", 180)]));
    let arguments = Packer::new().text("hall")?.i16(10).done();
    let known = (0..2).filter(|_| world.call(WARM.number, &arguments).is_ok()).count();
    world.settle();
    Ok((world.exported.executed, known))
}
