//! Claim: a length from outside is compared with a limit *before* memory is taken for it.
//!
//! Four bytes say "a record of 4 GiB follows". It may be an enemy, or a reader that has lost its place: text read as a
//! length gives such numbers. A reader without a limit takes the memory, then waits for bytes that never come.
//!
//! Usage: cargo run -q -p producer-consumer --example a_length_is_checked_before_memory_is_taken
//! See also: `framing.rs` (LIMIT), `proc_pid_status(5)` (VmPeak)

use anyhow::{Context, Result};
use producer_consumer::framing;

fn main() -> Result<()> {
    for bytes in [&u32::MAX.to_le_bytes(), b"GET ", &65_537_u32.to_le_bytes()] {
        let (reader, writer) = ipc_kit::pipe().context("make a pipe")?;
        ipc_kit::write_all(&writer, bytes).context("write four bytes")?;
        let before = peak()?;
        let refusal = framing::read_record(&reader).expect_err("the length is over the limit");
        println!("{refusal}; memory taken for it: {} MiB", (peak()? - before) / 1024);
    }
    println!("the sender's side: {}", framing::frame(&[0; 65_537]).expect_err("it is too long"));
    Ok(())
}

/// The most address space that this process ever had, in KiB.
fn peak() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status").context("read the own status")?;
    let line = status.lines().find(|line| line.starts_with("VmPeak:")).context("find VmPeak")?;
    line.split_whitespace().nth(1).context("find the number")?.parse().context("read the number")
}
