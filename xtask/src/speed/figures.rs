//! What was measured, as a table. Pure.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, Table, presets};
use serde::Serialize;

use super::usage::Used;

/// All that was measured.
#[derive(Debug, Serialize)]
pub(super) struct Figures {
    /// How many works were graded in each round.
    pub(super) submissions: usize,
    /// The labs' ids.
    pub(super) labs: Vec<String>,
    pub(super) seed: u64,
    pub(super) cores: usize,
    pub(super) toolchain: String,
    /// How many processes wanted a core in the minute before: on an idle machine less than 1.
    pub(super) load: f64,
    /// The grader's first run, which makes the specification, the helper programs and the build seed.
    pub(super) first: Used,
    pub(super) rounds: Vec<Round>,
}

/// One round.
#[derive(Debug, Default, Serialize)]
pub(super) struct Round {
    /// The whole class.
    pub(super) grader: Used,
    /// `cargo test` with a new target folder, one for each submission.
    pub(super) fresh: Vec<Used>,
    /// `cargo test` with compiled dependencies, one for each submission.
    pub(super) warm: Vec<Used>,
}

/// The least, the middle and the most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spread(pub(super) [f64; 3]);

impl Spread {
    pub(super) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<f64> = values.collect();
        values.sort_by(f64::total_cmp);
        let (first, last) = (values.first()?, values.last()?);
        let half = values.len() / 2;
        let middle = match values.len() % 2 {
            0 => f64::midpoint(values[half - 1], values[half]),
            _ => values[half],
        };
        Some(Self([*first, middle, *last]))
    }
}

fn seconds(used: &[Used]) -> f64 {
    used.iter().map(|used| used.seconds).sum()
}

/// How the cells of a row are written.
type Written = fn(f64) -> String;

/// A row: what it is, and its three cells.
pub(super) type Row = (String, [String; 3]);

impl Figures {
    fn each(&self, value: impl Fn(&Round) -> f64) -> Option<Spread> {
        Spread::of(self.rounds.iter().map(value))
    }

    fn rows(&self) -> Vec<Row> {
        let count = self.submissions as f64;
        let time: Written = |seconds| format!("{seconds:.2} s");
        let times: Written = |ratio| format!("{ratio:.1} ×");
        let mib: Written = |bytes| format!("{:.0} MiB", bytes / f64::from(1 << 20));
        let most = |used: &[Used], of: fn(&Used) -> u64| used.iter().map(of).max().unwrap_or(0) as f64;
        let first = Spread([self.first.seconds / count; 3]);
        let mut rows = Vec::new();
        let mut add = |what: &str, written: Written, spread: Option<Spread>| {
            rows.extend(spread.map(|spread| (what.to_owned(), spread.0.map(written))));
        };
        add("grader, per submission", time, self.each(|round| round.grader.seconds / count));
        add("grader, with all that is made once", time, Some(first));
        let has_cargo = self.rounds.iter().all(|round| !round.fresh.is_empty());
        if has_cargo {
            add("`cargo test`, new target folder", time, self.each(|round| seconds(&round.fresh) / count));
            add("`cargo test`, dependencies compiled", time, self.each(|round| seconds(&round.warm) / count));
            let faster = |cargo: fn(&Round) -> &Vec<Used>| {
                self.each(|round| seconds(cargo(round)) / round.grader.seconds)
            };
            add("**ratio, new target folder**", times, faster(|round| &round.fresh));
            add("**ratio, dependencies compiled**", times, faster(|round| &round.warm));
        }
        add("memory, the runner alone", mib, self.each(|round| round.grader.own_memory as f64));
        add("memory, grader with all it starts", mib, self.each(|round| round.grader.memory as f64));
        if has_cargo {
            add("memory, `cargo test`, new", mib, self.each(|round| most(&round.fresh, |used| used.memory)));
        }
        add("disk, grader", mib, self.each(|round| round.grader.disk as f64));
        if has_cargo {
            add(
                "disk, `cargo test`, new, one submission",
                mib,
                self.each(|round| most(&round.fresh, |u| u.disk)),
            );
            add("disk, `cargo test`, compiled", mib, self.each(|round| most(&round.warm, |used| used.disk)));
        }
        rows
    }

    fn about(&self) -> String {
        let Self { submissions, labs, rounds, cores, toolchain, seed, load, .. } = self;
        let (labs, rounds) = (labs.join(", "), rounds.len());
        format!(
            "labs {labs}; {submissions} submissions; {rounds} rounds; {cores} cores, load {load:.1} before; seed {seed}; {toolchain}"
        )
    }

    /// For a terminal.
    #[must_use]
    pub(super) fn table(&self) -> String {
        table(self.rows(), &self.about())
    }

    /// For a page.
    #[must_use]
    pub(super) fn markdown(&self) -> String {
        markdown(self.rows(), &self.about())
    }
}

/// Rows for a terminal, and what they are about.
pub(super) fn table(rows: Vec<Row>, about: &str) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["", "min", "median", "max"]);
    for (what, cells) in rows {
        let plain = what.replace(['*', '`'], "");
        table.add_row([plain].into_iter().chain(cells).collect::<Vec<String>>());
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    format!("{}\n{about}", table.trim_fmt())
}

/// Rows for a page, and what they are about.
pub(super) fn markdown(rows: Vec<Row>, about: &str) -> String {
    let mut out = String::from("| | min | median | max |\n|---|--:|--:|--:|\n");
    for (what, [least, middle, most]) in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| {what} | {least} | {middle} | {most} |");
    }
    let _ = writeln!(out, "\nMeasured: {about}.");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(seconds: f64) -> Used {
        Used { seconds, memory: 3 << 20, own_memory: 1 << 20, disk: 2 << 20 }
    }

    fn round(grader: f64, fresh: [f64; 2], warm: [f64; 2]) -> Round {
        Round { grader: used(grader), fresh: fresh.map(used).into(), warm: warm.map(used).into() }
    }

    fn figures(rounds: Vec<Round>) -> Figures {
        Figures {
            submissions: 2,
            labs: vec!["01".to_owned()],
            seed: 1,
            cores: 2,
            toolchain: "rustc 1.0.0".to_owned(),
            load: 0.5,
            first: used(30.0),
            rounds,
        }
    }

    #[test]
    fn ratios_are_taken_round_by_round() {
        // A slow round is slow for all: the ratio stays.
        let text = figures(vec![
            round(4.0, [20.0, 20.0], [5.0, 3.0]),
            round(40.0, [200.0, 200.0], [50.0, 30.0]),
            round(8.0, [30.0, 34.0], [8.0, 8.0]),
        ])
        .markdown();
        for line in [
            "| grader, per submission | 2.00 s | 4.00 s | 20.00 s |",
            "| grader, with all that is made once | 15.00 s | 15.00 s | 15.00 s |",
            "| `cargo test`, new target folder | 20.00 s | 32.00 s | 200.00 s |",
            "| **ratio, new target folder** | 8.0 × | 10.0 × | 10.0 × |",
            "| **ratio, dependencies compiled** | 2.0 × | 2.0 × | 2.0 × |",
            "| memory, the runner alone | 1 MiB | 1 MiB | 1 MiB |",
            "| disk, grader | 2 MiB | 2 MiB | 2 MiB |",
            "Measured: labs 01; 2 submissions; 3 rounds; 2 cores, load 0.5 before; seed 1; rustc 1.0.0.",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is not in:\n{text}");
        }
    }

    #[test]
    fn the_grader_alone_has_no_ratio() {
        let text = figures(vec![Round { grader: used(4.0), ..Round::default() }]).table();
        assert!(text.contains("grader, per submission") && text.contains("2.00 s"), "{text}");
        assert!(!text.contains("ratio") && !text.contains("cargo test"), "{text}");
    }

    #[test]
    fn an_even_number_of_rounds_has_a_middle() {
        assert_eq!(Spread::of([4.0, 1.0].into_iter()), Some(Spread([1.0, 2.5, 4.0])));
        assert_eq!(Spread::of(std::iter::empty()), None);
    }
}
