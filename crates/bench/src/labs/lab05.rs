//! Lab 05: `dnc` on two cores, beside rayon, whose workers are threads, and sort(1); the messages of `mpirun`.

mod task;

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use task::Task;

use super::Lab;
use super::flow::{self, Output, command};
use crate::contender::{Contender, Origin, Peer};
use crate::experiment::{Comparison, Curve, Experiment, Repeat, Role, Row};
use crate::harness::Setup;
use crate::machine::{self, on_core};
use crate::numbers::{Better, whole};
use crate::pace::Pace;
use crate::phys;

/// `dnc`, `mpirun`, `ranks`.
pub(super) struct DivideConquer;

/// Workers: one for each core.
const WORKERS: usize = 2;
/// Lines of the file that is sorted, and of the one that is added up.
const LINES: usize = 100_000;
const NUMBERS: usize = 1_000_000;
/// Rows and columns of the board, and its generations.
const SIDE: usize = 512;
const GENERATIONS: usize = 400;
/// Barriers in one measurement.
const BARRIERS: usize = 4_000;
/// Workers in the picture.
const AT: [f64; 4] = [1.0, 2.0, 4.0, 8.0];

impl Lab for DivideConquer {
    fn id(&self) -> &'static str {
        "05"
    }

    fn title(&self) -> &'static str {
        "Divide and conquer"
    }

    fn programs(&self) -> &'static [&'static str] {
        &["dnc", "mpirun", "ranks"]
    }

    fn peers(&self) -> &'static [Peer] {
        &[
            Peer { name: "rayon", plays: "rayon", program: "dnc-rayon", from: Origin::Built },
            Peer { name: "sort", plays: "sort", program: "sort", from: Origin::Debian("coreutils") },
        ]
    }

    fn experiments<'a>(&self, setup: &'a Setup) -> anyhow::Result<Vec<Experiment<'a>>> {
        let (lines, numbers) = (Task::lines(setup)?, Task::numbers(setup)?);
        Ok(vec![
            Experiment::Comparison(sort(setup, &lines)),
            Experiment::Comparison(speed_up(setup, numbers)),
            Experiment::Comparison(life(setup, Task::board(setup)?)),
            Experiment::Comparison(barriers(setup)),
            Experiment::Curve(workers(setup, lines)),
        ])
    }
}

/// Who works.
#[derive(Clone, Copy)]
enum Who<'a> {
    Dnc(&'a Path),
    Rayon(&'a Path),
    Sort(&'a Path),
}

impl<'a> Who<'a> {
    fn of(contender: &'a Contender) -> Option<Self> {
        let rayon = || contender.find("rayon").map(Self::Rayon);
        contender.find("dnc").map(Self::Dnc).or_else(rayon).or_else(|| contender.find("sort").map(Self::Sort))
    }

    fn sort(self, workers: usize, task: &Task) -> Command {
        let (workers, file) = (workers.to_string(), task.path());
        match self {
            Self::Dnc(program) | Self::Rayon(program) => command(program, &["sort", "-n", &workers, &file]),
            Self::Sort(program) => {
                let parallel = format!("--parallel={workers}");
                let mut command = command(program, &["-s", "-t", "\t", "-k", "1,1", &parallel, &file]);
                command.env("LC_ALL", "C");
                command
            }
        }
    }

    /// `None`: it cannot add.
    fn sum(self, workers: usize, task: &Task) -> Option<Command> {
        match self {
            Self::Dnc(program) | Self::Rayon(program) => {
                Some(command(program, &["sum", "-n", &workers.to_string(), &task.path()]))
            }
            Self::Sort(_) => None,
        }
    }
}

fn sort<'a>(setup: &'a Setup, task: &Task) -> Comparison<'a> {
    let lines = setup.scaled(LINES) as f64;
    let mut rows = setup.rows(Who::of, |who| {
        let task = task.clone();
        Box::new(move |()| Ok(lines / task.time(setup, who.sort(WORKERS, &task))?.as_secs_f64() / 1e6))
    });
    rows.push(copied(lines, task.result.len()));
    Comparison {
        title: format!("a file of {lines} lines, sorted by {WORKERS} workers"),
        unit: "M lines/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    }
}

/// What it costs to bring the same bytes from one place to another, and nothing else.
fn copied<'a>(units: f64, bytes: usize) -> Row<'a, (), f64> {
    Row::new("copied on one core", Role::Limit, move |()| Ok(phys::copy(bytes) / bytes as f64 * units / 1e6))
}

fn speed_up(setup: &Setup, task: Task) -> Comparison<'_> {
    let of = |contender| Who::of(contender).filter(|who| !matches!(who, Who::Sort(_)));
    let mut rows = setup.rows(of, |who| {
        let task = task.clone();
        Box::new(move |()| {
            let time = |workers| {
                let command = who.sum(workers, &task).context("add numbers")?;
                Ok::<f64, anyhow::Error>(task.time(setup, command)?.as_secs_f64())
            };
            Ok(time(1)? / time(WORKERS)?)
        })
    });
    rows.push(Row::new("what the cores are worth", Role::Limit, |()| machine::worth(setup.cores)));
    Comparison {
        title: format!("the sum of a file of numbers: {WORKERS} workers against one"),
        unit: "times as fast",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    }
}

fn life(setup: &Setup, task: Task) -> Comparison<'_> {
    let generations = setup.scaled(GENERATIONS);
    let cells = (task.result.len() * generations) as f64;
    let commands = move |contender: &Contender, file: &str| {
        let (workers, generations) = (WORKERS.to_string(), generations.to_string());
        let words = ["-g", &generations, file];
        if let Some(rayon) = contender.find("rayon") {
            let mut command = command(rayon, &["life", "-n", &workers]);
            command.args(words);
            return Some(command);
        }
        let mut command = command(contender.find("mpirun")?, &["-n", &workers]);
        command.arg(contender.find("dnc")?).arg("life").args(words);
        Some(command)
    };
    let file = task.path();
    let mut rows = setup.rows(
        |contender| commands(contender, &file).map(|_| contender),
        |contender| {
            let (task, file) = (task.clone(), file.clone());
            Box::new(move |()| {
                let command = commands(contender, &file).context("name the programs")?;
                Ok(cells / task.time(setup, command)?.as_secs_f64() / 1e6)
            })
        },
    );
    rows.push(copied(cells, task.result.len()));
    Comparison {
        title: format!("life on a board of {SIDE} rows, {generations} generations, {WORKERS} workers"),
        unit: "M cells/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    }
}

fn barriers(setup: &Setup) -> Comparison<'_> {
    let core = setup.cores.first;
    let of = |contender: &Contender| {
        Some((contender.find("mpirun")?.to_owned(), contender.find("ranks")?.to_owned()))
    };
    let mut rows = Vec::new();
    for transport in ["pipes", "sockets"] {
        let mut more = setup.rows(of, |(mpirun, ranks)| {
            let mut pace = Pace::new(setup, BARRIERS);
            let time = move |count: usize| {
                let script = setup.scratch().join("script");
                fs::write(&script, format!("* times {count} barrier\n")).context("write a script")?;
                let workers = WORKERS.to_string();
                let mut command = command(&mpirun, &["-n", &workers, "--transport", transport]);
                command.arg(&ranks).arg(&script);
                let (time, text) = flow::run(setup, vec![command], None, Output::Kept)?;
                let told = format!("did barrier {count} times");
                let text = String::from_utf8_lossy(&text);
                let done = text.lines().filter(|line| line.ends_with(&told)).count();
                ensure!(done == WORKERS, "{done} of {WORKERS} ranks say `{told}`");
                Ok(time)
            };
            Box::new(move |()| Ok(1e6 / on_core(core, || pace.rate(&time))?))
        });
        more.iter_mut().for_each(|row| row.name = format!("{}, {transport}", row.name));
        rows.extend(more);
    }
    rows.push(Row::new("there and back: two wake-ups", Role::Limit, move |()| {
        Ok(2.0 * phys::sleep_and_wake(setup.cores.one())? / 1e3)
    }));
    Comparison {
        title: format!("a barrier of {WORKERS} ranks, everybody on one core"),
        unit: "µs a barrier",
        better: Better::Less,
        repeat: Repeat::Rounds,
        rows,
    }
}

fn workers(setup: &Setup, task: Task) -> Curve<'_> {
    let lines = setup.scaled(LINES) as f64;
    let bytes = task.result.len();
    let mut rows = setup.rows(Who::of, |who| {
        let task = task.clone();
        Box::new(move |workers| Ok(lines / task.time(setup, who.sort(whole(workers), &task))?.as_secs_f64()))
    });
    rows.push(Row::new("copied on one core", Role::Limit, move |_| {
        Ok(phys::copy(bytes) / bytes as f64 * lines)
    }));
    Curve {
        title: "the same file against the number of workers".to_owned(),
        x: "workers",
        y: "lines/s",
        at: AT.to_vec(),
        rows,
    }
}
