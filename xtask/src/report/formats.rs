//! What other systems read: the results of a run in the forms of learning platforms and continuous integration. Pure.
//!
//! A form is either one file for each student and lab (an autograder's result) or one file for the class (a gradebook). The
//! facts about each form stand in its file, with the traps that its reader has.

mod autolab;
mod canvas;
mod classroom;
mod github;
mod gradescope;
mod junit;
mod moodle;
mod prairielearn;

use std::collections::BTreeSet;

pub(super) use github::fenced;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use sandbox::protocol::Verdict;

use super::names::file_name;
use crate::outcome::CheckOutcome;
use crate::score::{CheckInfo, LabResults, LabScore, Member, Results};

/// A form of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Format {
    /// Gradescope's results.json, one for each student and lab.
    Gradescope,
    /// Classroom 50's result.json, one for each student and lab.
    Classroom50,
    /// Autolab's line of scores, one for each student and lab.
    Autolab,
    /// PrairieLearn's results.json, one for each student and lab.
    Prairielearn,
    /// GitHub Actions: a job summary and annotations, one for each student and lab.
    Github,
    /// JUnit XML, one for each lab.
    Junit,
    /// Canvas gradebook CSV.
    Canvas,
    /// Moodle grader report CSV.
    Moodle,
}

/// The files of one form, with their paths below the folder of grades. Of hidden checks they tell what students may see.
///
/// # Errors
/// Never in practice: everything is plain data.
pub fn files(format: Format, results: &Results) -> Result<Vec<(String, Vec<u8>)>> {
    let results = &results.as_students_see();
    let each = |folder: &str, ending: &str, render: &dyn Fn(&Graded<'_>) -> Result<Vec<u8>>| {
        graded(results)
            .into_iter()
            .map(|one| {
                Ok((format!("{folder}/{}/lab-{}.{ending}", one.file, one.lab.head.lab), render(&one)?))
            })
            .collect::<Result<Vec<_>>>()
    };
    match format {
        Format::Gradescope => each("gradescope", "json", &gradescope::render),
        Format::Classroom50 => each("classroom50", "json", &classroom::render),
        Format::Autolab => each("autolab", "txt", &autolab::render),
        Format::Prairielearn => each("prairielearn", "json", &prairielearn::render),
        Format::Github => {
            let mut files = each("github", "md", &github::summary)?;
            files.extend(each("github", "annotations.txt", &github::annotations)?);
            Ok(files)
        }
        Format::Junit => Ok(results
            .labs
            .iter()
            .map(|lab| (format!("junit-{}.xml", lab.head.lab), junit::render(lab, &results.run.started)))
            .collect()),
        Format::Canvas => Ok(vec![("canvas.csv".to_owned(), canvas::render(results)?)]),
        Format::Moodle => Ok(vec![("moodle.csv".to_owned(), moodle::render(results)?)]),
    }
}

/// The file of one form for the first member of the only lab, whatever was handed in: what an autograder owes its platform.
///
/// # Errors
/// When there is no member, or the form is one for classes.
pub fn sole(format: Format, results: &Results) -> Result<Vec<u8>> {
    let results = &results.as_students_see();
    let found = results.labs.first().and_then(|lab| Some((lab, lab.members.first()?)));
    let (lab, member) = found.context("the run has no member")?;
    let graded = Graded { results, lab, member, file: String::new() };
    match format {
        Format::Gradescope => gradescope::render(&graded),
        Format::Classroom50 => classroom::render(&graded),
        Format::Autolab => autolab::render(&graded),
        Format::Prairielearn => prairielearn::render(&graded),
        Format::Github | Format::Junit | Format::Canvas | Format::Moodle => bail!("a form for classes"),
    }
}

/// One student's work in one lab.
struct Graded<'a> {
    results: &'a Results,
    lab: &'a LabResults,
    member: &'a Member,
    /// The student's name as a file name that no other student has.
    file: String,
}

/// A check and what came of it.
struct Test<'a> {
    /// `2.3`: the third check of the second milestone.
    number: String,
    info: &'a CheckInfo,
    outcome: &'a CheckOutcome,
}

impl Graded<'_> {
    fn tests(&self) -> Vec<Test<'_>> {
        let mut outcomes = self.member.checks.iter();
        let mut tests = Vec::new();
        for (of_lab, milestone) in (1..).zip(&self.lab.head.milestones) {
            for ((of_milestone, info), outcome) in (1..).zip(&milestone.checks).zip(outcomes.by_ref()) {
                tests.push(Test { number: format!("{of_lab}.{of_milestone}"), info, outcome });
            }
        }
        tests
    }

    /// The student's points in the lab.
    fn score(&self) -> Option<&LabScore> {
        let student = self.results.students.iter().find(|student| student.name == self.member.entry.name)?;
        student.labs.iter().find(|score| score.lab == self.lab.head.lab)
    }

    /// The points that can be seen, and those that could be had there. `None`: no check is hidden.
    fn visible(&self) -> Option<(u32, u32)> {
        let tests = self.tests();
        let seen = || tests.iter().filter(|test| !test.info.hidden).map(|test| test.outcome);
        let sum = || (seen().map(|outcome| outcome.points).sum(), seen().map(|outcome| outcome.max).sum());
        tests.iter().any(|test| test.info.hidden).then(sum)
    }

    /// What was said of the work as a whole, for its author.
    fn words(&self) -> String {
        let Member { entry, summary, likely, compile_error, .. } = self.member;
        let mut lines = Vec::new();
        // How many failed, and what that looks like together, would tell of the hidden ones.
        if self.visible().is_some() {
            lines.push(self.member.what_happened(&self.lab.head.milestones));
            lines.extend(self.score().and_then(LabScore::in_words));
        } else {
            lines.push(summary.clone());
            lines.extend(likely.iter().map(|cause| format!("likely: {cause}")));
        }
        lines.extend(entry.notes.iter().map(|note| format!("note: {note}")));
        lines.extend(compile_error.clone());
        if self.member.undecided > 0 {
            lines.push(format!(
                "{} points are undecided: the grader failed or was interrupted, which costs you nothing",
                self.member.undecided
            ));
        }
        lines.join("\n")
    }
}

impl Test<'_> {
    fn passed(&self) -> bool {
        self.outcome.verdict == Verdict::Pass
    }

    /// The verdict and its reason.
    fn words(&self) -> String {
        match self.outcome.text.trim() {
            "" => self.outcome.verdict.word().to_owned(),
            text => format!("{}\n{text}", self.outcome.verdict.word()),
        }
    }
}

/// Every student's work in every lab of which something was handed in.
fn graded(results: &Results) -> Vec<Graded<'_>> {
    let mut taken = BTreeSet::new();
    let mut all = Vec::new();
    for student in &results.students {
        let file = file_name(&student.name, &mut taken);
        for (score, lab) in student.labs.iter().zip(&results.labs) {
            if let Some(member) = score.member.filter(|_| score.handed_in).map(|at| &lab.members[at]) {
                all.push(Graded { results, lab, member, file: file.clone() });
            }
        }
    }
    all
}

fn json(value: &impl serde::Serialize) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
pub(super) use tests::class as tests_class;
