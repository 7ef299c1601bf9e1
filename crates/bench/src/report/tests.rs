//! A whole report, compared with golden files.

use super::*;
use crate::chart::{Line, Tick};
use crate::golden;

fn example() -> Report {
    let chart = Chart {
        title: "one line through push and pop".to_owned(),
        x: "share".to_owned(),
        y: "µs".to_owned(),
        ticks: vec![Tick { at: 1.0, name: "least".to_owned() }, Tick { at: 10.0, name: "90 %".to_owned() }],
        lines: vec![Line {
            name: "reference".to_owned(),
            is_limit: false,
            points: vec![(1.0, 8.0), (10.0, 9.5)],
        }],
    };
    Report {
        title: "lab 07: Shared-memory ring".to_owned(),
        machine: "this machine now: near, line 58.0 ns, two cores worth 1.80".to_owned(),
        parts: vec![
            Part::Table(crate::table::tests::example()),
            Part::Chart(chart, vec![("yours".to_owned(), "hangs: no end after 20 s <b>".to_owned())]),
            Part::Words(
                "which fits".to_owned(),
                ["mechanism", "boundaries"].map(str::to_owned).into(),
                vec![["pipe", "no"].map(str::to_owned).into()],
            ),
        ],
        notes: vec!["bash: not installed (Debian: apt-get install bash)".to_owned()],
        again: "cargo xtask bench 07".to_owned(),
    }
}

#[test]
fn a_report_is_a_screen_of_text() {
    golden::compare("report.txt", &text(&example()));
}

#[test]
fn a_page_is_one_file_without_script_and_without_outside_resources() {
    let page = page(&example());
    golden::compare("report.html", &(page.clone() + "\n"));
    for forbidden in ["<script", "src=", "href=", "@import", "<b>"] {
        assert!(!page.contains(forbidden), "{forbidden} in the page");
    }
}
