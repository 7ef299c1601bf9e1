//! Claim: with more ranks each computes less, but sends as much as before: the surface stays, the volume shrinks.
//!
//! A board of 64 rows, one generation. Each rank really computes its strip and swaps its two edge rows; it counts the cells it
//! computed and the cells it sent. Weather and fluids are cut into blocks for this reason.
//!
//! Usage: cargo run -q -p divide-conquer --example thin_strips_talk_more_than_they_compute
//! See also: README, section 5

use anyhow::Result;
use divide_conquer::board::{self, Board, COLUMNS};
use divide_conquer::mapping::Shared;
use divide_conquer::{cut, ring};
use std::sync::atomic::Ordering;

fn main() -> Result<()> {
    let board = Board(vec![0x0123_4567_89ab_cdef; 64]);
    for size in [1, 2, 4, 16, 64] {
        let (computed, sent) = (Shared::new(size)?, Shared::new(size)?);
        let ranks = ring::start(size, |number, neighbours| {
            let strip = &board.0[cut::part(64, size, number)];
            let Some((above, below)) = neighbours.exchange(strip[0], strip[strip.len() - 1])? else {
                return Ok(1);
            };
            sent.numbers()[number].fetch_add(i64::try_from(2 * COLUMNS)?, Ordering::Relaxed);
            let cells = board::next(above, strip, below).len() * COLUMNS;
            computed.numbers()[number].fetch_add(i64::try_from(cells)?, Ordering::Relaxed);
            Ok(0)
        })?;
        ranks.join()?; // Orders their stores before these loads.
        let most = |counts: &Shared| counts.numbers().iter().map(|one| one.load(Ordering::Relaxed)).max();
        let (cells, out) = (most(&computed).unwrap_or(0), most(&sent).unwrap_or(0));
        println!(
            "{size:>2} ranks: {cells:>4} cells computed, {out} sent by each: {} % of the work",
            100 * out / cells
        );
    }
    Ok(())
}
