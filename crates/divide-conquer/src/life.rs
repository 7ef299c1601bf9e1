//! The game of life on several ranks: each has a strip of rows, and swaps its edge rows with its neighbours.
//!
//! ```text
//!   rank 0 │ ...#..... │        before each step a rank needs one row of each neighbour: the halo
//!          │ ....#.... │ ─┐
//!   rank 1 │ ..###.... │ ─┴─ swapped, 8 bytes each way
//!          │ ......... │
//! ```
//!
//! Beside the ring there is a pipe from each rank to the boss, for who wants to look. The ranks compute ahead until these
//! pipes are full; then they wait: backpressure.

use crate::board::{self, Board};
use crate::crew::Crew;
use crate::{cut, ring};
use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use std::os::fd::OwnedFd;

/// The exit code of a rank that ended because another one had gone. Who ended otherwise was the first.
pub const LEFT_ALONE: u8 = 3;

/// What the ranks swap before each step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halo {
    /// The neighbours' edge rows.
    Swapped,
    /// Nothing: each strip is taken for a small torus. Wrong, and shown for that reason.
    Own,
}

/// A running game.
#[derive(Debug)]
pub struct Life {
    crew: Crew,
    strips: Vec<OwnedFd>,
    rows: usize,
}

impl Life {
    /// fork—Starts ranks that compute so many generations of the board.
    ///
    /// # Errors
    /// When there are not enough processes or descriptors.
    ///
    /// # Panics
    /// If there are more ranks than rows: then a rank has no row to give to its neighbours.
    pub fn start(board: &Board, ranks: usize, generations: u64, halo: Halo) -> Result<Self> {
        let rows = board.0.len();
        assert!(ranks <= rows, "{ranks} ranks, but {rows} rows");
        let pipes = (0..ranks).map(|_| ipc_kit::pipe()).collect::<nix::Result<Vec<_>>>();
        let (mut strips, mut writers): (Vec<_>, Vec<_>) =
            pipes.context("make the pipes")?.into_iter().unzip();
        let crew = ring::start(ranks, |number, neighbours| {
            drop(std::mem::take(&mut strips)); // These are the child's copies: only the boss reads.
            let to_boss = std::mem::take(&mut writers).swap_remove(number);
            let mut strip = board.0[cut::part(rows, ranks, number)].to_vec();
            for _ in 0..generations {
                let (top, bottom) = (strip[0], strip[strip.len() - 1]);
                let halo = match halo {
                    Halo::Swapped => neighbours.exchange(top, bottom)?,
                    Halo::Own => Some((bottom, top)),
                };
                let Some((above, below)) = halo else { return Ok(LEFT_ALONE) };
                strip = board::next(above, &strip, below);
                if !show(&to_boss, &strip)? {
                    return Ok(LEFT_ALONE);
                }
            }
            Ok(0)
        })?;
        Ok(Self { crew, strips, rows })
    }

    /// The processes.
    #[must_use]
    pub fn crew(&self) -> &Crew {
        &self.crew
    }

    /// Where the strips come from, by rank: all of a rank's next strip is there when its pipe is readable, because a rank
    /// writes it at once, and up to `PIPE_BUF` bytes arrive together.
    #[must_use]
    pub fn strips(&self) -> &[OwnedFd] {
        &self.strips
    }

    /// The next generation, put together from the strips of all ranks.
    ///
    /// # Errors
    /// When a rank has died: names the first, and how it ended.
    pub fn next_generation(&mut self) -> Result<Board> {
        let mut board = Vec::with_capacity(self.rows);
        for (number, strip) in self.strips.iter().enumerate() {
            for _ in cut::part(self.rows, self.strips.len(), number) {
                match ring::row_from(strip).with_context(|| format!("take the strip of rank {number}"))? {
                    Some(row) => board.push(row),
                    None => return Err(self.why_it_ended()?),
                }
            }
        }
        Ok(Board(board))
    }

    /// waitpid—Waits for the ranks. All must have ended well.
    ///
    /// # Errors
    /// Names the first that did not.
    pub fn finish(self) -> Result<()> {
        self.crew.join()
    }

    /// A strip has ended too early. Its rank may only have followed another: the ring ends one by one.
    fn why_it_ended(&mut self) -> Result<anyhow::Error> {
        // Whoever still waits for the boss to read must not wait any longer.
        self.strips.clear();
        let crew = std::mem::replace(&mut self.crew, Crew::start(0, |_| Ok(0))?);
        let ends = crew.ends()?;
        let first = ends.iter().position(|&code| code != LEFT_ALONE && code != 0);
        let Some(first) = first else { bail!("all ranks have left, and none of them was the first") };
        Ok(anyhow::anyhow!("rank {first} ended with {}, so all others had to end", ends[first]))
    }
}

/// Tells the boss; false when it does not listen any more.
fn show(to_boss: &OwnedFd, strip: &[u64]) -> Result<bool> {
    let bytes: Vec<u8> = strip.iter().flat_map(|row| row.to_ne_bytes()).collect();
    match ipc_kit::write_all(to_boss, &bytes) {
        Ok(()) => Ok(true),
        Err(Errno::EPIPE) => Ok(false),
        Err(reason) => Err(reason).context("tell the boss"),
    }
}
