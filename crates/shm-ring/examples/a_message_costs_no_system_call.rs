//! Claim: after the set-up the kernel plays no role in shared memory: a message costs no system call. With a pipe it
//! costs one on each side, and with a mailbox that wakes each time as well.
//!
//! Each loop runs twice with different lengths, traced; the difference is the cost of the loop alone. Sleeping and
//! waking cost calls, so they should happen only when there is nothing else to do.
//!
//! Usage: cargo run -q -p shm-ring --example a_message_costs_no_system_call
//! See also: `calls.rs`, `ptrace(2)`, `strace(1)`

use std::hint::black_box;

use anyhow::{Context, Result};
use nix::unistd::read;
use shm_ring::board::{self, Board, Reading};
use shm_ring::calls::count;
use shm_ring::mailbox::{self, Mailbox};
use shm_ring::map::{Mapping, Sharing};

const FEW: u64 = 10;
const MANY: u64 = 1010;

fn main() -> Result<()> {
    show("pipe: write and read", |messages| {
        let (from, to) = ipc_kit::pipe().context("make a pipe")?;
        (0..messages).try_for_each(|number| {
            ipc_kit::write_all(&to, &number.to_le_bytes()).context("write")?;
            read(&from, &mut [0; 8]).context("read").map(drop)
        })
    })?;
    show("mailbox: put and take", |messages| {
        let memory = Mapping::anonymous(mailbox::LENGTH, Sharing::Shared)?;
        let mailbox = Mailbox::at(&memory);
        (0..messages).try_for_each(|number| mailbox.put(number).and_then(|_| mailbox.take()).map(drop))
    })?;
    show("board: show and look", |messages| {
        let board = Board::make(Mapping::anonymous(board::LENGTH, Sharing::Shared)?)?;
        for number in 0..messages {
            board.show(Reading { number, ..Reading::default() });
            black_box(board.look_until_whole());
        }
        Ok(())
    })
}

fn show(what: &str, body: impl Fn(u64) -> Result<()>) -> Result<()> {
    let (few, many) = (count(|| body(FEW))?, count(|| body(MANY))?);
    println!("{what}: {} system calls for {} messages", many - few, MANY - FEW);
    Ok(())
}
