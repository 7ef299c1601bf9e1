//! `bench phys`: what the machine can do at best, as a report of its own.

use crate::experiment::{Comparison, Curve, Experiment, Repeat, Role, Row};
use crate::harness::Setup;
use crate::machine;
use crate::numbers::Better;
use crate::phys;

/// Sizes of the blocks that are copied.
const SIZES: [f64; 7] = [64.0, 512.0, 4096.0, 32768.0, 262_144.0, 4_194_304.0, 67_108_864.0];
/// Larger blocks do not fit twice into what is under way from core to core.
const MOST: f64 = 131_072.0;

/// Everything that can be measured without a program of a lab.
#[must_use]
pub fn experiments(setup: &Setup) -> Vec<Experiment<'_>> {
    let limit = |name: &str, measure: fn(&Setup) -> anyhow::Result<f64>| {
        Row::new(name, Role::Limit, move |()| measure(setup))
    };
    let mut one_way =
        vec![limit("sleep and wake-up, one core", |s| Ok(phys::sleep_and_wake(s.cores.one())? / 1e3))];
    if setup.cores.are_two() {
        one_way.insert(0, limit("cache line", |s| Ok(machine::line(s.cores)? / 1e3)));
        one_way.push(limit("sleep and wake-up, two cores", |s| Ok(phys::sleep_and_wake(s.cores)? / 1e3)));
    }
    let comparison = |title: &str, unit, repeat, rows| {
        Experiment::Comparison(Comparison {
            title: title.to_owned(),
            unit,
            better: Better::Less,
            repeat,
            rows,
        })
    };
    let calls = vec![
        limit("system call that does nothing", |_| Ok(phys::empty_call() / 1e3)),
        limit("reading the clock", |_| Ok(phys::clock_read() / 1e3)),
        limit("fork, end, wait", |_| Ok(phys::fork_and_wait()? / 1e3)),
        limit("start `true`, wait", |_| Ok(phys::spawn_and_wait()? / 1e3)),
    ];
    vec![
        comparison("from one side to the other, one way", "µs", Repeat::Bracketed, one_way),
        comparison("what the kernel is asked for", "µs", Repeat::Rounds, calls),
        Experiment::Curve(memory(setup)),
    ]
}

fn memory(setup: &Setup) -> Curve<'_> {
    let copy = Row::new("copied on one core", Role::Limit, |size| Ok(phys::copy(whole(size))));
    // Beyond the window there is nothing new to see, and the same value keeps the line whole.
    let handed = Row::new("filled here, read there", Role::Limit, |size: f64| {
        phys::transfer(setup.cores, whole(size.min(MOST)))
    });
    Curve {
        title: "bytes a second".to_owned(),
        x: "bytes in a block",
        y: "bytes/s",
        at: SIZES.to_vec(),
        rows: vec![copy, handed],
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small whole numbers")]
fn whole(number: f64) -> usize {
    number as usize
}
