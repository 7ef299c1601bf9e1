//! The same records through each target of the contract: what the kernel's buffers cost beside each other.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::pair::{Pair, compare};
use super::{RECORDS, SIZE, core_to_core};
use crate::experiment::{Comparison, Repeat, Row};
use crate::harness::Setup;
use crate::labs::flow::command;
use crate::numbers::Better;
use crate::pace::Pace;
use crate::process::{self, Job};

/// Where records go, by what its rows are called.
const TARGETS: [(&str, Target); 4] = [
    ("pipe", Target::Pipe),
    ("FIFO", Target::Fifo),
    ("POSIX queue", Target::Posix),
    ("System V queue", Target::SystemV),
];

#[derive(Clone, Copy)]
enum Target {
    Pipe,
    Fifo,
    Posix,
    SystemV,
}

/// A row for each program and target. The ratios are to the reference's pipe.
pub(super) fn targets(setup: &Setup) -> Comparison<'_> {
    let mut rows = Vec::new();
    for contender in &setup.contenders {
        let Some(program) = contender.find("prodcon") else { continue };
        for (name, target) in TARGETS {
            let mut pace = Pace::new(setup, RECORDS);
            let name = format!("{}, {name}", contender.name);
            rows.push(Row::new(&name, contender.role, move |()| {
                Ok(pace.rate(|count| time(setup, program, target, count))? / 1e3)
            }));
        }
    }
    rows.push(core_to_core(setup));
    Comparison {
        title: format!("records of {SIZE} bytes through each target, a line for each"),
        unit: "k records/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    }
}

/// How long so many records take. Every line is compared.
fn time(setup: &Setup, program: &Path, target: Target, count: usize) -> anyhow::Result<Duration> {
    let pair = Pair::Prodcon(program);
    let name = match target {
        Target::Pipe => return pair.time(setup, count, SIZE),
        Target::Fifo => format!("fifo:{}", setup.fresh("fifo").display()),
        Target::Posix => {
            static NUMBER: AtomicU32 = AtomicU32::new(0);
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            format!("mq:/ipc-bench-{}-{number}", std::process::id())
        }
        Target::SystemV => {
            let file = setup.fresh("key");
            File::create(&file).context("make a file for a key")?;
            format!("sysv:{}", file.display())
        }
    };
    let queue = matches!(target, Target::Posix | Target::SystemV);
    let _left = queue.then(|| Left { program, name: &name });
    let (count_word, size) = (count.to_string(), SIZE.to_string());
    let words = ["produce", "--id", "0", "--count", &count_word, "--size", &size, "--to", &name];
    let mut produce = command(program, &words);
    // A queue has no end of file.
    produce.args(queue.then_some("--end"));
    let mut consume = command(program, &["consume", "--from", &name]);
    both(setup, &mut produce, &mut consume, count)
}

fn both(
    setup: &Setup,
    produce: &mut Command,
    consume: &mut Command,
    count: usize,
) -> anyhow::Result<Duration> {
    let path = setup.fresh("output");
    let sink = File::create(&path).context("make a file for the output")?;
    let start = Instant::now();
    let consume = Job::start(consume.stdin(Stdio::null()).stdout(sink))?;
    let produce = Job::start(produce.stdin(Stdio::null()).stdout(Stdio::null()))?;
    produce.finish().context("produce")?;
    consume.finish().context("consume")?;
    let time = start.elapsed();
    let text = fs::read(&path).context("read the output")?;
    fs::remove_file(&path).context("remove the output")?;
    compare(&text, count, SIZE)?;
    Ok(time)
}

/// A queue outlives its users; this one goes when its measurement ends, however that ends.
struct Left<'a> {
    program: &'a Path,
    name: &'a str,
}

impl Drop for Left<'_> {
    fn drop(&mut self) {
        // A queue that was never made cannot be removed, and what was wrong has been told already.
        let _ = process::run(&mut command(self.program, &["rm", self.name]));
    }
}
