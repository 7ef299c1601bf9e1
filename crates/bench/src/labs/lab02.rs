//! Lab 02: records from `prodcon produce` to `prodcon consume`, and bytes through `prodcon copy`, beside the buffers of
//! the standard library, a channel between threads, and programs that only copy.

mod pair;
mod targets;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use pair::{Pair, line, payload};

use super::Lab;
use super::flow::{self, Output, command};
use super::trip::{Chain, difference, settle};
use crate::contender::{Contender, Origin, Peer};
use crate::count;
use crate::experiment::{Comparison, Curve, Experiment, Latency, Repeat, Role, Row};
use crate::harness::Setup;
use crate::machine::on_core;
use crate::numbers::{Better, whole};
use crate::pace::Pace;
use crate::phys;
use crate::process::Job;

/// `prodcon`.
pub(super) struct ProducerConsumer;

/// Bytes of a payload where there is one size only.
const SIZE: usize = 64;
/// Bytes of a payload in the picture.
const SIZES: [f64; 5] = [16.0, 256.0, 4096.0, 16384.0, 65536.0];
/// Records in one measurement, and bytes in the picture.
const RECORDS: usize = 20_000;
const BYTES: usize = 32 << 20;
/// Bytes in one measurement of a copy.
const COPIED: usize = 128 << 20;
/// Producers and consumers of one buffer, and records of each producer in one measurement.
const SIDES: usize = 2;
const SHARED: usize = 5_000;
/// Records in one measurement of times.
const TIMED: usize = 2_000;

impl Lab for ProducerConsumer {
    fn id(&self) -> &'static str {
        "02"
    }

    fn title(&self) -> &'static str {
        "Producer/consumer"
    }

    fn programs(&self) -> &'static [&'static str] {
        &["prodcon"]
    }

    fn peers(&self) -> &'static [Peer] {
        &[
            Peer { name: "std, 64 KiB", plays: "records", program: "records-std", from: Origin::Built },
            Peer { name: "crossbeam", plays: "run", program: "records-crossbeam", from: Origin::Built },
            Peer { name: "cat | cat", plays: "cat", program: "cat", from: Origin::Debian("coreutils") },
            Peer { name: "mbuffer", plays: "mbuffer", program: "mbuffer", from: Origin::Debian("mbuffer") },
        ]
    }

    fn experiments<'a>(&self, setup: &'a Setup) -> anyhow::Result<Vec<Experiment<'a>>> {
        Ok(vec![
            Experiment::Comparison(records(setup)),
            Experiment::Comparison(targets::targets(setup)),
            Experiment::Comparison(shared(setup)),
            Experiment::Comparison(copy(setup)?),
            Experiment::Comparison(calls(setup)),
            Experiment::Curve(sizes(setup)),
            Experiment::Latency(times(setup)),
        ])
    }
}

/// So many records two cores can pass each other.
fn core_to_core(setup: &Setup) -> Row<'_, (), f64> {
    Row::new("core to core", Role::Limit, |()| Ok(phys::transfer(setup.cores, SIZE)? / SIZE as f64 / 1e3))
}

fn records(setup: &Setup) -> Comparison<'_> {
    let mut rows = setup.rows(Pair::of, |pair| {
        let mut pace = Pace::new(setup, RECORDS);
        Box::new(move |()| Ok(pace.rate(|count| pair.time(setup, count, SIZE))? / 1e3))
    });
    rows.push(core_to_core(setup));
    Comparison {
        title: format!("records of {SIZE} bytes through a pipe, a line for each"),
        unit: "k records/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    }
}

fn shared(setup: &Setup) -> Comparison<'_> {
    let of = |contender: &Contender| {
        contender.find("prodcon").or_else(|| contender.find("run")).map(Path::to_owned)
    };
    let mut rows = setup.rows(of, |program| {
        let mut pace = Pace::new(setup, SHARED * SIDES);
        Box::new(move |()| Ok(pace.rate(|count| share(setup, &program, count / SIDES))? / 1e3))
    });
    rows.push(core_to_core(setup));
    Comparison {
        title: format!("one buffer, {SIDES} producers and {SIDES} consumers, {SIZE} bytes, a line for each"),
        unit: "k records/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    }
}

/// Each producer puts so many records; each must be printed once.
fn share(setup: &Setup, program: &Path, each: usize) -> anyhow::Result<Duration> {
    let (sides, number) = (SIDES.to_string(), each.to_string());
    let run = command(program, &["run", "-p", &sides, "-c", &sides, "-n", &number]);
    let (time, text) = flow::run(setup, vec![run], None, Output::Kept)?;
    let text = String::from_utf8(text).context("read the lines")?;
    let mut lines: Vec<&str> = text.lines().collect();
    let (total, wanted) = (lines.pop().unwrap_or_default(), format!("total {} records", SIDES * each));
    ensure!(total == wanted, "{}", difference(total.as_bytes(), wanted.as_bytes()));
    // Who has taken a record is chance.
    let mut came: Vec<&str> =
        lines.iter().map(|line| line.split(" by ").next().unwrap_or_default()).collect();
    let all = (0..SIDES).flat_map(|producer| (0..each).map(move |number| line(producer, number, SIZE)));
    let mut all: Vec<String> = all.collect();
    came.sort_unstable();
    all.sort_unstable();
    ensure!(came == all, "some of {} records are lost, doubled or wrong", all.len());
    Ok(time)
}

fn copy(setup: &Setup) -> anyhow::Result<Comparison<'_>> {
    let bytes = setup.scaled(COPIED);
    let input = setup.scratch().join("input");
    let block: Vec<u8> = (0..1 << 16).map(|at| (at * 31 % 251) as u8).collect();
    std::fs::write(&input, block.iter().cycle().take(bytes).copied().collect::<Vec<u8>>())
        .context("write a file to copy")?;
    let commands = |contender: &Contender| -> Option<fn(&Path) -> Vec<Command>> {
        match contender {
            one if one.find("prodcon").is_some() => Some(|program| vec![command(program, &["copy"])]),
            one if one.find("cat").is_some() => {
                Some(|program| vec![command(program, &[]), command(program, &[])])
            }
            one if one.find("mbuffer").is_some() => Some(|program| vec![command(program, &["-q"])]),
            _ => None,
        }
    };
    let program = |contender: &Contender| {
        ["prodcon", "cat", "mbuffer"].iter().find_map(|name| contender.find(name)).map(Path::to_owned)
    };
    let mut rows = setup.rows(
        |contender| Some((commands(contender)?, program(contender)?)),
        |(commands, program)| {
            let (input, mut is_checked) = (input.clone(), false);
            Box::new(move |()| {
                if !is_checked {
                    let came = flow::run(setup, commands(&program), Some(&input), Output::Kept)?.1;
                    let wanted = std::fs::read(&input).context("read the file to copy")?;
                    ensure!(came == wanted, "the copy has other bytes than the file");
                    is_checked = true;
                }
                let (time, _) = flow::run(setup, commands(&program), Some(&input), Output::Dropped)?;
                Ok(bytes as f64 / time.as_secs_f64() / 1e9)
            })
        },
    );
    rows.push(Row::new("copied on one core", Role::Limit, |()| Ok(phys::copy(64 << 10) / 1e9)));
    Ok(Comparison {
        title: "a file through two processes and a pipe".to_owned(),
        unit: "GB/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    })
}

fn calls(setup: &Setup) -> Comparison<'_> {
    const FEW: usize = 200;
    let more = setup.scaled(2_000);
    let rows = setup.rows(Pair::of, |pair| {
        Box::new(move |()| {
            let (few, many) = (FEW, FEW + more);
            let both = |count| -> anyhow::Result<u64> {
                // Through a file: so nobody has to wait, and the count is the same each time.
                let path = setup.scratch().join("records");
                let file = std::fs::File::create(&path).context("make a file of records")?;
                let produced = count::calls(pair.produce(count, SIZE).stdin(Stdio::null()).stdout(file))?;
                let file = std::fs::File::open(&path).context("open the records")?;
                Ok(produced + count::calls(pair.consume().stdin(file).stdout(Stdio::null()))?)
            };
            Ok((both(many)? as f64 - both(few)? as f64) / more as f64)
        })
    });
    Comparison {
        title: format!("system calls of records of {SIZE} bytes while nobody has to wait"),
        unit: "calls a record, both sides",
        better: Better::Less,
        repeat: Repeat::Once,
        rows,
    }
}

fn sizes(setup: &Setup) -> Curve<'_> {
    let mut rows = setup.rows(Pair::of, |pair| {
        Box::new(move |size| {
            let size = whole(size);
            let count = setup.scaled((BYTES / size).min(2 * RECORDS));
            Ok((size * count) as f64 / pair.time(setup, count, size)?.as_secs_f64())
        })
    });
    rows.push(Row::new("core to core", Role::Limit, |size| phys::transfer(setup.cores, whole(size))));
    Curve {
        title: "records through a pipe against their size".to_owned(),
        x: "bytes in a record",
        y: "bytes/s",
        at: SIZES.to_vec(),
        rows,
    }
}

fn times(setup: &Setup) -> Latency<'_> {
    let (core, count) = (setup.cores.first, setup.scaled(TIMED));
    let mut record = vec![0; 8];
    record[..4].copy_from_slice(&(SIZE as u32).to_le_bytes());
    record.extend(payload(0, 7, SIZE));
    let answer = format!("{}\n", line(0, 7, SIZE));
    let mut rows = setup.rows(Pair::of, |pair| {
        let (record, answer) = (record.clone(), answer.clone());
        Box::new(move |()| {
            on_core(core, || {
                let mut job = Job::start(pair.consume().stdin(Stdio::piped()).stdout(Stdio::piped()))?;
                let times = Chain::through(&mut job)?.times(&record, answer.as_bytes(), 50, count);
                settle(times, vec![job])
            })
        })
    });
    rows.push(Row::new("two wake-ups", Role::Limit, move |()| {
        Ok(vec![phys::sleep_and_wake(setup.cores.one())? * 2.0 / 1e3; count])
    }));
    Latency {
        title: "one record into a consumer, until its line is there, everybody on one core".to_owned(),
        unit: "µs",
        rows,
    }
}
