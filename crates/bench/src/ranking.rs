//! Pure: who is faster than whom, as far as the rounds tell it. Two runs of one table must give one ranking; so who is
//! not clearly apart is not put in an order.
//!
//! Where the rounds leave it open, the run before decides: those who were apart stay apart until it is the other one that is
//! better, and those who were equal stay equal until they are far apart. The rounds of one run are not enough: the middle of the
//! same two programs moves by up to 15 % from run to run on a virtual machine.
//!
//! Runners form groups. Between two groups everybody in the better one is clearly apart from everybody in the worse one, not
//! only the neighbours: else it would depend on the order of ties where a group ends. In a group they stand as in the table.

use crate::numbers::{Better, Spread};

/// Who is apart by less counts as equal. In one run the rounds of the same thing differ by some percent, and so do two
/// runs, whose programs lie elsewhere in memory and on other cores: no number of rounds in one run would show that.
const SAME: f64 = 1.1;
/// The share of the rounds in which a row must be the better one.
const CLEAR: f64 = 0.8;
/// Who is apart by this in the middle, and in [`SURE`] of the rounds, is beyond doubt: whatever was found before, and whatever
/// the rounds to come may give.
const FAR: f64 = 1.35;
/// See [`FAR`].
const SURE: f64 = 0.9;
/// Who is apart by less than this in the middle stays equal in the rounds to come; and who was above stays there until the other
/// one is better by this.
const CLOSE: f64 = 1.05;
/// Between two groups, and in a group.
const ABOVE: &str = " > ";
const EQUAL: &str = " = ";

/// One row's values by round; `None` where a round gave it none that counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Runner {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Vec<Option<f64>>,
}

/// Who was better than whom in a run before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order(Vec<Vec<String>>);

impl Order {
    /// Of a [`ranking`].
    #[must_use]
    pub fn parse(ranking: &str) -> Self {
        let group = |group: &str| group.split(EQUAL).map(str::to_owned).collect();
        Self(ranking.split(ABOVE).map(group).collect())
    }

    /// Whether one was above the other. `None`: one of them was not there.
    fn is_above(&self, one: &str, other: &str) -> Option<bool> {
        let place = |name: &str| self.0.iter().position(|group| group.iter().any(|known| known == name));
        Some(place(one)? < place(other)?)
    }
}

/// The runners that have values, from the best to the worst: `a > b = c`. Those with a `=` between them are not clearly
/// apart.
#[must_use]
pub fn ranking(runners: &[Runner], better: Better, before: Option<&Order>) -> String {
    let sorted = sorted(runners, better, before);
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (place, &index) in sorted.iter().enumerate() {
        let is_apart = all_pairs(runners, &sorted, place, better, |wins| wins.are_clear(before));
        match groups.last_mut() {
            Some(group) if !is_apart => group.push(index),
            _ => groups.push(vec![index]),
        }
    }
    let name = |index: &usize| runners[*index].name.as_str();
    let group = |mut group: Vec<usize>| {
        group.sort_unstable();
        group.iter().map(name).collect::<Vec<_>>().join(EQUAL)
    };
    groups.into_iter().map(group).collect::<Vec<_>>().join(ABOVE)
}

/// Whether more rounds would say nothing new: at each place of the order it is sure that a group ends there, or that none
/// does.
#[must_use]
pub fn is_settled(runners: &[Runner], better: Better, before: Option<&Order>) -> bool {
    let sorted = sorted(runners, better, before);
    (1..sorted.len()).all(|place| {
        let is_cut = all_pairs(runners, &sorted, place, better, |wins| wins.are(SURE, FAR));
        is_cut || !all_pairs(runners, &sorted, place, better, |wins| wins.may_be_clear(before))
    })
}

/// Whether `holds` of everybody before `place` against everybody from it on.
fn all_pairs(
    runners: &[Runner],
    sorted: &[usize],
    place: usize,
    better: Better,
    holds: impl Fn(&Wins) -> bool,
) -> bool {
    let (before, after) = sorted.split_at(place);
    before.iter().all(|&one| after.iter().all(|&other| holds(&wins(&runners[one], &runners[other], better))))
}

/// The places in the table of those who have values, the best one first; where two are close, whoever was above.
fn sorted(runners: &[Runner], better: Better, before: Option<&Order>) -> Vec<usize> {
    let median = |runner: &Runner| {
        let values: Vec<f64> = runner.values.iter().copied().flatten().collect();
        Spread::of(&values).map(|spread| spread.median)
    };
    let with = runners.iter().enumerate();
    let mut with: Vec<(f64, usize)> =
        with.filter_map(|(index, runner)| Some((median(runner)?, index))).collect();
    with.sort_by(|(a, _), (b, _)| match better {
        Better::More => b.total_cmp(a),
        Better::Less => a.total_cmp(b),
    });
    let mut sorted: Vec<usize> = with.into_iter().map(|(_, index)| index).collect();
    let goes_up = |one: usize, other: usize| {
        let wins = wins(&runners[one], &runners[other], better);
        wins.was_above(before) == Some(true) && wins.are_clear(before)
    };
    // Only neighbours change places, as in a bubble sort: nobody passes one who is far better.
    for _ in 0..sorted.len() {
        for place in 1..sorted.len() {
            if goes_up(sorted[place], sorted[place - 1]) {
                sorted.swap(place - 1, place);
            }
        }
    }
    sorted
}

/// How one does against another, round by round.
struct Wins<'a> {
    who: [&'a str; 2],
    share: f64,
    ratio: f64,
}

impl Wins<'_> {
    fn are_clear(&self, before: Option<&Order>) -> bool {
        match self.was_above(before) {
            Some(true) => self.ratio > 1.0 / CLOSE,
            Some(false) => self.are(SURE, FAR),
            None => self.are(CLEAR, SAME),
        }
    }

    /// Whether rounds to come may make them clear, or leave them so.
    fn may_be_clear(&self, before: Option<&Order>) -> bool {
        let least = if self.was_above(before) == Some(true) { 1.0 / SAME } else { CLOSE };
        self.ratio >= least
    }

    fn was_above(&self, before: Option<&Order>) -> Option<bool> {
        let [one, other] = self.who;
        before?.is_above(one, other)
    }

    fn are(&self, share: f64, ratio: f64) -> bool {
        self.share >= share && self.ratio >= ratio
    }
}

fn wins<'a>(one: &'a Runner, other: &'a Runner, better: Better) -> Wins<'a> {
    let rounds = one.values.iter().zip(&other.values);
    let ratios: Vec<f64> = rounds.filter_map(|(&a, &b)| Some(better.ratio(a?, b?))).collect();
    let won = ratios.iter().filter(|&&ratio| ratio > 1.0).count();
    let median = Spread::of(&ratios).map_or(0.0, |spread| spread.median);
    Wins { who: [&one.name, &other.name], share: won as f64 / ratios.len().max(1) as f64, ratio: median }
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
        // Ties stand as in the table, whoever is a little better.
        assert_eq!(ranking(&all, Better::Less, None), "fast = mixed > slow");
        assert_eq!(ranking(&all, Better::More, None), "slow > fast = mixed");
        let swapped = [all[2].clone(), all[1].clone(), all[0].clone()];
        assert_eq!(ranking(&swapped, Better::Less, None), "mixed = fast > slow");
        assert!(is_settled(&all[..2], Better::Less, None));
    }

    #[test]
    fn a_steady_difference_within_the_noise_is_none() {
        let all = [runner("a", &[100.0, 100.0, 100.0]), runner("b", &[104.0, 104.0, 104.0])];
        assert_eq!(ranking(&all, Better::Less, None), "a = b");
        assert!(is_settled(&all, Better::Less, None));
    }

    #[test]
    fn more_rounds_are_wanted_only_where_they_may_tell_something() {
        let beside = |values: &[f64]| [runner("a", &[100.0; 5]), runner("b", values)];
        let doubtful = beside(&[112.0; 5]);
        assert_eq!(ranking(&doubtful, Better::Less, None), "a > b");
        assert!(!is_settled(&doubtful, Better::Less, None));
        assert!(is_settled(&beside(&[140.0; 5]), Better::Less, None));
        // Far in the middle, but not in each round.
        assert!(!is_settled(&beside(&[140.0, 140.0, 90.0, 140.0, 140.0]), Better::Less, None));
    }

    #[test]
    fn a_group_ends_only_where_all_of_it_are_apart_from_all_that_follow() {
        // c is apart from a, but not from b: whether b or a comes first must not matter.
        let all = [
            runner("a", &[100.0; 5]),
            runner("b", &[107.0; 5]),
            runner("c", &[115.0; 5]),
            runner("d", &[150.0; 5]),
        ];
        assert_eq!(ranking(&all, Better::Less, None), "a = b = c > d");
    }

    #[test]
    fn the_run_before_decides_what_is_in_doubt_and_nothing_else() {
        let beside = |value: f64| [runner("a", &[100.0; 5]), runner("b", &[value; 5])];
        let after =
            |before: &str, value: f64| ranking(&beside(value), Better::Less, Some(&Order::parse(before)));
        for value in [108.0, 112.0, 118.0] {
            assert_eq!(after("a > b", value), "a > b", "{value}");
            assert_eq!(after("a = b", value), "a = b", "{value}");
        }
        for value in [96.0, 101.0] {
            assert_eq!(after("a > b", value), "a > b", "{value}");
        }
        assert_eq!(after("a > b", 94.0), "a = b");
        assert_eq!(after("a = b", 136.0), "a > b");
        assert_eq!(after("b > a", 136.0), "a > b");
        assert_eq!(after("b > a", 118.0), "a = b");
        // Somebody new is judged as in a first run.
        assert_eq!(after("a > c", 112.0), "a > b");
    }

    #[test]
    fn only_rounds_in_which_both_count_are_compared() {
        let mut a = runner("a", &[1.0, 1.0, 9.0]);
        a.values[2] = None;
        let b = runner("b", &[2.0, 2.0, 2.0]);
        let silent = Runner { name: "silent".to_owned(), values: vec![None; 3] };
        assert_eq!(ranking(&[silent, b, a], Better::Less, None), "a > b");
    }

    /// Rounds of mechanisms as `bench mechanisms` finds them on one core. Each value differs by up to 8 % from round to
    /// round, the whole round by up to 20 %, and a run by up to 2 % from the run before.
    fn a_run(seed: u64) -> Vec<Runner> {
        let micros = [
            ("pipe", 2.20),
            ("FIFO", 2.24),
            ("Unix stream", 2.83),
            ("Unix seqpacket", 2.87),
            ("TCP loopback", 5.10),
            ("signal", 2.85),
            ("file + fcntl lock", 3.70),
            ("eventfd + memory", 2.26),
            ("ring in memory", 1.60),
        ];
        // A small generator of known quality (Knuth's MMIX): the test has the same values each time.
        let mut state = seed;
        let mut noise = |part: f64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            1.0 + part * (2.0 * (state >> 11) as f64 / (1_u64 << 53) as f64 - 1.0)
        };
        let means: Vec<f64> = micros.iter().map(|(_, mean)| mean * noise(0.02)).collect();
        let mut all: Vec<Runner> = micros.iter().map(|(name, _)| runner(name, &[])).collect();
        for _ in 0..25 {
            let round = noise(0.2);
            for (one, mean) in all.iter_mut().zip(&means) {
                one.values.push(Some(mean * round * noise(0.08)));
            }
        }
        all
    }

    #[test]
    fn runs_of_the_same_mechanisms_give_one_ranking_and_real_differences_stay() {
        for seed in 1..=200 {
            assert_eq!(
                ranking(&a_run(seed), Better::Less, None),
                "ring in memory > pipe = FIFO = eventfd + memory > Unix stream = Unix seqpacket = signal \
                 > file + fcntl lock > TCP loopback",
                "run {seed}"
            );
        }
    }
}
