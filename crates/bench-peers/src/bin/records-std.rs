//! Records through the buffers of the standard library: `PROGRAM produce COUNT SIZE` writes them on standard output,
//! `PROGRAM consume` reads them on standard input and prints a line for each.

use std::io::{self, BufReader, BufWriter, Write as _};

use anyhow::{Context as _, Result, bail};
use bench_peers::records::{line, put, take};

/// Bytes of a buffer: as much as a pipe holds.
const BUFFER: usize = 1 << 16;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["produce", count, size] => produce(count.parse()?, size.parse()?),
        ["consume"] => consume(),
        _ => bail!("usage: PROGRAM (produce COUNT SIZE | consume)"),
    }
}

fn produce(count: u32, size: usize) -> Result<()> {
    let mut output = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    let mut payload = vec![0; size.max(4)];
    (0..count).try_for_each(|number| put(&mut output, 0, number, &mut payload))?;
    output.flush().context("write the records")
}

fn consume() -> Result<()> {
    let mut input = BufReader::with_capacity(BUFFER, io::stdin().lock());
    let mut output = BufWriter::with_capacity(BUFFER, io::stdout().lock());
    let mut payload = Vec::new();
    while let Some(producer) = take(&mut input, &mut payload)? {
        writeln!(output, "{}", line(producer, &payload)).context("print a record")?;
        // Before it may have to wait, all that it has taken is out.
        if input.buffer().is_empty() {
            output.flush().context("print the records")?;
        }
    }
    output.flush().context("print the records")
}
