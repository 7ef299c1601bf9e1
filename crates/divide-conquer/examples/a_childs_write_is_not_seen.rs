//! Claim: after fork both processes use the same address, and find different values there.
//!
//! The address is a number in a table that each process has for itself. The child writes; the parent's word stays as it was.
//! So memory from before the fork is a copy for reading, and no channel.
//!
//! Usage: cargo run -q -p divide-conquer --example a_childs_write_is_not_seen
//! See also: `fork(2)`

use anyhow::{Context, Result};
use divide_conquer::crew::Crew;
use divide_conquer::mailbox::{Mailbox, Message};

fn main() -> Result<()> {
    let mailbox = Mailbox::new()?;
    let mut value = Box::new(7_i64);
    let address = &raw const *value as usize;
    let child = Crew::start(1, |_| {
        *value = 42;
        // The child says where its value lies, and what it is.
        let address = i64::try_from(&raw const *value as usize).context("an address fits a word")?;
        mailbox.put(Message { from: 0, round: 0, word: address })?;
        mailbox.put(Message { from: 0, round: 0, word: *value })?;
        Ok(0)
    })?;
    child.join()?;
    let in_child = usize::try_from(mailbox.take()?.word)?;
    println!("same address: {}", address == in_child);
    println!("the child's value: {}", mailbox.take()?.word);
    println!("the parent's value: {value}");
    Ok(())
}
