//! Lab 06: a signal until `sigcount` has told it, beside signal-hook and a byte through a pipe; a limit kept by `within`,
//! beside timeout(1); restarts by `superv`, beside a loop of a shell; requests of `flushd`.

mod reader;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use reader::Reader;

use super::Lab;
use super::flow::{self, Output, command};
use super::server::{Server, ready};
use super::trip::{Chain, settle};
use crate::contender::{Contender, Origin, Peer, in_path};
use crate::count;
use crate::experiment::{Comparison, Experiment, Latency, Repeat, Role, Row};
use crate::harness::Setup;
use crate::machine::on_core;
use crate::numbers::Better;
use crate::pace::Pace;
use crate::phys;
use crate::process::{self, Job};

/// `sigcount`, `flushd`, `within` and `superv`.
pub(super) struct Signals;

/// Signals in one measurement of times, programs under a limit, restarts, and requests.
const TIMED: usize = 2_000;
const LIMITED: usize = 40;
const RESTARTS: usize = 60;
const REQUESTS: usize = 20_000;

impl Lab for Signals {
    fn id(&self) -> &'static str {
        "06"
    }

    fn title(&self) -> &'static str {
        "Signals"
    }

    fn programs(&self) -> &'static [&'static str] {
        &["sigcount", "flushd", "within", "superv"]
    }

    fn peers(&self) -> &'static [Peer] {
        &[
            Peer {
                name: "a line through cat",
                plays: "cat",
                program: "cat",
                from: Origin::Debian("coreutils"),
            },
            Peer {
                name: "signal-hook",
                plays: "sigcount",
                program: "signals-signal-hook",
                from: Origin::Built,
            },
            Peer { name: "timeout", plays: "timeout", program: "timeout", from: Origin::Debian("coreutils") },
            Peer { name: "dash, a loop", plays: "sh", program: "dash", from: Origin::Debian("dash") },
            Peer { name: "std, 64 KiB", plays: "records", program: "records-std", from: Origin::Built },
        ]
    }

    fn experiments<'a>(&self, setup: &'a Setup) -> anyhow::Result<Vec<Experiment<'a>>> {
        Ok(vec![
            Experiment::Comparison(told(setup)),
            Experiment::Comparison(calls(setup)),
            Experiment::Comparison(limited(setup)?),
            Experiment::Comparison(restarted(setup)?),
            Experiment::Comparison(requests(setup)),
            Experiment::Latency(times(setup)),
        ])
    }
}

/// Who tells that something has come.
#[derive(Clone, Copy)]
enum Teller<'a> {
    Signal(&'a Path),
    Line(&'a Path),
}

impl<'a> Teller<'a> {
    fn of(contender: &'a Contender) -> Option<Self> {
        let line = || contender.find("cat").map(Self::Line);
        contender.find("sigcount").map(Self::Signal).or_else(line)
    }

    /// Microseconds of each of so many, one after the other.
    fn times(self, count: usize) -> anyhow::Result<Vec<f64>> {
        const WARM_UP: usize = 50;
        match self {
            Self::Line(program) => {
                let mut job = Job::start(Command::new(program).stdin(Stdio::piped()).stdout(Stdio::piped()))?;
                let times = Chain::through(&mut job)?.times(b"got USR1\n", b"got USR1\n", WARM_UP, count);
                settle(times, vec![job])
            }
            Self::Signal(program) => {
                let mut server = Server::start(&mut Command::new(program))?;
                let pid = server.pid();
                send(pid, server.output(), WARM_UP)?;
                send(pid, server.output(), count)
            }
        }
    }
}

/// Sends SIGUSR1 so often, each when the one before is told.
fn send(pid: i32, output: &mut BufReader<ChildStdout>, count: usize) -> anyhow::Result<Vec<f64>> {
    let mut line = String::new();
    let mut one = |_| {
        let start = Instant::now();
        kill(Pid::from_raw(pid), Signal::SIGUSR1).context("send a signal")?;
        line.clear();
        output.read_line(&mut line).context("read what is told")?;
        let time = start.elapsed().as_secs_f64() * 1e6;
        ensure!(line == "got USR1\n", "expected `got USR1`, received {line:?}");
        Ok(time)
    };
    (0..count).map(&mut one).collect()
}

fn told(setup: &Setup) -> Comparison<'_> {
    let core = setup.cores.first;
    let mut rows = setup.rows(Teller::of, |teller| {
        let count = setup.scaled(TIMED);
        Box::new(move |()| {
            let times = on_core(core, || teller.times(count))?;
            Ok(times.iter().sum::<f64>() / times.len() as f64)
        })
    });
    rows.push(Row::new("there and back: two wake-ups", Role::Limit, move |()| {
        Ok(2.0 * phys::sleep_and_wake(setup.cores.one())? / 1e3)
    }));
    Comparison {
        title: "SIGUSR1, until its line is there, everybody on one core".to_owned(),
        unit: "µs a signal",
        better: Better::Less,
        repeat: Repeat::Rounds,
        rows,
    }
}

fn times(setup: &Setup) -> Latency<'_> {
    let (core, count) = (setup.cores.first, setup.scaled(TIMED));
    let mut rows = setup.rows(Teller::of, |teller| Box::new(move |()| on_core(core, || teller.times(count))));
    rows.push(Row::new("two wake-ups", Role::Limit, move |()| {
        Ok(vec![phys::sleep_and_wake(setup.cores.one())? * 2.0 / 1e3; count])
    }));
    Latency { title: "SIGUSR1, until its line is there, everybody on one core".to_owned(), unit: "µs", rows }
}

fn calls(setup: &Setup) -> Comparison<'_> {
    const FEW: usize = 50;
    let more = setup.scaled(500);
    let of = |contender: &Contender| contender.find("sigcount").map(Path::to_owned);
    let rows = setup.rows(of, |program| {
        Box::new(move |()| {
            let count = |count: usize| {
                count::calls_during(&mut Command::new(&program), move |pid, output| {
                    let (_, mut output) = ready(output)?.context("it ends without a word")?;
                    send(pid, &mut output, count).map(drop)
                })
            };
            Ok((count(FEW + more)? as f64 - count(FEW)? as f64).max(0.0) / more as f64)
        })
    });
    Comparison {
        title: "system calls of the receiver, one signal after the other".to_owned(),
        unit: "calls a signal",
        better: Better::Less,
        repeat: Repeat::Once,
        rows,
    }
}

fn limited(setup: &Setup) -> anyhow::Result<Comparison<'_>> {
    let nothing = in_path("true").context("find the program `true`")?;
    let of = |contender: &Contender| match contender.find("within") {
        Some(program) => Some((program.to_owned(), "60000")),
        None => Some((contender.find("timeout")?.to_owned(), "60")),
    };
    let mut rows = setup.rows(of, |(program, limit)| {
        let (count, nothing) = (setup.scaled(LIMITED), nothing.clone());
        Box::new(move |()| {
            let start = Instant::now();
            for _ in 0..count {
                process::run(Command::new(&program).arg(limit).arg(&nothing))?;
            }
            Ok(start.elapsed().as_secs_f64() * 1e6 / count as f64)
        })
    });
    rows.push(Row::new("without a limit", Role::Limit, |()| Ok(phys::spawn_and_wait()? / 1e3)));
    Ok(Comparison {
        title: "`true` under a limit of 60 s".to_owned(),
        unit: "µs a program",
        better: Better::Less,
        repeat: Repeat::Bracketed,
        rows,
    })
}

fn restarted(setup: &Setup) -> anyhow::Result<Comparison<'_>> {
    let nothing = in_path("true").context("find the program `true`")?;
    let count = setup.scaled(RESTARTS);
    let table = setup.scratch().join("table");
    let line = format!("a restart=always max={} {}\n", count - 1, nothing.display());
    fs::write(&table, line).context("write a table of programs")?;
    let script = format!("i=0; while [ $i -lt {count} ]; do {}; i=$((i + 1)); done", nothing.display());
    let of = |contender: &Contender| {
        let superv = || Some((contender.find("superv")?.to_owned(), true));
        superv().or_else(|| Some((contender.find("sh")?.to_owned(), false)))
    };
    let mut rows = setup.rows(of, |(program, is_superv)| {
        let (table, script) = (table.clone(), script.clone());
        Box::new(move |()| {
            let command = match is_superv {
                true => command(&program, &[&table.to_string_lossy()]),
                false => command(&program, &["-c", &script]),
            };
            let (time, text) = flow::run(setup, vec![command], None, Output::Kept)?;
            let text = String::from_utf8_lossy(&text);
            let ends = text.lines().filter(|line| line.starts_with("exit a ") && line.ends_with(" code=0"));
            ensure!(!is_superv || ends.count() == count, "not every program has its line `exit`");
            Ok(time.as_secs_f64() * 1e6 / count as f64)
        })
    });
    rows.push(Row::new("no supervisor", Role::Limit, |()| Ok(phys::spawn_and_wait()? / 1e3)));
    Ok(Comparison {
        title: "`true`, started again whenever it has ended".to_owned(),
        unit: "µs a start",
        better: Better::Less,
        repeat: Repeat::Bracketed,
        rows,
    })
}

fn requests(setup: &Setup) -> Comparison<'_> {
    let mut rows = setup.rows(Reader::of, |reader| {
        let mut pace = Pace::new(setup, REQUESTS);
        Box::new(move |()| Ok(pace.rate(|count| reader.time(setup, count))? / 1e3))
    });
    rows.push(Row::new("core to core", Role::Limit, |()| Ok(phys::transfer(setup.cores, 16)? / 16.0 / 1e3)));
    Comparison {
        title: "requests from a file, a line for each".to_owned(),
        unit: "k requests/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    }
}
