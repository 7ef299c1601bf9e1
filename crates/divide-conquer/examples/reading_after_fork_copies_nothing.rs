//! Claim: the input of a child comes by fork, for nothing: reading all of it copies no page.
//!
//! Four children read 16 pages each of what the parent has prepared. Then they are counted: no page became anybody's own.
//! So divide and conquer needs no message for the input, only for the result.
//!
//! Usage: cargo run -q -p divide-conquer --example reading_after_fork_copies_nothing
//! See also: `fork(2)`, `proc_pid_smaps(5)`

use anyhow::Result;
use divide_conquer::crew::Crew;
use divide_conquer::mailbox::{Mailbox, Message};
use divide_conquer::mapping::{Private, page_size};
use divide_conquer::{cake, cut, smaps};

const PAGES: usize = 64;

fn main() -> Result<()> {
    let length = PAGES * page_size()?;
    let mut input = Private::new(PAGES)?;
    for (byte, value) in input.bytes_mut().iter_mut().zip((0..=250).cycle()) {
        *byte = value;
    }
    let (sums, end) = (Mailbox::new()?, Mailbox::new()?);
    let ranks = Crew::start(4, |number| {
        let (sum, _) = cake::plain(&input.bytes()[cut::part(length, 4, number)]);
        sums.put(Message { from: u32::try_from(number)?, round: 0, word: i64::try_from(sum)? })?;
        // Stay until everybody was counted.
        end.take().map(|_| 0)
    })?;
    let mut sum = 0;
    for _ in 0..4 {
        sum += sums.take()?.word;
    }
    let (serial, _) = cake::plain(input.bytes());
    println!("sum of four parts equals the serial sum: {}", sum == i64::try_from(serial)?);
    for rank in 0..4 {
        let count = smaps::count(ranks.pid(rank), input.address(), length)?;
        println!("rank {rank}: {} pages alone, {} shared", count.private, count.shared);
    }
    for _ in 0..4 {
        end.put(Message { from: 0, round: 0, word: 0 })?;
    }
    ranks.join()
}
