//! Both renderings of one picture, compared with golden files (`UPDATE_EXPECT=1` writes them).

use super::*;
use crate::golden;

fn chart() -> Chart {
    let line = |name: &str, is_limit, points: &[(f64, f64)]| Line {
        name: name.to_owned(),
        is_limit,
        points: points.to_vec(),
    };
    Chart {
        title: "throughput against the size of a record".to_owned(),
        x: "bytes in a record".to_owned(),
        y: "bytes/s".to_owned(),
        ticks: [(16.0, "16"), (256.0, "256"), (4096.0, "4k")]
            .map(|(at, name)| Tick { at, name: name.to_owned() })
            .into(),
        lines: vec![
            line("yours & <theirs>", false, &[(16.0, 2e8), (256.0, 2.2e9), (4096.0, 6e9)]),
            line("reference", false, &[(16.0, 3e8), (256.0, 2.5e9), (4096.0, 6.1e9)]),
            line("core to core", true, &[(16.0, 4e9), (256.0, 1.5e10), (4096.0, 2.7e10)]),
            line("failed", false, &[]),
        ],
    }
}

#[test]
fn a_picture_in_a_terminal_has_a_letter_a_line() {
    golden::compare("chart.txt", &text(&chart()));
}

#[test]
fn the_same_picture_as_svg_has_names_at_the_line_ends_and_a_dashed_limit() {
    golden::compare("chart.svg", &(svg(&chart()).into_string() + "\n"));
}

#[test]
fn a_picture_without_a_drawable_point_says_so() {
    let mut empty = chart();
    empty.lines.iter_mut().for_each(|line| line.points.clear());
    assert_eq!(text(&empty), "throughput against the size of a record: nothing to draw\n");
    assert!(svg(&empty).into_string().contains("Nothing to draw"));
    empty.lines[0].points = vec![(1.0, 0.0)];
    assert!(text(&empty).ends_with("nothing to draw\n"));
    empty.lines[0].points = vec![(1.0, f64::INFINITY)];
    assert!(text(&empty).ends_with("nothing to draw\n"));
}

#[test]
fn a_single_point_is_drawn() {
    let mut single = chart();
    single.lines.truncate(1);
    single.lines[0].points = vec![(64.0, 100.0)];
    assert!(text(&single).contains("A yours"));
    assert!(!svg(&single).into_string().contains("NaN"));
}

#[test]
fn axes_end_at_round_numbers() {
    let ends = |low, high| (step_below(low), step_above(high));
    assert_eq!(ends(0.3, 7.0), (0.2, 10.0));
    assert_eq!(ends(100.0, 2000.0), (100.0, 2000.0));
    assert_eq!(ends(180.0, 2100.0), (100.0, 5000.0));
}
