//! Claim: who waits at a buffer uses no processor time: it is not woken once, however long the others work.
//!
//! While the producer waits in write, this process sends a thousand bytes around. The kernel counts how often a
//! process got or gave the processor: the producer's number stays. A loop that looks again and again would not.
//!
//! Usage: cargo run -q -p producer-consumer --example a_waiting_process_costs_nothing
//! See also: `proc_pid_status(5)` (voluntary_ctxt_switches)

use anyhow::{Context, Result};
use producer_consumer::{asleep, buffer, process};

fn main() -> Result<()> {
    let (reader, writer) = buffer::bounded(1)?;
    let producer = process::child(|| (0..2).try_for_each(|_| buffer::put(&writer, &[0; buffer::SLOT])))?;
    drop(writer);
    asleep::until_asleep(producer)?;
    asleep::until_off_the_processor(producer)?;

    let before = asleep::switches(producer)?;
    let (elsewhere_out, elsewhere_in) = ipc_kit::pipe().context("make another pipe")?;
    for _ in 0..1000 {
        ipc_kit::write_all(&elsewhere_in, b"x").context("write")?;
        nix::unistd::read(&elsewhere_out, &mut [0]).context("read")?;
    }
    println!("this process wrote and read 1000 times");
    println!("the waiting producer was woken {} times", asleep::switches(producer)? - before);

    buffer::take(&reader)?;
    println!("a slot is free: the second record comes: {}", buffer::take(&reader)?.is_some());
    process::join(producer)
}
