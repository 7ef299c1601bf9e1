//! The work of lab 05 by rayon, in the threads of one process: `PROGRAM sum -n N FILE`, `sort -n N FILE`,
//! `life -n N -g G FILE`.

use std::cmp::Ordering;
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
    lines.par_sort_by(|one, other| compare(one, other));
    io::stdout().write_all(&lines.concat()).context("print the lines")
}

/// By what stands before the first tab; the same steps as those of lab 05, so that what differs is who works.
fn compare(one: &[u8], other: &[u8]) -> Ordering {
    for (a, b) in one.iter().zip(other) {
        let ends = |byte: u8| byte == b'\t' || byte == b'\n';
        match (ends(*a), ends(*b)) {
            (true, true) => return Ordering::Equal,
            (false, false) if a == b => {}
            (false, false) => return a.cmp(b),
            (is_shorter, _) => return if is_shorter { Ordering::Less } else { Ordering::Greater },
        }
    }
    // Only the last line of a file has no newline.
    let has_more = |line: &[u8], at: usize| line.get(at).is_some_and(|byte| !b"\t\n".contains(byte));
    has_more(one, other.len()).cmp(&has_more(other, one.len()))
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

/// The same steps as those of lab 05: what differs is who works.
fn next_row(rows: [&[u8]; 3], to: &mut [u8]) {
    let [above, row, below] = rows;
    let mut columns = Vec::with_capacity(row.len() + 2);
    columns.push(0);
    columns.extend(above.iter().zip(row).zip(below).map(|((a, b), c)| a + b + c));
    columns.push(columns[1]);
    columns[0] = columns[row.len()];
    for ((around, is_alive), to) in columns.windows(3).zip(row).zip(to) {
        let all = around[0] + around[1] + around[2];
        *to = u8::from((all == 3) | ((*is_alive == 1) & (all == 4)));
    }
}
