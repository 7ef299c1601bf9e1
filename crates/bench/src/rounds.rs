//! Runs an experiment: in interleaved rounds, A B C then C B A, so that whatever the machine does to one it does to
//! all. A figure of two cores counts only where the cores did not move meanwhile.

use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::chart::{Chart, Line, Tick};
use crate::experiment::{Comparison, Curve, Latency, Measured, Repeat, Role, Row, Table};
use crate::machine::Distance;
use crate::numbers::{PERCENT_TICKS, Spread, bytes, percentiles, whole};
use crate::ranking::{Order, Runner, is_settled, ranking};

/// Two measurements of a cache line that differ by more than this have a move between them.
const SAME: f64 = 1.4;
/// How often a measurement is repeated because the cores moved.
const ATTEMPTS: u32 = 3;
/// After so many rounds no other begins where the ranking is settled.
const ENOUGH: usize = 9;

/// What stands around a measurement; a test has its own.
pub trait Surroundings {
    /// One-way nanoseconds of a cache line between the cores, now. `None`: there is only one core.
    ///
    /// # Errors
    /// When it cannot be measured.
    fn line(&mut self) -> anyhow::Result<Option<f64>>;

    /// Ends what a measurement has left behind.
    ///
    /// # Errors
    /// When the user wants the run to end.
    fn tidy(&mut self) -> anyhow::Result<()>;

    /// What a run before has found for the table with this title.
    fn before(&self, _title: &str) -> Option<Order> {
        None
    }
}

/// How long an experiment may go on.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Rounds of a comparison.
    pub rounds: usize,
    /// Measurements of which the middle one is a value of a comparison; an odd number. Where the kernel puts two processes on one
    /// core by chance, a single one may be several times too small.
    pub measurements: usize,
    /// Values at each place of a curve, and rounds of samples.
    pub repeats: usize,
    /// After this time no round begins, but for the first three: a busy machine gets fewer rounds, not more minutes.
    pub budget: Duration,
}

impl Effort {
    /// What ratios good to some percent need, and a ranking in which it is doubtful who is apart.
    #[must_use]
    pub fn full() -> Self {
        Self { rounds: 25, measurements: 3, repeats: 3, budget: Duration::from_secs(12) }
    }

    fn is_over(&self, done: usize, start: Instant) -> bool {
        done >= 3 && start.elapsed() >= self.budget
    }
}

/// One value and the circumstances under which it was taken.
#[derive(Debug, Clone, Copy)]
struct Sample {
    row: usize,
    round: usize,
    value: f64,
    distance: Option<Distance>,
    is_steady: bool,
}

/// Measures a comparison.
///
/// # Errors
/// Only when the surroundings fail; a contender that fails has its failure in its row.
pub fn compare(
    mut comparison: Comparison<'_>,
    effort: Effort,
    around: &mut dyn Surroundings,
) -> anyhow::Result<Table> {
    let (rounds, measurements) = match comparison.repeat {
        Repeat::Once => (1, 1),
        Repeat::Rounds | Repeat::Bracketed => (effort.rounds, effort.measurements),
    };
    let is_bracketed = comparison.repeat == Repeat::Bracketed;
    let before = around.before(&comparison.title);
    let start = Instant::now();
    let mut samples = Vec::new();
    let mut failures = vec![None; comparison.rows.len()];
    for round in 0..rounds {
        let runners = || runners(&comparison, &samples, &failures);
        let is_settled = || is_settled(&runners(), comparison.better, before.as_ref());
        if effort.is_over(round, start) || round >= ENOUGH && is_settled() {
            break;
        }
        let mut order: Vec<usize> = (0..comparison.rows.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for row in order {
            if failures[row].is_some() {
                continue;
            }
            match sample(&mut comparison.rows[row], measurements, is_bracketed, around)? {
                Ok((value, distance, is_steady)) => {
                    samples.push(Sample { row, round, value, distance, is_steady });
                }
                Err(failure) => failures[row] = Some(format!("{failure:#}")),
            }
        }
    }
    Ok(table(&comparison, &samples, failures, before.as_ref()))
}

type Outcome = anyhow::Result<(f64, Option<Distance>, bool)>;

/// One value. The outer error is the surroundings', the inner one the contender's.
fn sample(
    row: &mut Row<'_, (), f64>,
    measurements: usize,
    is_bracketed: bool,
    around: &mut dyn Surroundings,
) -> anyhow::Result<Outcome> {
    let mut before = if is_bracketed { around.line()? } else { None };
    let mut attempt = 1;
    loop {
        let value = match middle(row, measurements, around)? {
            Ok(value) => value,
            Err(failure) => return Ok(Err(failure)),
        };
        let Some(first) = before else { return Ok(Ok((value, None, true))) };
        let Some(last) = around.line()? else { return Ok(Ok((value, None, true))) };
        let is_steady = first.max(last) / first.min(last) < SAME;
        if is_steady || attempt == ATTEMPTS {
            return Ok(Ok((value, Some(Distance::of(f64::midpoint(first, last))), is_steady)));
        }
        attempt += 1;
        before = Some(last);
    }
}

/// The middle of so many measurements, an odd number.
fn middle(
    row: &mut Row<'_, (), f64>,
    number: usize,
    around: &mut dyn Surroundings,
) -> anyhow::Result<anyhow::Result<f64>> {
    let mut values = Vec::new();
    for _ in 0..number {
        match measure(row, (), around)? {
            Ok(value) => values.push(value),
            failure @ Err(_) => return Ok(failure),
        }
    }
    Ok(Spread::of(&values).map(|spread| spread.median).context("nothing was measured"))
}

/// One call of a contender, after which nothing of it is left.
fn measure<In, Out>(
    row: &mut Row<'_, In, Out>,
    input: In,
    around: &mut dyn Surroundings,
) -> anyhow::Result<anyhow::Result<Out>> {
    let value = (row.measure)(input);
    around.tidy()?;
    Ok(value)
}

/// Pure: the table of the samples. Only those count that were taken at the distance which most of them saw.
fn table(
    comparison: &Comparison<'_>,
    samples: &[Sample],
    failures: Vec<Option<String>>,
    before: Option<&Order>,
) -> Table {
    let distance = usual(samples);
    let counts = |sample: &&Sample| sample.distance == distance;
    let of = |row: usize| samples.iter().filter(counts).filter(move |sample| sample.row == row);
    let anchor = anchor(comparison, &failures, |row| of(row).next().is_some());
    let runners = runners(comparison, samples, &failures);
    let rows = comparison.rows.iter().zip(failures).enumerate().map(|(index, (row, failure))| {
        let values = of(index).map(|sample| sample.value).collect();
        let ratio = |sample: &Sample| {
            let beside = of(anchor?).find(|other| other.round == sample.round)?;
            Some(comparison.better.ratio(sample.value, beside.value))
        };
        let ratios = of(index).filter_map(ratio).collect();
        // What it gave before it failed is no result.
        let (values, ratios) = if failure.is_some() { (Vec::new(), Vec::new()) } else { (values, ratios) };
        Measured { name: row.name.clone(), role: row.role, values, ratios, failure }
    });
    Table {
        rows: rows.collect(),
        title: comparison.title.clone(),
        unit: comparison.unit,
        better: comparison.better,
        ranking: anchor.map(|_| ranking(&runners, comparison.better, before)),
        anchor: anchor.map(|index| comparison.rows[index].name.clone()),
        distance,
        elsewhere: samples.iter().filter(|sample| !counts(sample)).count(),
        unsteady: samples.iter().filter(counts).filter(|sample| !sample.is_steady).count(),
    }
}

/// Those who run against each other, with what counts of their rounds; a limit does not run, nor who has failed.
fn runners(comparison: &Comparison<'_>, samples: &[Sample], failures: &[Option<String>]) -> Vec<Runner> {
    let distance = usual(samples);
    let rounds = samples.iter().map(|sample| sample.round + 1).max().unwrap_or(0);
    let runner = |(index, row): (usize, &Row<'_, (), f64>)| {
        let mut values = vec![None; rounds];
        let own = samples.iter().filter(|sample| sample.row == index && sample.distance == distance);
        own.for_each(|sample| values[sample.round] = Some(sample.value));
        let does_run = row.role != Role::Limit && failures[index].is_none();
        does_run.then(|| Runner { name: row.name.clone(), values })
    };
    comparison.rows.iter().enumerate().filter_map(runner).collect()
}

/// The distance of most samples.
fn usual(samples: &[Sample]) -> Option<Distance> {
    let seen = [Distance::Near, Distance::Far, Distance::Sibling];
    let count = |distance| samples.iter().filter(|sample| sample.distance == Some(distance)).count();
    seen.into_iter().filter(|&distance| count(distance) > 0).max_by_key(|&distance| count(distance))
}

/// Whom the others are compared with: the first peer that has a value, or else the reference, or else the limit.
fn anchor(
    comparison: &Comparison<'_>,
    failures: &[Option<String>],
    has_value: impl Fn(usize) -> bool,
) -> Option<usize> {
    let is_sound = |&index: &usize| failures[index].is_none() && has_value(index);
    let first = |role| {
        let of_role = |index: &usize| comparison.rows[*index].role == role;
        (0..comparison.rows.len()).filter(is_sound).find(of_role)
    };
    let is_alone = comparison.rows.iter().all(|row| row.role == Role::Limit);
    // Limits stand for themselves, and a count may be 0.
    if is_alone || comparison.repeat == Repeat::Once {
        return None;
    }
    [Role::Peer, Role::Reference, Role::Limit].into_iter().find_map(first)
}

/// Who could not be drawn, and why.
pub type Failures = Vec<(String, String)>;

/// Measures a curve: at each place every contender in turn, `repeats` times, and fewer where the time is over.
///
/// # Errors
/// Only when the surroundings fail.
pub fn curve(
    mut curve: Curve<'_>,
    effort: Effort,
    around: &mut dyn Surroundings,
) -> anyhow::Result<(Chart, Failures)> {
    let mut failures = vec![None; curve.rows.len()];
    let mut points = vec![Vec::new(); curve.rows.len()];
    // Each place has the same share of the time.
    let share = effort.budget.div_f64(curve.at.len().max(1) as f64);
    for &x in &curve.at {
        let start = Instant::now();
        let mut values = vec![Vec::new(); curve.rows.len()];
        for _ in (0..effort.repeats).take_while(|&done| done == 0 || start.elapsed() < share) {
            turn(&mut curve.rows, &mut failures, x, around, |row, value| values[row].push(value))?;
        }
        for (index, values) in values.iter().enumerate() {
            points[index].extend(Spread::of(values).map(|spread| (x, spread.median)));
        }
    }
    let lines = curve.rows.iter().zip(points).map(|(row, points)| line(row, points)).collect();
    let failures = told(&curve.rows, failures);
    let ticks = curve.at.iter().map(|&x| Tick { at: x, name: bytes(whole(x)) }).collect();
    Ok((Chart { title: curve.title, x: curve.x.to_owned(), y: curve.y.to_owned(), ticks, lines }, failures))
}

/// Measures percentiles: the samples of `repeats` interleaved rounds, and fewer where the time is over.
///
/// # Errors
/// Only when the surroundings fail.
pub fn latency(
    mut latency: Latency<'_>,
    effort: Effort,
    around: &mut dyn Surroundings,
) -> anyhow::Result<(Chart, Failures)> {
    let start = Instant::now();
    let mut failures = vec![None; latency.rows.len()];
    let mut samples = vec![Vec::new(); latency.rows.len()];
    for _ in (0..effort.repeats).take_while(|&done| done == 0 || start.elapsed() < effort.budget) {
        turn(&mut latency.rows, &mut failures, (), around, |row, more| samples[row].extend(more))?;
    }
    let lines = latency.rows.iter().zip(samples).map(|(row, samples)| line(row, percentiles(&samples)));
    let lines = lines.collect();
    let failures = told(&latency.rows, failures);
    let ticks = PERCENT_TICKS.iter().map(|&(at, name)| Tick { at, name: name.to_owned() }).collect();
    let x = "share of all that took at most this long".to_owned();
    Ok((Chart { title: latency.title, x, y: latency.unit.to_owned(), ticks, lines }, failures))
}

/// Asks every contender that has not failed once, in turn. `take` gets what each gave.
fn turn<In: Copy, Out>(
    rows: &mut [Row<'_, In, Out>],
    failures: &mut [Option<String>],
    input: In,
    around: &mut dyn Surroundings,
    mut take: impl FnMut(usize, Out),
) -> anyhow::Result<()> {
    for (index, (row, failure)) in rows.iter_mut().zip(failures).enumerate() {
        if failure.is_none() {
            match measure(row, input, around)? {
                Ok(value) => take(index, value),
                Err(why) => *failure = Some(format!("{why:#}")),
            }
        }
    }
    Ok(())
}

fn line<In, Out>(row: &Row<'_, In, Out>, points: Vec<(f64, f64)>) -> Line {
    Line { name: row.name.clone(), is_limit: row.role == Role::Limit, points }
}

fn told<In, Out>(rows: &[Row<'_, In, Out>], failures: Vec<Option<String>>) -> Failures {
    let named = rows.iter().zip(failures);
    named.filter_map(|(row, failure)| Some((row.name.clone(), failure?))).collect()
}

#[cfg(test)]
mod tests;
