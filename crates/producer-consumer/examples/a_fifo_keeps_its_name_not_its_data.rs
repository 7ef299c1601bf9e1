//! Claim: of a FIFO the name persists, the data does not: what nobody read is gone when everybody has closed it.
//!
//! So it is no mailbox: both sides must be there at the same time. While one end stays open, the data stays too.
//!
//! Usage: cargo run -q -p producer-consumer --example a_fifo_keeps_its_name_not_its_data
//! See also: `fifo(7)`, `pipe(7)`

use anyhow::{Context, Result};
use producer_consumer::{fifo::Fifo, fill};

fn main() -> Result<()> {
    let fifo = Fifo::new()?;
    for keeps_writer in [true, false] {
        let reader = fifo.reader_now()?;
        let mut writer = fifo.writer_now()?;
        ipc_kit::write_all(writer.as_ref().context("somebody reads")?, b"do not forget").context("write")?;
        drop(reader);
        if !keeps_writer {
            writer = None;
        }
        let who = if writer.is_some() { "the reader has" } else { "both have" };
        println!("{who} closed it: {} bytes are left", fill::bytes_in(fifo.reader_now()?)?);
    }
    println!("the name is still there: {}", fifo.path().exists());
    Ok(())
}
