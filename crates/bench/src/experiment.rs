//! What is measured: the shapes of an experiment, as a lab's module describes it, and of its results. Plain data
//! but for the closures that measure.

use std::fmt;

use crate::machine::Distance;
use crate::numbers::Better;

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The student's program.
    Yours,
    /// The course's own answer.
    Reference,
    /// Somebody else's program or library, as people use it.
    Peer,
    /// What the machine can do at best.
    Limit,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Yours => "yours",
            Self::Reference => "reference",
            Self::Peer => "peer",
            Self::Limit => "limit",
        })
    }
}

/// One of those that are compared: `measure` is called again and again.
pub struct Row<'a, In, Out> {
    /// Its name in tables and pictures.
    pub name: String,
    /// Who it is.
    pub role: Role,
    /// Takes one measurement of some 20 to 60 ms. Whatever it starts has ended when it returns.
    pub measure: Measure<'a, In, Out>,
}

/// What takes one measurement.
pub type Measure<'a, In, Out> = Box<dyn FnMut(In) -> anyhow::Result<Out> + 'a>;

impl<'a, In, Out> Row<'a, In, Out> {
    /// A row.
    pub fn new(name: &str, role: Role, measure: impl FnMut(In) -> anyhow::Result<Out> + 'a) -> Self {
        Self { name: name.to_owned(), role, measure: Box::new(measure) }
    }
}

/// How a comparison is repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// In rounds, each value between two measurements of the distance of the cores: for clocks on two cores.
    Bracketed,
    /// In rounds: for clocks on one core.
    Rounds,
    /// Once: for what is counted and comes out the same each time.
    Once,
}

/// One figure of several contenders: a table.
pub struct Comparison<'a> {
    /// What is measured.
    pub title: String,
    /// In which unit.
    pub unit: &'static str,
    /// Which direction is good.
    pub better: Better,
    /// How often.
    pub repeat: Repeat,
    /// Of whom; the order is that of the table.
    pub rows: Vec<Row<'a, (), f64>>,
}

/// One figure of several contenders at several places: a picture with a line for each.
pub struct Curve<'a> {
    /// What is measured.
    pub title: String,
    /// What the horizontal axis says.
    pub x: &'static str,
    /// What the vertical axis says.
    pub y: &'static str,
    /// The places.
    pub at: Vec<f64>,
    /// Of whom.
    pub rows: Vec<Row<'a, f64, f64>>,
}

/// Many single times of several contenders: a picture of their percentiles.
pub struct Latency<'a> {
    /// What is measured.
    pub title: String,
    /// In which unit.
    pub unit: &'static str,
    /// Of whom. Each call gives many samples.
    pub rows: Vec<Row<'a, (), Vec<f64>>>,
}

/// What a lab's module asks for.
pub enum Experiment<'a> {
    /// A table.
    Comparison(Comparison<'a>),
    /// A picture of a figure against a size.
    Curve(Curve<'a>),
    /// A picture of percentiles.
    Latency(Latency<'a>),
}

/// A row of a finished comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// Its name.
    pub name: String,
    /// Who it is.
    pub role: Role,
    /// What was measured, round by round.
    pub values: Vec<f64>,
    /// How many times better than the anchor it was, round by round.
    pub ratios: Vec<f64>,
    /// Why it has no value.
    pub failure: Option<String>,
}

/// A finished comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What was measured.
    pub title: String,
    /// In which unit.
    pub unit: &'static str,
    /// Which direction is good.
    pub better: Better,
    /// Against whom the ratios are. `None`: there is nobody to compare with.
    pub anchor: Option<String>,
    /// How far the cores were from each other in the rounds that count. `None`: it did not matter.
    pub distance: Option<Distance>,
    /// Rounds that do not count, because the cores were at another distance.
    pub elsewhere: usize,
    /// Measurements that count although the cores moved under each attempt.
    pub unsteady: usize,
    /// Who is clearly better than whom. `None`: limits do not run against each other, and counts speak for themselves.
    pub ranking: Option<String>,
    /// The rows.
    pub rows: Vec<Measured>,
}
