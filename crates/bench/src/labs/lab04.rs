//! Lab 04: tasks through `pool run`, beside two libraries whose workers are threads, `xargs`, and the same work without
//! a queue.

mod run;

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use run::{pool, run, write};

use super::Lab;
use super::trip::{Chain, settle};
use crate::contender::{Origin, Peer, in_path};
use crate::count;
use crate::experiment::{Comparison, Experiment, Latency, Repeat, Role, Row};
use crate::harness::Setup;
use crate::machine::on_core;
use crate::numbers::Better;
use crate::pace::Pace;
use crate::phys;
use crate::process::Job;

/// `pool`.
pub(super) struct WorkQueue;

/// Workers: one for each core.
const WORKERS: usize = 2;
/// Tasks in one measurement: empty ones, short ones, and with a process for each.
const EMPTY: usize = 10_000;
const SHORT: usize = 1_500;
const FORKED: usize = 200;
/// Numbers in the file of a short task, which takes some 30 µs.
const NUMBERS: usize = 2_000;
/// Tasks of which the share of each worker is counted, and tasks in one measurement of times.
const SHARED: usize = 2_000;
const TIMED: usize = 1_000;
/// Bytes of a task's line, about; what two cores hand over in its stead.
const LINE: usize = 64;

impl Lab for WorkQueue {
    fn id(&self) -> &'static str {
        "04"
    }

    fn title(&self) -> &'static str {
        "Work queue"
    }

    fn programs(&self) -> &'static [&'static str] {
        &["pool"]
    }

    fn peers(&self) -> &'static [Peer] {
        &[
            Peer { name: "crossbeam", plays: "pool", program: "tasks-crossbeam", from: Origin::Built },
            Peer { name: "rayon", plays: "pool", program: "tasks-rayon", from: Origin::Built },
            Peer {
                name: "xargs -P 2 true",
                plays: "xargs",
                program: "xargs",
                from: Origin::Debian("findutils"),
            },
        ]
    }

    fn experiments<'a>(&self, setup: &'a Setup) -> anyhow::Result<Vec<Experiment<'a>>> {
        let file = numbers(setup)?;
        Ok(vec![
            Experiment::Comparison(empty(setup)),
            Experiment::Comparison(short(setup, &file)),
            Experiment::Comparison(busiest(setup, &file)),
            Experiment::Comparison(forked(setup)?),
            Experiment::Comparison(calls(setup)),
            Experiment::Latency(times(setup)),
        ])
    }
}

/// A file with numbers, and their sum.
#[derive(Clone)]
struct Numbers {
    path: PathBuf,
    sum: u64,
}

fn numbers(setup: &Setup) -> anyhow::Result<Numbers> {
    let path = setup.scratch().join("numbers");
    let all = || (0..NUMBERS as u64).map(|number| 10_000 + number * 7919 % 90_000);
    let text: String = all().map(|number| format!("{number}\n")).collect();
    fs::write(&path, text).context("write a file of numbers")?;
    Ok(Numbers { path, sum: all().sum() })
}

fn empty(setup: &Setup) -> Comparison<'_> {
    let mut rows = setup.rows(
        |contender| contender.find("pool"),
        |program| {
            let mut pace = Pace::new(setup, EMPTY);
            Box::new(move |()| {
                let rate = pace.rate(|count| Ok(run(setup, program, &[], count, "pid", None)?.time));
                Ok(rate? / 1e3)
            })
        },
    );
    rows.push(Row::new("core to core", Role::Limit, move |()| {
        Ok(phys::transfer(setup.cores, LINE)? / LINE as f64 / 1e3)
    }));
    Comparison {
        title: format!("tasks that do nothing, {WORKERS} workers"),
        unit: "k tasks/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    }
}

fn short<'a>(setup: &'a Setup, file: &Numbers) -> Comparison<'a> {
    let task = format!("sum {}", file.path.display());
    let sum = file.sum;
    let mut rows = setup.rows(
        |contender| contender.find("pool"),
        |program| {
            let (mut pace, task) = (Pace::new(setup, SHORT), task.clone());
            Box::new(move |()| {
                let rate = pace.rate(|count| Ok(run(setup, program, &[], count, &task, Some(sum))?.time));
                Ok(rate? / 1e3)
            })
        },
    );
    let (file, count) = (file.clone(), setup.scaled(SHORT));
    rows.push(Row::new("no queue, two threads", Role::Limit, move |()| Ok(without(&file, count)? / 1e3)));
    Comparison {
        title: format!("tasks that add {NUMBERS} numbers of a file, {WORKERS} workers"),
        unit: "k tasks/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    }
}

/// The same work, cut in two beforehand: tasks a second.
fn without(file: &Numbers, count: usize) -> anyhow::Result<f64> {
    let half = || {
        (0..count / WORKERS).try_for_each(|_| {
            let text = fs::read_to_string(&file.path).context("read the numbers")?;
            let numbers = text.lines().map(str::parse::<u64>);
            let sum = numbers.sum::<Result<u64, _>>().context("read the numbers")?;
            ensure!(sum == file.sum, "another sum");
            Ok(())
        })
    };
    let start = Instant::now();
    thread::scope(|scope| {
        let halves: Vec<_> = (0..WORKERS).map(|_| scope.spawn(half)).collect();
        let mut ends = halves.into_iter().map(|half| half.join());
        ends.try_for_each(|end| end.map_err(|_| anyhow::anyhow!("a thread panicked"))?)
    })?;
    Ok((count / WORKERS * WORKERS) as f64 / start.elapsed().as_secs_f64())
}

fn busiest<'a>(setup: &'a Setup, file: &Numbers) -> Comparison<'a> {
    let task = format!("sum {}", file.path.display());
    let (sum, count) = (file.sum, setup.scaled(SHARED));
    let rows = setup.rows(
        |contender| contender.find("pool"),
        |program| {
            let task = task.clone();
            Box::new(move |()| {
                let answers = run(setup, program, &[], count, &task, Some(sum))?.answers;
                let most = answers.values().max().copied().unwrap_or(0);
                Ok(most as f64 / count as f64 * 100.0)
            })
        },
    );
    Comparison {
        title: "share of the busier worker in them".to_owned(),
        unit: "% of the tasks",
        better: Better::Less,
        repeat: Repeat::Once,
        rows,
    }
}

fn forked(setup: &Setup) -> anyhow::Result<Comparison<'_>> {
    let nothing = in_path("true").context("find the program `true`")?;
    let mut rows = setup.rows(
        // The libraries have no processes.
        |contender| match contender.find("xargs") {
            Some(program) => Some((program, true)),
            None => Some((contender.find("pool").filter(|_| contender.role != Role::Peer)?, false)),
        },
        |(program, is_xargs)| {
            let (mut pace, nothing) = (Pace::new(setup, FORKED), nothing.clone());
            Box::new(move |()| {
                pace.rate(|count| match is_xargs {
                    true => xargs(setup, program, &nothing, count),
                    false => Ok(run(setup, program, &["--mode", "fork"], count, "pid", None)?.time),
                })
            })
        },
    );
    rows.push(Row::new("fork, end, wait: one at a time", Role::Limit, |()| Ok(1e9 / phys::fork_and_wait()?)));
    Ok(Comparison {
        title: format!("a process for each task, {WORKERS} at a time"),
        unit: "tasks/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    })
}

fn xargs(setup: &Setup, program: &Path, nothing: &Path, count: usize) -> anyhow::Result<Duration> {
    let tasks = setup.scratch().join("tasks");
    write(&tasks, count, "pid")?;
    let start = Instant::now();
    let mut command = Command::new(program);
    command.args(["-P", &WORKERS.to_string(), "-L", "1"]).arg(nothing);
    let input = File::open(&tasks).context("open the tasks")?;
    Job::start(command.stdin(input).stdout(Stdio::null()))?.finish()?;
    Ok(start.elapsed())
}

fn calls(setup: &Setup) -> Comparison<'_> {
    const FEW: usize = 200;
    let more = setup.scaled(1_000);
    let rows = setup.rows(
        |contender| contender.find("pool"),
        |program| {
            Box::new(move |()| {
                let count = |count| {
                    let tasks = setup.scratch().join("tasks");
                    write(&tasks, count, "pid")?;
                    let input = File::open(&tasks).context("open the tasks")?;
                    count::calls(pool(program).stdin(input).stdout(Stdio::null()))
                };
                // How often somebody sleeps is chance.
                Ok((count(FEW + more)? as f64 - count(FEW)? as f64).max(0.0) / more as f64)
            })
        },
    );
    Comparison {
        title: "system calls of tasks that do nothing".to_owned(),
        unit: "calls a task, boss and workers together",
        better: Better::Less,
        repeat: Repeat::Once,
        rows,
    }
}

fn times(setup: &Setup) -> Latency<'_> {
    let (core, count) = (setup.cores.first, setup.scaled(TIMED));
    let mut rows = setup.rows(
        |contender| contender.find("pool"),
        |program| {
            Box::new(move |()| {
                on_core(core, || {
                    let mut job = Job::start(pool(program).stdin(Stdio::piped()).stdout(Stdio::piped()))?;
                    let line = |number| format!("{number}\tpid\n");
                    let is_answer = |number: usize, came: &str| came.starts_with(&format!("{number}\tok\t"));
                    let times = Chain::through(&mut job)?.times_of(line, is_answer, 50, count);
                    settle(times, vec![job])
                })
            })
        },
    );
    rows.push(Row::new("four wake-ups", Role::Limit, move |()| {
        Ok(vec![phys::sleep_and_wake(setup.cores.one())? * 4.0 / 1e3; count])
    }));
    Latency {
        title: "one task, from its line to the line of its result, everybody on one core".to_owned(),
        unit: "µs",
        rows,
    }
}
