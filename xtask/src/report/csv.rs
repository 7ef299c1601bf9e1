//! `gradebook.csv`, one row a student and a column a lab, and `milestones.csv`, a column a milestone. Pure.
//!
//! Under a policy the numbers of the gradebook are what counts; then it has the whole in points and percent, the raw points where
//! they are others, and why. `EX` is a lab from which the student is excused. `milestones.csv` always has raw points.
//!
//! An empty cell is a number that nobody has decided yet: the grader failed or was interrupted, or nobody knows of which
//! lab the files are. `-` is a lab of which nothing was handed in. Canvas and Moodle take both for "no grade".

use anyhow::{Context as _, Result};

use crate::score::{Counts, LabScore, Results, Student};
use crate::text::one_line;

/// What stands for a lab that was not handed in.
const ABSENT: &str = "-";
/// What stands for a lab that is left out for a student. Canvas calls it so, too.
pub(crate) const EXCUSED: &str = "EX";

/// The gradebook's bytes.
///
/// # Errors
/// Never in practice: it writes to memory.
pub fn gradebook(results: &Results) -> Result<Vec<u8>> {
    if results.has_policy() {
        return graded(results);
    }
    let labs = results.labs.iter().map(|lab| format!("lab {}", lab.head.lab));
    let header = ["member".to_owned(), "total".to_owned()].into_iter().chain(labs).collect();
    let row = |student: &Student| {
        let start = [safe(&student.name), cell(student.counts())];
        start.into_iter().chain(student.labs.iter().map(|score| cell(score.counts()))).collect()
    };
    written(header, results.students.iter().map(row))
}

/// The same under a policy.
fn graded(results: &Results) -> Result<Vec<u8>> {
    let names = ["member", "total", "of", "percent"].map(str::to_owned);
    let labs = results.labs.iter().flat_map(|lab| {
        let name = format!("lab {}", lab.head.lab);
        [name.clone(), format!("{name} raw"), format!("{name} why")]
    });
    let row = |student: &Student| {
        let total = student.total_grade.as_ref();
        let percent = total.and_then(|total| total.percent).map_or_else(String::new, |p| p.to_string());
        let of = total.map_or_else(String::new, |total| total.max.to_string());
        let start = [safe(&student.name), cell(student.counts()), of, percent];
        start.into_iter().chain(student.labs.iter().flat_map(of_lab)).collect()
    };
    written(names.into_iter().chain(labs).collect(), results.students.iter().map(row))
}

/// What counts, the raw points if they are others, and why.
fn of_lab(score: &LabScore) -> [String; 3] {
    let raw = score.raw_if_other().map_or_else(String::new, |raw| raw.to_string());
    let grade = score.grade.as_ref();
    let reason = grade.map(|grade| grade.reason.as_str()).filter(|reason| !reason.is_empty());
    let dropped = grade.filter(|grade| grade.dropped).map(|_| "dropped");
    let why: Vec<&str> = reason.into_iter().chain(dropped).collect();
    [cell(score.counts()), raw, why.join("; ")]
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

fn cell(counts: Counts) -> String {
    match counts {
        Counts::Points(points) => points.to_string(),
        Counts::Absent => ABSENT.to_owned(),
        Counts::Excused => EXCUSED.to_owned(),
        Counts::Undecided => String::new(),
    }
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
