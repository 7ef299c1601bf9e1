//! Claim: with symmetric addressing both name the other: `send(to)`, `receive(from)`; a third one's message must wait.
//!
//! Rank 1 sends first, and only then lets rank 2 send: so the messages arrive in this order. Rank 0 asks for rank 2's word
//! first, and gets it. Nothing is lost: rank 1's is kept until it is asked for.
//!
//! Usage: cargo run -q -p divide-conquer --example a_symmetric_receive_names_its_sender
//! See also: `src/world.rs`

use anyhow::Result;
use divide_conquer::world::{self, Rank};

fn main() -> Result<()> {
    world::run(3, play).map(drop)
}

fn play(rank: &mut Rank) -> Result<i64> {
    match rank.number() {
        0 => {
            println!("from rank 2: {}", rank.receive(2)?);
            println!("from rank 1: {}", rank.receive(1)?);
        }
        1 => {
            rank.send(0, 11)?;
            rank.send(2, 0)?; // "My message is in the mailbox."
        }
        _ => {
            rank.receive(1)?;
            rank.send(0, 22)?;
        }
    }
    Ok(0)
}
