//! Claim: a named segment stays, with its contents, when all its processes have ended. A crash leaves it behind.
//!
//! The kernel closes and unmaps what a dead process had, but a name is nobody's: somebody must remove it, or the
//! machine must be started again. Until then its memory is in use.
//!
//! Usage: cargo run -q -p shm-ring --example a_segment_outlives_its_makers
//! See also: `shm_overview(7)` (Persistence)

use anyhow::Result;
use shm_ring::board::{self, Board, Reading};
use shm_ring::child::Child;
use shm_ring::gate::Gate;
use shm_ring::map::{Mapping, Sharing};
use shm_ring::segment::{self, Name};

fn main() -> Result<()> {
    let (name, shown) = (Name::own("outlives"), Gate::new()?);
    let maker = Child::start(|| {
        let segment = segment::create(&name, board::LENGTH as u64)?;
        let board = Board::make(Mapping::of(&segment, board::LENGTH, Sharing::Shared)?)?;
        board.show(Reading { celsius: -250, humidity: 810, number: 1 });
        shown.open()?;
        // Nobody opens this second gate: the maker is killed here.
        Gate::new()?.pass()
    })?;
    shown.pass()?;
    maker.kill()?;
    println!("the maker is killed");

    let found = Board::find(Mapping::of(segment::open(&name)?, board::LENGTH, Sharing::Shared)?)?;
    println!("whoever knows the name finds {:?}", found.look_until_whole());
    println!("the next maker: {}", segment::create(&name, 40).expect_err("it is taken").root_cause());
    segment::remove(&name)?;
    println!("removed; open: {}", segment::open(&name).expect_err("it is removed").root_cause());
    Ok(())
}
