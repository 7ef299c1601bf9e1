//! Lab 07: records through `ring push` and `ring pop`, beside two queues from crates.io that do the same work inside
//! one process, a pipe, and what two cores can hand to each other at best.

mod records;
mod way;

use std::collections::BTreeSet;
use std::time::Instant;

use nix::poll::{PollTimeout, poll};
use records::Records;
use way::Way;

use super::Lab;
use crate::contender::{Contender, Origin, Peer};
use crate::experiment::{Comparison, Curve, Experiment, Latency, Repeat, Role, Row};
use crate::harness::Setup;
use crate::machine::on_core;
use crate::numbers::{Better, whole};
use crate::{phys, process};

/// `ring`.
pub(super) struct ShmRing;

/// Bytes of a record where there is one size only.
const RECORD: usize = 64;
/// Bytes of a record in the picture.
const SIZES: [f64; 6] = [16.0, 64.0, 256.0, 1024.0, 8192.0, 65536.0];
/// Lines in one measurement of times.
const LINES: usize = 1_500;
/// Milliseconds for which somebody who is blocked is watched; first he may come to rest.
const REST: u16 = 50;
const WATCHED: u16 = 300;

impl Lab for ShmRing {
    fn id(&self) -> &'static str {
        "07"
    }

    fn title(&self) -> &'static str {
        "Shared-memory ring"
    }

    fn programs(&self) -> &'static [&'static str] {
        &["ring"]
    }

    fn peers(&self) -> &'static [Peer] {
        &[
            Peer { name: "cat | cat", plays: "cat", program: "cat", from: Origin::Debian("coreutils") },
            Peer { name: "rtrb", plays: "lines", program: "lines-rtrb", from: Origin::Built },
            Peer { name: "crossbeam", plays: "lines", program: "lines-crossbeam", from: Origin::Built },
        ]
    }

    fn experiments<'a>(&self, setup: &'a Setup) -> anyhow::Result<Vec<Experiment<'a>>> {
        Ok(vec![
            Experiment::Comparison(records(setup)?),
            Experiment::Comparison(calls(setup)?),
            Experiment::Comparison(blocked(setup)?),
            Experiment::Curve(sizes(setup)?),
            Experiment::Latency(trips(setup)?),
        ])
    }
}

/// A row for each contender: `measure` gets its way and what it was called with.
fn rows<'a, In: 'a, Out>(
    setup: &'a Setup,
    measure: impl Fn(&mut Checked<'a>, In) -> anyhow::Result<Out> + Copy + 'a,
) -> anyhow::Result<Vec<Row<'a, In, Out>>> {
    let row = |contender: &'a Contender| {
        let mut checked = Checked { way: Way::of(contender)?, sizes: BTreeSet::new() };
        Ok(Row::new(&contender.name, contender.role, move |input| measure(&mut checked, input)))
    };
    setup.contenders.iter().map(row).collect()
}

/// A way, and the sizes of records for which it has shown that all of them arrive.
struct Checked<'a> {
    way: Way<'a>,
    sizes: BTreeSet<usize>,
}

impl Checked<'_> {
    /// Bytes a second. Before the first measurement of a size every byte that comes out is compared.
    fn rate(&mut self, setup: &Setup, size: usize) -> anyhow::Result<f64> {
        let records = Records::of(setup, size)?;
        if !self.sizes.contains(&size) {
            let output = setup.scratch().join("output");
            self.way.copy(&records, Some(&output))?;
            records.compare(&output)?;
            self.sizes.insert(size);
        }
        let start = Instant::now();
        self.way.copy(&records, None)?;
        Ok(records.bytes() as f64 / start.elapsed().as_secs_f64())
    }
}

fn records(setup: &Setup) -> anyhow::Result<Comparison<'_>> {
    let mut rows = rows(setup, |checked, ()| Ok(checked.rate(setup, RECORD)? / RECORD as f64 / 1e6))?;
    rows.push(Row::new("core to core", Role::Limit, |()| {
        Ok(phys::transfer(setup.cores, RECORD)? / RECORD as f64 / 1e6)
    }));
    Ok(Comparison {
        title: format!("lines of {RECORD} bytes, from a file through push and pop"),
        unit: "M records/s",
        better: Better::More,
        repeat: Repeat::Bracketed,
        rows,
    })
}

fn calls(setup: &Setup) -> anyhow::Result<Comparison<'_>> {
    Ok(Comparison {
        title: "system calls while nobody has to wait".to_owned(),
        unit: "calls a record, push and pop together",
        better: Better::Less,
        repeat: Repeat::Once,
        rows: rows(setup, |checked, ()| checked.way.calls_a_record(setup))?,
    })
}

fn blocked(setup: &Setup) -> anyhow::Result<Comparison<'_>> {
    let rows = rows(setup, |checked, ()| {
        let waiting = checked.way.wait_for_records()?;
        pause(REST)?;
        let (before, start) = (process::cpu_time(waiting.pid())?, Instant::now());
        pause(WATCHED)?;
        let used = process::cpu_time(waiting.pid())? - before;
        Ok(used / start.elapsed().as_secs_f64() / 1e9 * 100.0)
    });
    Ok(Comparison {
        title: "processor time of a consumer that waits".to_owned(),
        unit: "% of a core",
        better: Better::Less,
        repeat: Repeat::Once,
        rows: rows?,
    })
}

/// The time is what is measured here: how much of it somebody uses who has nothing to do.
fn pause(milliseconds: u16) -> anyhow::Result<()> {
    Ok(poll(&mut [], PollTimeout::from(milliseconds)).map(drop)?)
}

fn sizes(setup: &Setup) -> anyhow::Result<Curve<'_>> {
    let mut rows = rows(setup, |checked, size| checked.rate(setup, whole(size)))?;
    rows.push(Row::new("core to core", Role::Limit, |size| phys::transfer(setup.cores, whole(size))));
    Ok(Curve {
        title: "throughput against the size of a record".to_owned(),
        x: "bytes in a record",
        y: "bytes/s",
        at: SIZES.to_vec(),
        rows,
    })
}

fn trips(setup: &Setup) -> anyhow::Result<Latency<'_>> {
    let count = setup.scaled(LINES);
    let core = setup.cores.first;
    let mut rows = rows(setup, move |checked, ()| on_core(core, || checked.way.times(count)))?;
    rows.push(Row::new("three wake-ups", Role::Limit, move |()| {
        Ok(vec![phys::sleep_and_wake(setup.cores.one())? * 3.0 / 1e3; count])
    }));
    Ok(Latency {
        title: "one line through push and pop, everybody on one core".to_owned(), unit: "µs", rows
    })
}
