//! `gradebook.csv`, one row a student and a column a lab, and `milestones.csv`, a column a milestone. Pure.
//!
//! An empty cell is a number that nobody has decided yet: the grader failed or was interrupted, or nobody knows of which
//! lab the files are. `-` is a lab of which nothing was handed in. Canvas and Moodle take both for "no grade".

use anyhow::{Context as _, Result};

use crate::score::{LabScore, Results, Student};
use crate::text::one_line;

/// What stands for a lab that was not handed in.
const ABSENT: &str = "-";

/// The gradebook's bytes.
///
/// # Errors
/// Never in practice: it writes to memory.
pub fn gradebook(results: &Results) -> Result<Vec<u8>> {
    let labs = results.labs.iter().map(|lab| format!("lab {}", lab.head.lab));
    let header = ["member".to_owned(), "total".to_owned()].into_iter().chain(labs).collect();
    let row = |student: &Student| {
        let start = [safe(&student.name), total(student)];
        start.into_iter().chain(student.labs.iter().map(of_lab)).collect()
    };
    written(header, results.students.iter().map(row))
}

/// The same with a column for each milestone: `01 m1`.
///
/// # Errors
/// Never in practice: it writes to memory.
pub fn milestones(results: &Results) -> Result<Vec<u8>> {
    let of_labs = results.labs.iter().flat_map(|lab| {
        lab.head.milestones.iter().map(move |milestone| format!("{} {}", lab.head.lab, milestone.id))
    });
    let header = std::iter::once("member".to_owned()).chain(of_labs).collect();
    let row = |student: &Student| {
        let cells = student.labs.iter().zip(&results.labs).flat_map(|(score, lab)| {
            let member = score.member.filter(|_| score.handed_in).map(|at| &lab.members[at]);
            let cell = move |at: usize| match member.map(|member| &member.milestones[at]) {
                Some(milestone) => points(milestone.points, milestone.undecided),
                None => ABSENT.to_owned(),
            };
            (0..lab.head.milestones.len()).map(cell)
        });
        std::iter::once(safe(&student.name)).chain(cells).collect()
    };
    written(header, results.students.iter().map(row))
}

fn written(header: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> Result<Vec<u8>> {
    let mut writer = ::csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).context("write a gradebook's header")?;
    for row in rows {
        writer.write_record(row).context("write a row of a gradebook")?;
    }
    writer.into_inner().context("write a gradebook")
}

fn total(student: &Student) -> String {
    match student.labs.iter().any(|score| score.handed_in) {
        true => points(student.total, student.undecided),
        false => ABSENT.to_owned(),
    }
}

fn of_lab(score: &LabScore) -> String {
    if score.handed_in { points(score.points, score.undecided) } else { ABSENT.to_owned() }
}

fn points(points: u32, undecided: u32) -> String {
    if undecided == 0 { points.to_string() } else { String::new() }
}

/// A spreadsheet takes a cell that begins like a formula for one; an apostrophe makes it text.
pub(crate) fn safe(name: &str) -> String {
    let name = one_line(name, 200);
    if name.starts_with(['=', '+', '-', '@', '\t', '\r', '|', '%']) { format!("'{name}") } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("alice", "alice")]
    #[case("=1+1", "'=1+1")]
    #[case("@cmd", "'@cmd")]
    #[case("-2", "'-2")]
    #[case("a\nb", "a\\nb")]
    fn a_name_is_never_a_formula(#[case] name: &str, #[case] cell: &str) {
        assert_eq!(safe(name), cell);
    }
}
