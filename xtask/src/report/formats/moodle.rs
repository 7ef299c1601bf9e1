//! Moodle, grader report import: a column for each lab's grade and one for its feedback.
//!
//! Traps: one unknown user, one grade that is no number, or one above the item's maximum aborts the whole import; `-` and an empty
//! cell are no grade. The teacher maps the first column to user name, id number or e-mail address.

use anyhow::{Context as _, Result};

use super::grade;
use crate::report::csv::safe;
use crate::score::{LabScore, Results};

pub(super) fn render(results: &Results) -> Result<Vec<u8>> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    let columns = results.labs.iter().flat_map(|lab| {
        let name = format!("Lab {} {}", lab.head.lab, lab.head.title);
        [name.clone(), format!("{name} feedback")]
    });
    let header: Vec<String> = std::iter::once("Username".to_owned()).chain(columns).collect();
    writer.write_record(&header).context("write a header for Moodle")?;
    for student in &results.students {
        let cells = student.labs.iter().zip(&results.labs).flat_map(|(score, lab)| {
            let member = score.member.filter(|_| score.handed_in).map(|at| &lab.members[at]);
            [points(score), member.map_or_else(String::new, |member| safe(&member.summary))]
        });
        let row: Vec<String> = std::iter::once(safe(&student.name)).chain(cells).collect();
        writer.write_record(&row).context("write a row for Moodle")?;
    }
    writer.into_inner().context("write a gradebook for Moodle")
}

fn points(score: &LabScore) -> String {
    grade(score).map_or_else(|| "-".to_owned(), |points| points.to_string())
}
