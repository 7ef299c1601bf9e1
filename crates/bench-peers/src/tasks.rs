//! The work of lab 04: tasks for N workers, which are threads here. `PROGRAM run -n N` reads lines `ID`, tab, `pid` or
//! `sum FILE`, and prints a line `ID ok WORKER 1 RESULT`, its fields separated by tabs, when a task is done.

use std::io::{self, BufRead as _, Write as _};
use std::{env, fs, process};

use anyhow::{Context as _, Result};

/// The number of workers.
///
/// # Errors
/// When the arguments are others.
pub fn arguments() -> Result<usize> {
    let words: Vec<String> = env::args().skip(1).collect();
    let number = match &words[..] {
        [run, n, number] if run == "run" && n == "-n" => number.parse().ok(),
        _ => None,
    };
    number.filter(|&number| number > 0).context("usage: PROGRAM run -n N")
}

/// The tasks on standard input.
pub fn tasks() -> impl Iterator<Item = Result<String>> + Send {
    io::BufReader::new(io::stdin()).lines().map(|line| line.context("read a task"))
}

/// Does a task and prints its line; `worker` is who does it.
///
/// # Errors
/// When it is no task, fails, or its line cannot be printed.
pub fn work(line: &str, worker: usize) -> Result<()> {
    let (id, task) = line.split_once('\t').with_context(|| format!("no task: `{line}`"))?;
    let result = match task.split_once(' ') {
        None if task == "pid" => u64::from(process::id()),
        Some(("sum", file)) => sum(file)?,
        _ => anyhow::bail!("no task: `{line}`"),
    };
    // Whole lines, whoever prints.
    let mut output = io::stdout().lock();
    writeln!(output, "{id}\tok\t{worker}\t1\t{result}").context("print a result")
}

fn sum(file: &str) -> Result<u64> {
    let text = fs::read_to_string(file).with_context(|| format!("read {file}"))?;
    let numbers = text.split_ascii_whitespace().map(str::parse::<u64>);
    numbers.sum::<Result<u64, _>>().with_context(|| format!("read the numbers of {file}"))
}
