//! A table, compared with a golden file.

use super::*;
use crate::experiment::Role;
use crate::golden;
use crate::machine::Distance;
use crate::numbers::Better;

pub(crate) fn example() -> Table {
    let row = |name: &str, role, values: &[f64], ratios: &[f64]| Measured {
        name: name.to_owned(),
        role,
        values: values.to_vec(),
        ratios: ratios.to_vec(),
        failure: None,
    };
    let mut broken = row("yours", Role::Yours, &[], &[]);
    broken.failure = Some("push: exit status: 1: ring: /r: Permission denied".to_owned());
    Table {
        title: "lines of 64 bytes, from a file through push and pop".to_owned(),
        unit: "M records/s",
        better: Better::More,
        anchor: Some("cat | cat".to_owned()),
        distance: Some(Distance::Near),
        elsewhere: 2,
        unsteady: 1,
        ranking: Some("cat | cat > reference".to_owned()),
        rows: vec![
            broken,
            row("reference", Role::Reference, &[11.2, 12.3, 13.9], &[0.85, 0.97, 1.02]),
            row("cat | cat", Role::Peer, &[12.0, 13.4, 14.1], &[1.0, 1.0, 1.0]),
            row("late", Role::Peer, &[], &[]),
            row("core to core", Role::Limit, &[201.0, 222.0, 229.0], &[15.3, 16.8, 17.1]),
        ],
    }
}

#[test]
fn a_table_fits_a_terminal_and_tells_of_whoever_failed() {
    let text = text(&example());
    assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
    golden::compare("table.txt", &text);
}

#[test]
fn what_was_counted_once_says_so() {
    let mut table = example();
    (table.anchor, table.distance, table.elsewhere, table.unsteady) = (None, None, 0, 0);
    table.rows.iter_mut().for_each(|row| row.values.truncate(1));
    assert_eq!(circumstances(&table), "counted once");
}
