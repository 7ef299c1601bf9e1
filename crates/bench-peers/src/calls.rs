//! The work of lab 08: a server that adds two numbers, and a client that asks it to.
//!
//! `PROGRAM serve PATH` prints `ready unix:PATH` when a client may come. `PROGRAM call PATH [--pipeline]` reads lines
//! `add A B` and prints a line `ok SUM` for each, in their order: one call after the other, or 64 under way.

use std::env;
use std::future::Future;
use std::io::{self, BufRead as _, BufWriter, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use futures::{StreamExt as _, stream};

/// Calls under way with `--pipeline`, as in the lab.
pub const WINDOW: usize = 64;

/// What a program is to do.
#[derive(Debug)]
pub enum Command {
    /// To serve at this path.
    Serve(PathBuf),
    /// To call who serves there.
    Call {
        /// Where the server is.
        path: PathBuf,
        /// Whether many calls are under way.
        is_pipelined: bool,
    },
}

/// The arguments.
///
/// # Errors
/// When they are no command.
pub fn arguments() -> Result<Command> {
    let words: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["serve", path] => Ok(Command::Serve(path.into())),
        ["call", path] => Ok(Command::Call { path: path.into(), is_pipelined: false }),
        ["call", path, "--pipeline"] => Ok(Command::Call { path: path.into(), is_pipelined: true }),
        _ => bail!("usage: PROGRAM (serve PATH | call PATH [--pipeline])"),
    }
}

/// Says that a client may come.
///
/// # Errors
/// When nobody hears it.
pub fn ready(path: &std::path::Path) -> Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "ready unix:{}", path.display()).and_then(|()| output.flush()).context("say ready")
}

/// The calls on standard input.
pub fn calls() -> impl Iterator<Item = Result<(i64, i64)>> {
    io::stdin().lock().lines().map(|line| {
        let line = line.context("read a line")?;
        let numbers = line.strip_prefix("add ").and_then(|rest| rest.split_once(' '));
        let numbers = numbers.and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        numbers.with_context(|| format!("no call: `{line}`"))
    })
}

/// Makes the calls of standard input by `add`, and prints their results.
///
/// # Errors
/// When a line is no call, a call fails, or nothing can be printed.
pub async fn drive<F: Future<Output = Result<i64>>>(
    is_pipelined: bool,
    add: impl Fn(i64, i64) -> F,
) -> Result<()> {
    let mut output = BufWriter::new(io::stdout().lock());
    if !is_pipelined {
        for call in calls() {
            let (a, b) = call?;
            writeln!(output, "ok {}", add(a, b).await?).context("print a result")?;
            output.flush().context("print a result")?;
        }
        return Ok(());
    }
    let all = stream::iter(calls()).map(|call| async { call.map(|(a, b)| add(a, b))?.await });
    let mut results = all.buffered(WINDOW);
    while let Some(sum) = results.next().await {
        writeln!(output, "ok {}", sum?).context("print a result")?;
    }
    output.flush().context("print the results")
}

/// The runtime of the asynchronous libraries: one thread, the fastest of tokio's for one client.
///
/// # Errors
/// When the kernel refuses what it needs.
pub fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("make a runtime")
}
