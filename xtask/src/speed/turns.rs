//! What a student waits for, as a table. Pure.

use serde::Serialize;

use super::figures::{self, Row, Spread};

/// All that was measured.
#[derive(Debug, Serialize)]
pub(super) struct Turns {
    /// The lab's id.
    pub(super) lab: String,
    /// How many checks it has.
    pub(super) checks: usize,
    pub(super) seed: u64,
    pub(super) cores: usize,
    pub(super) toolchain: String,
    /// How many processes wanted a core in the minute before: on an idle machine less than 1.
    pub(super) load: f64,
    pub(super) turns: Vec<Turn>,
}

/// Two tools that do the same, in seconds.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(super) struct Pair {
    /// `check`.
    pub(super) ours: f64,
    /// `cargo test`.
    pub(super) cargo: f64,
}

/// One round.
#[derive(Debug, Default, Serialize)]
pub(super) struct Turn {
    /// Nothing is built.
    pub(super) cold: Pair,
    /// Nothing has changed.
    pub(super) warm: Pair,
    /// One line has changed.
    pub(super) changed: Pair,
    /// `watch`: seconds from the save of that line to the first verdict.
    pub(super) first_verdict: f64,
    /// And to the last one.
    pub(super) last_verdict: f64,
}

/// One state's pair of a round.
type Side = fn(&Turn) -> Pair;

impl Turns {
    fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut add = |what: &str, written: fn(f64) -> String, value: &dyn Fn(&Turn) -> f64| {
            let spread = Spread::of(self.turns.iter().map(value));
            rows.extend(spread.map(|spread| (what.to_owned(), spread.0.map(written))));
        };
        let time = |seconds| format!("{seconds:.2} s");
        let times = |ratio| format!("{ratio:.2} ×");
        let states: [(&str, Side); 3] = [
            ("nothing built", |turn| turn.cold),
            ("one line changed", |turn| turn.changed),
            ("nothing changed", |turn| turn.warm),
        ];
        for (state, pair) in states {
            add(&format!("`check`, {state}"), time, &|turn| pair(turn).ours);
            add(&format!("`cargo test`, {state}"), time, &|turn| pair(turn).cargo);
            add(&format!("**ratio, {state}**"), times, &|turn| pair(turn).cargo / pair(turn).ours);
        }
        add("`watch`, save to first verdict", time, &|turn| turn.first_verdict);
        add("`watch`, save to last verdict", time, &|turn| turn.last_verdict);
        add("**ratio, first verdict**", times, &|turn| turn.changed.cargo / turn.first_verdict);
        add("**ratio, last verdict**", times, &|turn| turn.changed.cargo / turn.last_verdict);
        rows
    }

    fn about(&self) -> String {
        let Self { lab, checks, turns, cores, toolchain, seed, load, .. } = self;
        let rounds = turns.len();
        format!(
            "lab {lab}; {checks} checks; {rounds} rounds; {cores} cores, load {load:.1} before; seed {seed}; {toolchain}"
        )
    }

    /// For a terminal.
    #[must_use]
    pub(super) fn table(&self) -> String {
        figures::table(self.rows(), &self.about())
    }

    /// For a page.
    #[must_use]
    pub(super) fn markdown(&self) -> String {
        figures::markdown(self.rows(), &self.about())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(slow: f64) -> Turn {
        let pair = |ours: f64, cargo: f64| Pair { ours: ours * slow, cargo: cargo * slow };
        Turn {
            cold: pair(80.0, 40.0),
            warm: pair(5.0, 10.0),
            changed: pair(6.0, 12.0),
            first_verdict: 1.5 * slow,
            last_verdict: 4.0 * slow,
        }
    }

    #[test]
    fn ratios_are_taken_round_by_round_and_above_one_cargo_is_slower() {
        let turns = Turns {
            lab: "01".to_owned(),
            checks: 66,
            seed: 1,
            cores: 2,
            toolchain: "rustc 1.0.0".to_owned(),
            load: 0.5,
            turns: vec![turn(1.0), turn(10.0), turn(2.0)],
        };
        let text = turns.markdown();
        for line in [
            "| `check`, nothing built | 80.00 s | 160.00 s | 800.00 s |",
            "| **ratio, nothing built** | 0.50 × | 0.50 × | 0.50 × |",
            "| **ratio, one line changed** | 2.00 × | 2.00 × | 2.00 × |",
            "| **ratio, nothing changed** | 2.00 × | 2.00 × | 2.00 × |",
            "| `watch`, save to first verdict | 1.50 s | 3.00 s | 15.00 s |",
            "| **ratio, first verdict** | 8.00 × | 8.00 × | 8.00 × |",
            "| **ratio, last verdict** | 3.00 × | 3.00 × | 3.00 × |",
            "Measured: lab 01; 66 checks; 3 rounds; 2 cores, load 0.5 before; seed 1; rustc 1.0.0.",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is not in:\n{text}");
        }
    }
}
