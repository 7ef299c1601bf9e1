//! The parts that need no process: the cut, the timetable, the rule of life, the sum in lanes.

use divide_conquer::board::{self, Board, SHAPES};
use divide_conquer::{cake, cut, primes, schedule};
use std::collections::BTreeSet;

#[test]
fn parts_cover_each_item_once_and_differ_by_one_at_most() {
    for items in 0..40 {
        for parts in 1..12 {
            let all: Vec<_> = (0..parts).map(|index| cut::part(items, parts, index)).collect();
            let covered: Vec<usize> = all.iter().cloned().flatten().collect();
            assert!(covered.iter().copied().eq(0..items), "{items} items, {parts} parts: {all:?}");
            let (least, most) =
                (all.iter().map(ExactSizeIterator::len).min(), all.iter().map(ExactSizeIterator::len).max());
            assert!(most <= least.map(|least| least + 1), "{items} items, {parts} parts: {all:?}");
        }
    }
}

#[test]
fn a_timetable_tells_everybody_once_and_only_who_knows_tells() {
    for size in 1..70 {
        for steps in [schedule::line(size), schedule::tree(size)] {
            let mut know = BTreeSet::from([0]);
            let mut busy = BTreeSet::new();
            for step in &steps {
                assert!(know.contains(&step.from), "{step:?} before it knows");
                assert!(know.insert(step.to), "{step:?} a second time");
                for rank in [step.from, step.to] {
                    assert!(busy.insert((step.round, rank)), "{step:?}: two messages in a round");
                }
            }
            assert_eq!(know.len(), size);
        }
        let rounds = schedule::tree(size).last().map_or(0, |step| step.round);
        assert_eq!(rounds, size.next_power_of_two().ilog2(), "{size} ranks");
    }
}

#[test]
fn a_cell_follows_the_rule_in_each_of_512_neighbourhoods_at_each_column() {
    for pattern in 0..512_u64 {
        for column in [0, 1, 31, 62, 63] {
            // Three columns of three rows around `column`, over the edge too.
            let row = |number: u64| (pattern >> (3 * number) & 7).rotate_left(column + 63);
            let next = board::next(row(0), &[row(1)], row(2))[0] >> column & 1;
            let alive = pattern >> 4 & 1;
            let neighbours = pattern.count_ones() - u32::try_from(alive).expect("a bit fits");
            let expected = u64::from(neighbours == 3 || neighbours == 2 && alive == 1);
            assert_eq!(next, expected, "pattern {pattern:09b} at column {column}");
        }
    }
}

#[test]
fn a_shape_lies_in_the_middle_or_does_not_fit() {
    for (name, lines) in SHAPES {
        let board = Board::with(name, 20).expect("it fits");
        let cells: usize = lines.iter().map(|line| line.matches('#').count()).sum();
        assert_eq!(usize::try_from(board.alive()), Ok(cells), "{name}");
        assert_eq!(Board::with(name, lines.len() - 1), None, "{name} has {} rows", lines.len());
    }
    assert_eq!(Board::with("whale", 20), None);
    let glider = Board::with("glider", 3).expect("it fits");
    assert_eq!(Board::text(glider.0[0]).find('#'), Some(31));
    assert_eq!(Board::text(glider.0[1]).find('#'), Some(32));
}

#[test]
fn lanes_and_threads_sum_as_one_by_one_also_when_every_byte_is_255() {
    for length in [0, 1, 7, 8, 9, 1023, 1024, 1025, 5000] {
        let mixed: Vec<u8> =
            (0..length).map(|index| u8::try_from(index * 37 % 256).expect("below 256")).collect();
        for bytes in [vec![255; length], mixed] {
            let (sum, _) = cake::plain(&bytes);
            assert_eq!(cake::lanes(&bytes).0, sum, "{length} bytes in lanes");
            assert_eq!(cake::threads(&bytes, 3).0, sum, "{length} bytes in threads");
        }
    }
}

#[test]
fn primes_are_counted() {
    assert_eq!(primes::count(0..100).0, 25);
    // 2 and 3 need no division, 4 one (by 2), 5 one, 9 two (by 2 and by 3).
    assert_eq!([2, 3, 4, 5, 9].map(|number| primes::count(number..number + 1).1), [0, 0, 1, 1, 2]);
}
