//! Rounds with made-up values and made-up distances of the cores.

use std::collections::VecDeque;

use anyhow::bail;

use super::*;
use crate::numbers::Better;

/// Surroundings that say what they are told to say; near, when there is nothing more to say.
#[derive(Default)]
struct Told {
    lines: VecDeque<f64>,
    tidied: usize,
}

impl Surroundings for Told {
    fn line(&mut self) -> anyhow::Result<Option<f64>> {
        Ok(Some(self.lines.pop_front().unwrap_or(60.0)))
    }

    fn tidy(&mut self) -> anyhow::Result<()> {
        self.tidied += 1;
        Ok(())
    }
}

const EFFORT: Effort = Effort { rounds: 4, measurements: 1, repeats: 2, budget: Duration::MAX };

fn comparison<'a>(repeat: Repeat, rows: Vec<Row<'a, (), f64>>) -> Comparison<'a> {
    Comparison { title: "a figure".to_owned(), unit: "µs", better: Better::Less, repeat, rows }
}

fn constant<'a>(name: &str, role: Role, value: f64) -> Row<'a, (), f64> {
    Row::new(name, role, move |()| Ok(value))
}

#[test]
fn rounds_go_forth_and_back_and_leave_nothing_behind() {
    let order = std::cell::RefCell::new(String::new());
    let row = |name: &'static str| {
        let order = &order;
        Row::new(name, Role::Peer, move |()| {
            order.borrow_mut().push_str(name);
            Ok(1.0)
        })
    };
    let mut around = Told::default();
    let rows = vec![row("a"), row("b"), row("c")];
    compare(comparison(Repeat::Rounds, rows), EFFORT, &mut around).unwrap();
    assert_eq!(*order.borrow(), "abccbaabccba");
    assert_eq!(around.tidied, 12);
}

#[test]
fn the_middle_of_some_measurements_is_a_value() {
    let mut values = [7.0, 1.0, 5.0, 2.0, 2.0, 90.0].into_iter();
    let rows = vec![Row::new("yours", Role::Yours, move |()| Ok(values.next().unwrap()))];
    let effort = Effort { rounds: 2, measurements: 3, ..EFFORT };
    let table = compare(comparison(Repeat::Rounds, rows), effort, &mut Told::default()).unwrap();
    assert_eq!(table.rows[0].values, [5.0, 2.0]);
}

#[test]
fn a_ratio_is_taken_inside_a_round_against_the_first_sound_peer() {
    let mut values = [10.0, 20.0, 10.0, 20.0].into_iter();
    let rows = vec![
        Row::new("yours", Role::Yours, move |()| Ok(values.next().unwrap())),
        Row::new("broken", Role::Peer, |()| bail!("exit status: 1")),
        constant("peer", Role::Peer, 20.0),
        constant("limit", Role::Limit, 1.0),
    ];
    let table = compare(comparison(Repeat::Rounds, rows), EFFORT, &mut Told::default()).unwrap();
    assert_eq!(table.anchor.as_deref(), Some("peer"));
    assert_eq!(table.rows[0].ratios, [2.0, 1.0, 2.0, 1.0]);
    assert_eq!(table.rows[1].failure.as_deref(), Some("exit status: 1"));
    assert!(table.rows[1].values.is_empty());
}

#[test]
fn a_contender_that_fails_is_not_asked_again_and_the_others_go_on() {
    let asked = std::cell::Cell::new(0);
    let rows = vec![
        Row::new("yours", Role::Yours, |()| {
            asked.set(asked.get() + 1);
            if asked.get() == 2 { bail!("hangs: no end after 20 s") } else { Ok(1.0) }
        }),
        constant("reference", Role::Reference, 1.0),
    ];
    let table = compare(comparison(Repeat::Rounds, rows), EFFORT, &mut Told::default()).unwrap();
    assert_eq!(asked.get(), 2);
    assert!(table.rows[0].values.is_empty() && table.rows[0].failure.is_some());
    assert_eq!(table.rows[1].values.len(), 4);
}

#[test]
fn a_value_during_which_the_cores_moved_is_taken_again() {
    let asked = std::cell::Cell::new(0);
    let rows = vec![Row::new("yours", Role::Yours, |()| {
        asked.set(asked.get() + 1);
        Ok(f64::from(asked.get()))
    })];
    let mut around = Told { lines: [60.0, 250.0, 250.0].into(), ..Told::default() };
    let effort = Effort { rounds: 1, ..EFFORT };
    let table = compare(comparison(Repeat::Bracketed, rows), effort, &mut around).unwrap();
    assert_eq!((table.rows[0].values.as_slice(), table.distance), ([2.0].as_slice(), Some(Distance::Far)));
    assert_eq!(table.unsteady, 0);
}

#[test]
fn where_the_cores_never_rest_the_value_counts_and_is_called_unsteady() {
    let rows = vec![constant("yours", Role::Yours, 1.0)];
    let mut around = Told { lines: [60.0, 20.0, 60.0, 20.0].into(), ..Told::default() };
    let effort = Effort { rounds: 1, ..EFFORT };
    let table = compare(comparison(Repeat::Bracketed, rows), effort, &mut around).unwrap();
    assert_eq!((table.rows[0].values.len(), table.unsteady), (1, 1));
}

#[test]
fn rounds_at_another_distance_do_not_count() {
    let rows = vec![constant("yours", Role::Yours, 1.0)];
    let mut around = Told { lines: [60.0, 60.0, 250.0, 250.0].into(), ..Told::default() };
    let table = compare(comparison(Repeat::Bracketed, rows), EFFORT, &mut around).unwrap();
    assert_eq!(table.distance, Some(Distance::Near));
    assert_eq!((table.rows[0].values.len(), table.elsewhere), (3, 1));
}

#[test]
fn a_count_is_taken_once_and_has_no_ratio() {
    let rows = vec![constant("yours", Role::Yours, 0.0), constant("peer", Role::Peer, 2.0)];
    let table = compare(comparison(Repeat::Once, rows), EFFORT, &mut Told::default()).unwrap();
    assert_eq!(table.rows[0].values, [0.0]);
    assert!(table.anchor.is_none() && table.rows[0].ratios.is_empty());
}

#[test]
fn a_busy_machine_gets_three_rounds_at_least() {
    let rows = vec![constant("yours", Role::Yours, 1.0)];
    let effort = Effort { rounds: 100, budget: Duration::ZERO, ..EFFORT };
    let table = compare(comparison(Repeat::Rounds, rows), effort, &mut Told::default()).unwrap();
    assert_eq!(table.rows[0].values.len(), 3);
}

#[test]
fn a_ranking_that_is_settled_needs_no_further_round() {
    let rows = |peer| vec![constant("yours", Role::Yours, 1.0), constant("peer", Role::Peer, peer)];
    let effort = Effort { rounds: 100, ..EFFORT };
    for (peer, rounds, ranking) in
        [(2.0, ENOUGH, "yours > peer"), (1.0, ENOUGH, "yours = peer"), (1.12, 100, "yours > peer")]
    {
        let table = compare(comparison(Repeat::Rounds, rows(peer)), effort, &mut Told::default()).unwrap();
        assert_eq!((table.rows[0].values.len(), table.ranking.as_deref()), (rounds, Some(ranking)));
    }
}

#[test]
fn a_curve_and_percentiles_end_when_their_time_is_over() {
    let effort = Effort { repeats: 100, budget: Duration::ZERO, ..EFFORT };
    let asked = std::cell::Cell::new(0);
    let count = || asked.set(asked.get() + 1);
    let rows = vec![Row::new("yours", Role::Yours, |x| {
        count();
        Ok(x)
    })];
    let wanted = Curve { title: "t".to_owned(), x: "x", y: "y", at: vec![64.0, 4096.0], rows };
    curve(wanted, effort, &mut Told::default()).unwrap();
    let rows = vec![Row::new("yours", Role::Yours, |()| {
        count();
        Ok(vec![1.0])
    })];
    latency(Latency { title: "t".to_owned(), unit: "µs", rows }, effort, &mut Told::default()).unwrap();
    assert_eq!(asked.get(), 3, "one value at each of two places, and one round of samples");
}

#[test]
fn a_curve_has_the_middle_of_its_values_and_ends_where_somebody_fails() {
    let rows = vec![
        Row::new("yours", Role::Yours, |x| if x > 64.0 { bail!("exit status: 1") } else { Ok(x * 2.0) }),
        Row::new("limit", Role::Limit, Ok),
    ];
    let wanted = Curve { title: "t".to_owned(), x: "x", y: "y", at: vec![64.0, 4096.0], rows };
    let (chart, failures) = curve(wanted, EFFORT, &mut Told::default()).unwrap();
    assert_eq!(chart.lines[0].points, [(64.0, 128.0)]);
    assert_eq!(chart.lines[1].points.len(), 2);
    assert!(chart.lines[1].is_limit);
    assert_eq!(failures, [("yours".to_owned(), "exit status: 1".to_owned())]);
}

#[test]
fn percentiles_are_those_of_all_rounds_together() {
    let mut round = 0.0;
    let rows = vec![Row::new("yours", Role::Yours, move |()| {
        round += 1.0;
        Ok(vec![round; 50])
    })];
    let wanted = Latency { title: "t".to_owned(), unit: "µs", rows };
    let (chart, _) = latency(wanted, EFFORT, &mut Told::default()).unwrap();
    assert_eq!(chart.lines[0].points.first(), Some(&(1.0, 1.0)));
    assert_eq!(chart.lines[0].points.last().map(|point| point.1), Some(2.0));
}
