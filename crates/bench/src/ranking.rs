//! Pure: who is faster than whom, as far as the rounds tell it. Two runs of one table must give one ranking; so who is
//! not clearly apart is not put in an order.

use crate::numbers::{Better, Spread};

/// What the same thing, measured against itself, differs by: two rows that differ by less are equal.
const SAME: f64 = 1.03;
/// The share of the rounds in which a row must be the better one.
const CLEAR: f64 = 0.8;

/// One row's values by round; `None` where a round gave it none that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Runner {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<Option<f64>>,
}

/// The runners that have values, from the best to the worst: `a > b = c`. Neighbours with a `=` are not clearly apart.
#[must_use]
pub fn ranking(runners: &[Runner], better: Better) -> String {
    let sorted = sorted(runners, better);
    let mut text = String::new();
    for (place, runner) in sorted.iter().enumerate() {
        if let Some(before) = place.checked_sub(1).map(|before| sorted[before]) {
            let wins = wins(before, runner, better);
            let is_clear = wins.share >= CLEAR && wins.ratio >= SAME;
            text.push_str(if is_clear { " > " } else { " = " });
        }
        text.push_str(&runner.name);
    }
    text
}

/// Whether more rounds would say nothing new: each is better than the next one in every round so far.
#[must_use]
pub fn is_settled(runners: &[Runner], better: Better) -> bool {
    let sorted = sorted(runners, better);
    sorted.windows(2).all(|pair| {
        let wins = wins(pair[0], pair[1], better);
        wins.share >= 1.0 && wins.ratio >= SAME
    })
}

fn sorted(runners: &[Runner], better: Better) -> Vec<&Runner> {
    let median = |runner: &Runner| {
        let values: Vec<f64> = runner.values.iter().copied().flatten().collect();
        Spread::of(&values).map(|spread| spread.median)
    };
    let mut with: Vec<(f64, &Runner)> =
        runners.iter().filter_map(|runner| Some((median(runner)?, runner))).collect();
    with.sort_by(|(a, _), (b, _)| match better {
        Better::More => b.total_cmp(a),
        Better::Less => a.total_cmp(b),
    });
    with.into_iter().map(|(_, runner)| runner).collect()
}

/// How one does against another, round by round.
struct Wins {
    share: f64,
    ratio: f64,
}

fn wins(one: &Runner, other: &Runner, better: Better) -> Wins {
    let rounds = one.values.iter().zip(&other.values);
    let ratios: Vec<f64> = rounds.filter_map(|(&a, &b)| Some(better.ratio(a?, b?))).collect();
    let won = ratios.iter().filter(|&&ratio| ratio > 1.0).count();
    let median = Spread::of(&ratios).map_or(0.0, |spread| spread.median);
    Wins { share: won as f64 / ratios.len().max(1) as f64, ratio: median }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runner(name: &str, values: &[f64]) -> Runner {
        Runner { name: name.to_owned(), values: values.iter().map(|&value| Some(value)).collect() }
    }

    #[test]
    fn whoever_is_not_clearly_apart_is_equal() {
        let all = [
            runner("slow", &[30.0, 31.0, 32.0, 30.0, 31.0]),
            runner("fast", &[10.0, 11.0, 10.0, 10.0, 11.0]),
            runner("mixed", &[10.0, 12.0, 9.0, 13.0, 11.2]),
        ];
        assert_eq!(ranking(&all, Better::Less), "fast = mixed > slow");
        assert_eq!(ranking(&all, Better::More), "slow > mixed = fast");
        assert!(!is_settled(&all, Better::Less));
        assert!(is_settled(&all[..2], Better::Less));
    }

    #[test]
    fn a_steady_difference_within_the_noise_is_none() {
        let all = [runner("a", &[100.0, 100.0, 100.0]), runner("b", &[101.0, 101.0, 101.0])];
        assert_eq!(ranking(&all, Better::Less), "a = b");
    }

    #[test]
    fn only_rounds_in_which_both_count_are_compared() {
        let mut a = runner("a", &[1.0, 1.0, 9.0]);
        a.values[2] = None;
        let b = runner("b", &[2.0, 2.0, 2.0]);
        let silent = Runner { name: "silent".to_owned(), values: vec![None; 3] };
        assert_eq!(ranking(&[silent, b, a], Better::Less), "a > b");
    }
}
