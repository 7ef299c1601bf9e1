//! Claim: what is stored is visible word by word, not reading by reading. Whoever looks in the middle sees what never
//! was; a sequence lock tells it so.
//!
//! The writer is stopped in the middle by a gate. If it dies there, the sequence lock stays odd: readers are not lied
//! to, and get nothing any more. Mending that is the business of somebody who can tell that the writer is dead.
//!
//! Usage: cargo run -q -p shm-ring --example a_reader_may_see_half_a_reading
//! See also: `board.rs`

use anyhow::Result;
use shm_ring::board::{self, Board, Reading};
use shm_ring::child::Child;
use shm_ring::gate::Gate;
use shm_ring::map::{Mapping, Sharing};

fn main() -> Result<()> {
    let board = Board::make(Mapping::anonymous(board::LENGTH, Sharing::Shared)?)?;
    board.show(Reading { celsius: 3500, humidity: 200, number: 1 });
    println!("a summer's day:        {:?}", board.look_without_lock());
    for dies in [false, true] {
        let (middle, go) = (Gate::new()?, Gate::new()?);
        let winter = Reading { celsius: -1500, humidity: 900, number: 2 };
        let writer = Child::start(|| {
            board.show_in_halves(winter, || {
                middle.open().and_then(|()| go.pass()).expect("the parent is there")
            });
            Ok(())
        })?;
        middle.pass()?;
        println!("in the middle:         {:?}", board.look_without_lock());
        println!("    with the lock:     {:?}", board.look());
        if dies {
            writer.kill()?;
            let seen = (0..1000).filter(|_| board.look().is_some()).count();
            println!("the writer is killed; 1000 looks see {seen} readings");
        } else {
            go.open()?;
            writer.end()?;
            println!("the writer has done:   {:?}", board.look());
            board.show(Reading { celsius: 3500, humidity: 200, number: 1 });
        }
    }
    Ok(())
}
