//! What each student gets: `students/NAME/index.html` and, the same to be mailed or uploaded, `students/NAME/feedback.md`.
//!
//! A sheet speaks of one student only: it has no other name, no number of the class, no path of the machine that graded, and
//! no words of the grader about itself. `students.csv` tells a teacher's script whose folder is whose. Pure, but for [`course`].

pub mod course;
mod markdown;
mod page;
mod sheet;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};

use super::csv::safe;
use super::names::file_name;
use crate::score::Results;
use course::Course;
use sheet::Sheet;

/// The folder of the sheets, in a folder of grades.
pub const FOLDER: &str = "students";
/// Who has which folder.
pub const INDEX: &str = "students.csv";
/// How the labs make the total, under a policy.
const TOTAL: &str = "The total is the sum of the points that count, each lab times its weight. A lab from which you are excused (EX) \
    or that is dropped is left out, of your points and of what can be had.";
/// A sheet as a page.
const PAGE: &str = "index.html";
/// A sheet as text.
const TEXT: &str = "feedback.md";

/// Gives the files of all students to `write`, with their paths below the folder of grades, each as soon as it is made.
/// `results` are what students may see ([`Results::as_students_see`]).
///
/// # Errors
/// Never in practice: the list of students is made in memory.
pub fn files(results: &Results, course: &Course, write: &mut dyn FnMut(&str, &[u8])) -> Result<()> {
    let folders = folders(results);
    let mut index = csv::Writer::from_writer(Vec::new());
    index.write_record(["member", "folder"])?;
    for (at, student) in results.students.iter().enumerate() {
        let folder = &folders[student.name.as_str()];
        index.write_record([&safe(&student.name), folder])?;
        let sheet = Sheet::new(results, at, course);
        write(&format!("{folder}/{PAGE}"), page::render(&sheet).as_bytes());
        write(&format!("{folder}/{TEXT}"), markdown::render(&sheet).as_bytes());
    }
    write(INDEX, &index.into_inner().context("write the list of students")?);
    Ok(())
}

/// The folder of each student, by name: `students/alice`.
fn folders(results: &Results) -> BTreeMap<&str, String> {
    let mut taken = BTreeSet::new();
    let folder = |name| format!("{FOLDER}/{}", file_name(name, &mut taken));
    let names: Vec<&str> = results.students.iter().map(|student| student.name.as_str()).collect();
    let folders: Vec<String> = names.iter().copied().map(folder).collect();
    names.into_iter().zip(folders).collect()
}

/// The page of each student, by name.
pub(super) fn pages(results: &Results) -> BTreeMap<&str, String> {
    folders(results).into_iter().map(|(name, folder)| (name, format!("{folder}/{PAGE}"))).collect()
}

#[cfg(test)]
mod tests;
