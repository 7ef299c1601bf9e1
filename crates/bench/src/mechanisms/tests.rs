//! The tables of the chooser, without measuring.

use super::*;
use crate::chart::{Chart, Line};
use crate::experiment::{Measured, Table};

fn table(values: &[f64]) -> Part {
    let row = Measured {
        name: "pipe".to_owned(),
        role: Role::Peer,
        values: values.to_vec(),
        ratios: Vec::new(),
        failure: None,
    };
    Part::Table(Table {
        title: String::new(),
        unit: "µs",
        better: Better::Less,
        anchor: None,
        distance: None,
        elsewhere: 0,
        unsteady: 0,
        ranking: None,
        rows: vec![row],
    })
}

#[test]
fn the_chooser_has_the_figures_of_this_run_and_a_dash_where_there_is_none() {
    let line =
        Line { name: "pipe".to_owned(), is_limit: false, points: vec![(64.0, 2.2e8), (65536.0, 1.4e9)] };
    let chart = Chart {
        title: String::new(),
        x: String::new(),
        y: String::new(),
        ticks: Vec::new(),
        lines: vec![line],
    };
    let parts = [table(&[28.0, 27.0, 30.0]), table(&[2.16]), table(&[2.0]), Part::Chart(chart, Vec::new())];
    let [Part::Words(_, head, rows), Part::Words(_, properties, others)] = chooser(&parts) else {
        panic!("two tables of words")
    };
    assert_eq!(rows[0], ["pipe", "28.0", "2.16", "2.00", "0.220", "-", "1.40"]);
    assert_eq!(rows[1], ["FIFO", "-", "-", "-", "-", "-", "-"]);
    assert_eq!((head.len(), properties.len()), (rows[0].len(), others[0].len()));
}

#[test]
fn every_mechanism_has_its_properties_in_the_same_order() {
    let names: Vec<String> = properties::rows().into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(names, ALL.each_ref().map(|mechanism| mechanism.name));
}
