//! How the totals of a class in a lab lie: their middle, and how many are in each tenth. Pure.

use super::{LabResults, Standing};

/// So many bars has a distribution, where there are points enough.
const BARS: u32 = 10;

/// The totals that count: of those who handed in and of whom no point is undecided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spread {
    /// From the lowest to the highest; never empty.
    totals: Vec<u32>,
    max: u32,
}

/// A part of the scale, and how many totals are in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// The lowest total in it.
    pub from: u32,
    /// The highest total in it.
    pub to: u32,
    /// How many there are.
    pub count: usize,
}

impl Spread {
    /// The spread of a class; nothing where no total is final.
    #[must_use]
    pub fn of(results: &LabResults) -> Option<Self> {
        let counts = results
            .members
            .iter()
            .filter(|member| member.entry.standing == Standing::HandedIn && member.undecided == 0);
        let mut totals: Vec<u32> = counts.map(|member| member.total).collect();
        totals.sort_unstable();
        (!totals.is_empty()).then(|| Self { totals, max: results.head.max() })
    }

    /// How many totals there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.totals.len()
    }

    /// Of an even number the lower one of the middle, so that it is somebody's total.
    #[must_use]
    pub fn median(&self) -> u32 {
        self.totals[(self.totals.len() - 1) / 2]
    }

    /// With one decimal, rounded half up: `71.3`.
    #[must_use]
    pub fn mean(&self) -> String {
        let count = self.totals.len() as u64;
        let sum: u64 = self.totals.iter().copied().map(u64::from).sum();
        let tenths = (sum * 20 + count) / (count * 2);
        format!("{}.{}", tenths / 10, tenths % 10)
    }

    /// The scale in tenths; the last one has the full marks, too. A scale of few points has a bar for each.
    #[must_use]
    pub fn bars(&self) -> Vec<Bar> {
        let bars = BARS.min(self.max).max(1);
        let from = |bar: u32| (bar * self.max).div_ceil(bars);
        let bar = |number: u32| {
            let to = if number + 1 == bars { self.max } else { from(number + 1) - 1 };
            let from = from(number);
            let count = self.totals.iter().filter(|total| (from..=to).contains(*total)).count();
            Bar { from, to, count }
        };
        (0..bars).map(bar).collect()
    }
}
