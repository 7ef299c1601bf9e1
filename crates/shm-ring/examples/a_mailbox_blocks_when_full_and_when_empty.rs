//! Claim: a pipe stops the reader when it is empty and the writer when it is full. In shared memory both are built by
//! hand, blocking and not.
//!
//! A slot, a word that says whether it is full, and a futex on that word are enough for one writer and one reader.
//!
//! Usage: cargo run -q -p shm-ring --example a_mailbox_blocks_when_full_and_when_empty
//! See also: `mailbox.rs`, `pipe(7)`

use anyhow::Result;
use shm_ring::asleep;
use shm_ring::child::Child;
use shm_ring::mailbox::{self, Mailbox};
use shm_ring::map::{Mapping, Sharing};

fn main() -> Result<()> {
    let memory = Mapping::anonymous(mailbox::LENGTH, Sharing::Shared)?;
    let mailbox = Mailbox::at(&memory);
    println!("empty; try to take: {:?}", mailbox.try_take()?);
    println!("try to put 1: {:?}", mailbox.try_put(1)?);
    println!("full; try to put 2: {:?}", mailbox.try_put(2)?);

    let writer = Child::start(|| {
        println!("    writer: puts 2: {:?}", mailbox.put(2)?);
        Ok(())
    })?;
    asleep::until(writer.pid())?;
    println!("a writer sleeps");
    let taken = mailbox.take()?;
    writer.end()?;
    println!("take: {taken:?}");
    println!("take: {:?}", mailbox.take()?);

    let reader = Child::start(|| {
        println!("    reader: takes {:?}", mailbox.take()?);
        Ok(())
    })?;
    asleep::until(reader.pid())?;
    println!("a reader sleeps");
    let put = mailbox.try_put(3)?;
    reader.end()?;
    println!("try to put 3: {put:?}");
    Ok(())
}
