//! Claim: a shared mapping is seen by both; what it does not tell is *when* the result is there.
//!
//! Data transfer is one need, synchronisation the other. Here the children write into shared memory, and the end of each is
//! the sign that its part is done. Before that, the parent would read a 0 that looks like a result.
//!
//! Usage: cargo run -q -p divide-conquer --example shared_pages_are_seen_but_somebody_must_wait
//! See also: `mmap(2)` (MAP_SHARED), `waitpid(2)`

use anyhow::Result;
use divide_conquer::crew::Crew;
use divide_conquer::cut;
use divide_conquer::mailbox::{Mailbox, Message};
use divide_conquer::mapping::Shared;
use std::sync::atomic::Ordering;

fn main() -> Result<()> {
    let (results, gate) = (Shared::new(2)?, Mailbox::new()?);
    let children = Crew::start(2, |number| {
        gate.take()?;
        let part = cut::part(1000, 2, number).map(|index| i64::try_from(index + 1));
        let sum = part.sum::<Result<i64, _>>()?;
        // No Release is needed: the parent looks after `waitpid`, which orders everything before the end.
        results.numbers()[number].store(sum, Ordering::Relaxed);
        Ok(0)
    })?;
    let sum = || results.numbers().iter().map(|number| number.load(Ordering::Relaxed)).sum::<i64>();
    println!("before the children may begin: {}", sum());
    for _ in 0..2 {
        gate.put(Message { from: 0, round: 0, word: 0 })?;
    }
    children.join()?;
    println!("after both have ended: {}", sum());
    Ok(())
}
