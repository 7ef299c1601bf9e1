//! Operations that *all* ranks call together: what each of them does is read off a timetable.
//!
//! Every receive names its sender. With "from anybody" a quick rank's word for the next operation could be taken for
//! this one.

use crate::schedule::Step;
use crate::world::Rank;
use anyhow::Result;

/// Broadcast: rank 0's word comes to everybody. What the others give as `word` is not looked at.
///
/// # Errors
/// When a message cannot be sent or taken.
pub fn broadcast(rank: &mut Rank, steps: &[Step], mut word: i64) -> Result<i64> {
    for step in steps {
        if step.to == rank.number() {
            word = rank.receive(step.from)?;
        } else if step.from == rank.number() {
            rank.send(step.to, word)?;
        }
    }
    Ok(word)
}

/// Reduction: the words of all, joined by `join`, come to rank 0. It is the broadcast backwards: last round first,
/// each arrow turned. The result of the others is what they have joined so far.
///
/// # Errors
/// When a message cannot be sent or taken.
pub fn reduce(rank: &mut Rank, steps: &[Step], mut word: i64, join: fn(i64, i64) -> i64) -> Result<i64> {
    for step in steps.iter().rev() {
        if step.to == rank.number() {
            rank.send(step.from, word)?;
        } else if step.from == rank.number() {
            word = join(word, rank.receive(step.to)?);
        }
    }
    Ok(word)
}

/// Barrier: nobody returns before everybody has called it. A token goes round the ring twice: the first time it means
/// "all before me have come", the second time "all have come".
///
/// Simple and slow: 2 N messages, and as many rounds. With one rank there is nobody to wait for.
///
/// # Errors
/// When a message cannot be sent or taken.
pub fn barrier(rank: &mut Rank) -> Result<()> {
    let (number, size) = (rank.number(), rank.size());
    let (before, after) = ((number + size - 1) % size, (number + 1) % size);
    for _ in 0..2 {
        if size > 1 && number == 0 {
            rank.send(after, 0)?;
            rank.receive(before)?;
        } else if size > 1 {
            rank.receive(before)?;
            rank.send(after, 0)?;
        }
    }
    Ok(())
}
