//! `bench mechanisms`: the ways in which two processes can talk, side by side: what they cost on this machine, and
//! what they can and cannot do. `SELECT.md` says how to choose from it.

mod channel;
mod descriptors;
mod file;
mod kernel;
mod measure;
mod memory;
mod properties;
mod queued;
mod ring;
mod semaphores;
mod system_v;
mod watchdog;

pub use measure::send_many;

use crate::count;
use crate::experiment::{Comparison, Curve, Experiment, Repeat, Role, Row};
use crate::harness::Setup;
use crate::machine;
use crate::numbers::{Better, Spread, short, whole};
use crate::phys;
use crate::report::Part;
use channel::Mechanism;

/// Bytes of a message where there is one size only.
const MESSAGE: usize = 64;
/// Bytes of a message in the picture.
const SIZES: [f64; 3] = [64.0, 4096.0, 65536.0];

/// All mechanisms, in the order of tables: the pipe first, with which the others are compared.
static ALL: [Mechanism; 14] = [
    descriptors::PIPE,
    descriptors::FIFO,
    descriptors::STREAM,
    descriptors::PACKETS,
    descriptors::TCP,
    kernel::QUEUE,
    system_v::QUEUE,
    kernel::SIGNAL,
    queued::QUEUED,
    file::LOCKED,
    semaphores::SEMAPHORES,
    memory::EVENTFD,
    ring::RING,
    ring::MEMBARRIER,
];

/// The mechanism of this name.
#[must_use]
fn find(name: &str) -> Option<&'static Mechanism> {
    ALL.iter().find(|mechanism| mechanism.name == name)
}

/// What is measured, in the order in which [`chooser`] reads it.
#[must_use]
pub fn experiments(setup: &Setup) -> Vec<Experiment<'_>> {
    let (cores, one) = (setup.cores, setup.cores.one());
    let mut apart = rows(move |mechanism| measure::one_way(setup, mechanism, cores));
    apart.push(Row::new("cache line", Role::Limit, move |()| {
        if cores.are_two() { Ok(machine::line(cores)? / 1e3) } else { Ok(phys::sleep_and_wake(cores)? / 1e3) }
    }));
    let mut together = rows(move |mechanism| measure::one_way(setup, mechanism, one));
    together.push(Row::new("sleep and wake-up", Role::Limit, move |()| Ok(phys::sleep_and_wake(one)? / 1e3)));
    let latency = |place: &str, repeat, rows| {
        let title = format!("{MESSAGE} bytes, one way, {place}");
        Experiment::Comparison(Comparison { title, unit: "µs", better: Better::Less, repeat, rows })
    };
    let calls = Comparison {
        title: "system calls in a stream of messages".to_owned(),
        unit: "calls a message, both sides",
        better: Better::Less,
        repeat: Repeat::Once,
        rows: rows(move |mechanism| calls_a_message(setup, mechanism)),
    };
    vec![
        latency("two cores", Repeat::Bracketed, apart),
        latency("one core", Repeat::Rounds, together),
        Experiment::Comparison(calls),
        Experiment::Curve(throughput(setup)),
    ]
}

fn rows<'a>(
    measure: impl Fn(&'static Mechanism) -> anyhow::Result<f64> + Copy + 'a,
) -> Vec<Row<'a, (), f64>> {
    ALL.iter().map(|one| Row::new(one.name, Role::Peer, move |()| measure(one))).collect()
}

fn throughput(setup: &Setup) -> Curve<'_> {
    let streams = ALL.iter().filter(|mechanism| mechanism.largest > 0);
    let mut rows: Vec<Row<'_, f64, f64>> = streams
        .map(|mechanism| {
            Row::new(mechanism.name, Role::Peer, move |size| measure::rate(setup, mechanism, whole(size)))
        })
        .collect();
    rows.push(Row::new("core to core", Role::Limit, |size| phys::transfer(setup.cores, whole(size))));
    Curve {
        title: "throughput against the size of a message".to_owned(),
        x: "bytes in a message",
        y: "bytes/s",
        at: SIZES.to_vec(),
        rows,
    }
}

/// This program, started again, sends under the counter: what many messages cost more than few.
fn calls_a_message(setup: &Setup, mechanism: &Mechanism) -> anyhow::Result<f64> {
    let (few, many) = (100, 100 + setup.scaled(2_000));
    let this = std::env::current_exe()?;
    let calls = |count: usize| {
        let mut command = std::process::Command::new(&this);
        count::calls(
            command.args(["send", mechanism.name, &count.to_string()]).stdin(std::process::Stdio::null()),
        )
    };
    let more = calls(many)? as f64 - calls(few)? as f64;
    // How often somebody sleeps is chance: many messages of a ring may cost a few calls less than few.
    Ok(more.max(0.0) / (many - few) as f64)
}

/// The two tables of the chooser: this machine's figures, taken from the finished experiments, and what does not
/// depend on a machine.
#[must_use]
pub fn chooser(parts: &[Part]) -> [Part; 2] {
    let head = ["", "µs, two cores", "µs, one core", "calls", "64 B", "4 KiB", "64 KiB [GB/s]"];
    let figures = ALL.iter().map(|mechanism| {
        let tables =
            parts.iter().filter_map(|part| if let Part::Table(table) = part { Some(table) } else { None });
        let middle = tables.map(|table| {
            let row = table.rows.iter().find(|row| row.name == mechanism.name);
            row.and_then(|row| Spread::of(&row.values)).map_or("-".to_owned(), |spread| short(spread.median))
        });
        let lines =
            parts.iter().filter_map(|part| if let Part::Chart(chart, _) = part { Some(chart) } else { None });
        let line = lines.flat_map(|chart| &chart.lines).find(|line| line.name == mechanism.name);
        let rate = |size: f64| {
            let point = line.and_then(|line| line.points.iter().find(|point| (point.0 - size).abs() < 0.5));
            point.map_or("-".to_owned(), |point| short(point.1 / 1e9))
        };
        std::iter::once(mechanism.name.to_owned()).chain(middle).chain(SIZES.map(rate)).collect()
    });
    let words = |title: &str, head: &[&str], rows| {
        Part::Words(title.to_owned(), head.iter().map(ToString::to_string).collect(), rows)
    };
    [
        words("what they cost here", &head, figures.collect()),
        words("what they can do (see crates/bench/SELECT.md)", &properties::HEAD, properties::rows()),
    ]
}

#[cfg(test)]
mod tests;
