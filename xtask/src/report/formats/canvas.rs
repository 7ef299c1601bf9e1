//! Canvas gradebook CSV: a column a lab, matched by name, SIS login or id.
//!
//! Traps: the second row with the possible points begins with four blanks in Canvas' own exports; a column must not be called
//! like Canvas' own totals (`Current Score`); an empty cell is no grade. Ids are unknown here and stay empty, so the names must
//! be those of Canvas: a roster gives them.

use anyhow::{Context as _, Result};

use crate::report::csv::{EXCUSED, safe};
use crate::score::{Counts, LabScore, Results, Student};

pub(super) fn render(results: &Results) -> Result<Vec<u8>> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let fixed = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"].map(str::to_owned);
    let titles = results.labs.iter().map(|lab| format!("Lab {} {}", lab.head.lab, lab.head.title));
    let header: Vec<String> = fixed.into_iter().chain(titles).collect();
    writer.write_record(&header).context("write a header for Canvas")?;
    let possible = ["    Points Possible", "", "", "", ""].map(str::to_owned);
    let max = results.labs.iter().map(|lab| lab.head.max().to_string());
    writer.write_record(possible.into_iter().chain(max)).context("write the possible points")?;
    for student in &results.students {
        writer.write_record(row(student)).context("write a row for Canvas")?;
    }
    writer.into_inner().context("write a gradebook for Canvas")
}

fn row(student: &Student) -> Vec<String> {
    let (name, empty) = (safe(&student.name), String::new);
    let fixed = [name.clone(), empty(), empty(), name, empty()];
    fixed.into_iter().chain(student.labs.iter().map(points)).collect()
}

fn points(score: &LabScore) -> String {
    match score.counts() {
        Counts::Points(points) => points.to_string(),
        Counts::Excused => EXCUSED.to_owned(),
        Counts::Absent | Counts::Undecided => String::new(),
    }
}
