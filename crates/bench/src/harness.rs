//! What stands around a benchmark on the real machine: its cores, its scratch folder, Ctrl-C, and the report.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, bail};
use tempfile::TempDir;

use crate::before::Before;
use crate::contender::Contender;
use crate::experiment::{Experiment, Measure, Row};
use crate::machine::{self, Cores, Distance};
use crate::numbers::short;
use crate::ranking::Order;
use crate::report::{Part, Report};
use crate::rounds::{self, Effort, Surroundings};
use crate::{interrupt, phys, process};

/// What every experiment may use.
#[derive(Debug)]
pub struct Setup {
    /// Who is measured, by the order of tables.
    pub contenders: Vec<Contender>,
    /// The two processors.
    pub cores: Cores,
    /// How much is measured: 1 for real, a small share for a test of the benchmark itself.
    pub size: f64,
    /// What the run before has found.
    pub before: Before,
    scratch: TempDir,
}

impl Setup {
    /// For these contenders.
    ///
    /// # Errors
    /// When there is no room for files, or the processors are not known.
    pub fn new(contenders: Vec<Contender>, size: f64) -> anyhow::Result<Self> {
        let scratch = tempfile::Builder::new().prefix("ipc-bench-").tempdir();
        let scratch = scratch.context("make a folder for temporary files")?;
        Ok(Self { contenders, cores: Cores::find()?, size, before: Before::default(), scratch })
    }

    /// A folder for whatever a measurement needs; removed at the end.
    #[must_use]
    pub fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// A number of repetitions, in proportion to the size of this run.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a positive number that is not larger"
    )]
    pub fn scaled(&self, count: usize) -> usize {
        ((count as f64 * self.size) as usize).max(2)
    }

    /// A row for each contender that can do it: `of` finds its programs, `measure` gets them.
    pub fn rows<'a, W, In, Out>(
        &'a self,
        of: impl Fn(&'a Contender) -> Option<W>,
        measure: impl Fn(W) -> Measure<'a, In, Out>,
    ) -> Vec<Row<'a, In, Out>> {
        let row = |contender: &'a Contender| {
            let measure = measure(of(contender)?);
            Some(Row { name: contender.name.clone(), role: contender.role, measure })
        };
        self.contenders.iter().filter_map(row).collect()
    }

    /// A path in the folder that nobody has used yet.
    #[must_use]
    pub fn fresh(&self, name: &str) -> PathBuf {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        self.scratch().join(format!("{name}-{}", NUMBER.fetch_add(1, Ordering::Relaxed)))
    }

    /// Measures the experiments one after the other.
    ///
    /// # Errors
    /// When the machine does not let itself be measured, or the user wants the end.
    pub fn run(&self, experiments: Vec<Experiment<'_>>, effort: Effort) -> anyhow::Result<Vec<Part>> {
        let mut around = Real::new(self)?;
        let mut parts = Vec::new();
        for experiment in experiments {
            parts.push(match experiment {
                Experiment::Comparison(one) => Part::Table(rounds::compare(one, effort, &mut around)?),
                Experiment::Curve(one) => {
                    let (chart, failures) = rounds::curve(one, effort, &mut around)?;
                    Part::Chart(chart, failures)
                }
                Experiment::Latency(one) => {
                    let (chart, failures) = rounds::latency(one, effort, &mut around)?;
                    Part::Chart(chart, failures)
                }
            });
        }
        Ok(parts)
    }

    /// A report that has only its heading.
    ///
    /// # Errors
    /// When the machine does not let itself be measured.
    pub fn report(&self, title: &str, again: &str) -> anyhow::Result<Report> {
        let machine = machine_now(self.cores)?;
        Ok(Report { title: title.to_owned(), machine, again: again.to_owned(), ..Report::default() })
    }
}

/// One line: what the machine is like at this moment.
fn machine_now(cores: Cores) -> anyhow::Result<String> {
    let place = if cores.are_two() {
        let line = machine::line(cores)?;
        let worth = machine::worth(cores)?;
        let busy = if worth < 1.5 { " (busy, or two threads of one core: figures are rough)" } else { "" };
        format!("{}, line {} ns, two cores worth {worth:.2}{busy}", Distance::of(line), short(line))
    } else {
        "one core: figures of two cores mean little".to_owned()
    };
    let call = short(phys::empty_call());
    let copy = short(phys::copy(32 << 20) / 1e9);
    let fork = short(phys::fork_and_wait()? / 1e3);
    Ok(format!(
        "this machine now: {place};\n  empty system call {call} ns, memory copy {copy} GB/s, fork and wait {fork} µs"
    ))
}

/// The surroundings of a run.
struct Real<'a> {
    cores: Cores,
    before: &'a Before,
}

impl<'a> Real<'a> {
    fn new(setup: &'a Setup) -> anyhow::Result<Self> {
        interrupt::install()?;
        process::adopt()?;
        Ok(Self { cores: setup.cores, before: &setup.before })
    }
}

impl Surroundings for Real<'_> {
    fn line(&mut self) -> anyhow::Result<Option<f64>> {
        if self.cores.are_two() { machine::line(self.cores).map(Some) } else { Ok(None) }
    }

    fn tidy(&mut self) -> anyhow::Result<()> {
        process::sweep()?;
        if interrupt::is_asked() {
            bail!(Interrupted);
        }
        Ok(())
    }

    fn before(&self, title: &str) -> Option<Order> {
        self.before.order(title)
    }
}

/// The user wants the end.
#[derive(Debug, Clone, Copy)]
pub struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}
