//! The work of lab 05 by rayon, in the threads of one process: `PROGRAM sum -n N FILE`, `sort -n N FILE`,
//! `life -n N -g G FILE`.

use std::fs;
use std::io::{self, Write as _};

use anyhow::{Context as _, Result, bail};
use rayon::prelude::*;

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["sum", "-n", threads, file] => with(threads, || sum(file)),
        ["sort", "-n", threads, file] => with(threads, || sort(file)),
        ["life", "-n", threads, "-g", generations, file] => {
            let generations = generations.parse()?;
            with(threads, || life(file, generations))
        }
        _ => bail!("usage: PROGRAM (sum -n N | sort -n N | life -n N -g G) FILE"),
    }
}

fn with(threads: &str, work: impl FnOnce() -> Result<()> + Send) -> Result<()> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.parse()?).build();
    pool.context("start the threads")?.install(work)
}

fn sum(file: &str) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("read {file}"))?;
    let numbers = text.par_lines().map(str::parse::<i64>);
    let sums = numbers.try_fold(|| 0_i128, |sum, number| number.map(|number| sum + i128::from(number)));
    println!("{}", sums.try_reduce(|| 0, |a, b| Ok(a + b)).context("read the numbers")?);
    Ok(())
}

fn sort(file: &str) -> Result<()> {
    let text = fs::read(file).with_context(|| format!("read {file}"))?;
    let mut lines: Vec<&[u8]> = text.split_inclusive(|&byte| byte == b'\n').collect();
    // Stable: lines with equal keys keep their order.
    lines.par_sort_by(|a, b| key(a).cmp(key(b)));
    io::stdout().write_all(&lines.concat()).context("print the lines")
}

/// What stands before the first tab.
fn key(line: &[u8]) -> &[u8] {
    line.split(|&byte| byte == b'\t' || byte == b'\n').next().unwrap_or_default()
}

fn life(file: &str, generations: usize) -> Result<()> {
    let text = fs::read_to_string(file).with_context(|| format!("read {file}"))?;
    let width = text.lines().next().map_or(0, str::len);
    let mut board: Vec<u8> = text.lines().flat_map(str::bytes).map(|cell| u8::from(cell == b'#')).collect();
    let height = board.len().checked_div(width).context("the board is empty")?;
    let mut next = vec![0; board.len()];
    for _ in 0..generations {
        let row = |at: usize| &board[at % height * width..][..width];
        next.par_chunks_mut(width).enumerate().for_each(|(at, to)| {
            next_row([row(at + height - 1), row(at), row(at + 1)], to);
        });
        std::mem::swap(&mut board, &mut next);
    }
    let mut output = Vec::with_capacity(board.len() + height);
    for row in board.chunks(width) {
        output.extend(row.iter().map(|&cell| if cell == 1 { b'#' } else { b'.' }));
        output.push(b'\n');
    }
    io::stdout().write_all(&output).context("print the board")
}

fn next_row(rows: [&[u8]; 3], to: &mut [u8]) {
    let width = to.len();
    let column = |at: usize| rows.iter().map(|row| row[at % width]).sum::<u8>();
    for at in 0..width {
        let all = column(at + width - 1) + column(at) + column(at + 1);
        let is_alive = rows[1][at];
        to[at] = u8::from(all == 3 || (is_alive == 1 && all == 4));
    }
}
