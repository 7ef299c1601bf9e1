//! `fill`: puts the grades of one lab into the sheet that a teacher downloaded from Canvas or Moodle.
//!
//! Both platforms refuse or misread a sheet that is not quite theirs: ids are their own, headers are in the language of the
//! site. So no sheet is invented. The downloaded one is copied byte for byte, save for the cells that are filled.

mod columns;
mod matching;
mod sheet;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::exit::{Exit, bad_input, usage};
use crate::files;
use crate::grade::{self, roster::Roster};
use crate::policy::files::Terms;
use crate::report::csv::safe;
use crate::report::{self, folder_of};
use crate::score::{Counts, LabResults, LabScore, Points, Results, Student};
use crate::text::{one_line, reason};
use crate::workspace::Workspace;
use columns::Columns;
use matching::Claim;
use sheet::Sheet;

/// More names in one line help nobody.
const MAX_NAMES: usize = 20;
/// No sheet of a class is larger, in bytes.
const MAX_SHEET: u64 = 64 << 20;

/// Whose sheet it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A gradebook, as Canvas exports it.
    Canvas,
    /// An offline grading worksheet of a Moodle assignment.
    Moodle,
}

/// Fill the grades of one lab into a sheet from Canvas or Moodle.
///
/// Rows are found by id, login or e-mail address, else by a name that only one row has. A student's own name in the grades
/// counts for each of these; with a roster also everything that stands in its row there. Only graded cells change: no grade
/// is written for what was not handed in, or what nobody has decided yet.
///
/// The status is 1 if somebody has a grade and no row.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask fill canvas ~/Downloads/grades-IPC.csv --lab 01 --roster class.csv
  cargo xtask fill moodle ~/Downloads/Grades-Lab1.csv --lab 01
  cargo xtask fill moodle Bewertungen.csv --lab 01 --column Bewertung --feedback 'Feedback als Kommentar' \\
      --name 'Vollständiger Name' --id E-Mail-Adresse --max Bestwertung

Written is a copy beside the grades: grades/TIME/Grades-Lab1.filled.csv")]
pub struct FillArgs {
    /// Whose sheet it is.
    #[arg(value_enum)]
    pub kind: Kind,
    /// The sheet, as it was downloaded.
    pub sheet: PathBuf,
    /// The lab [default: the only one that was graded].
    #[arg(long)]
    pub lab: Option<String>,
    /// The folder `grade` wrote.
    #[arg(long, value_name = "DIR", default_value = "grades")]
    pub grades: PathBuf,
    /// Who is in the class, as for `grade`: what stands in one of its rows stands for one student.
    #[arg(long, value_name = "CSV")]
    pub roster: Option<PathBuf>,
    /// The header of the column with the grades [default: `Grade` in Moodle; the one that names the lab in Canvas].
    #[arg(long, value_name = "HEADER")]
    pub column: Option<String>,
    /// Moodle: the header of the column with the feedback [default: `Feedback comments`, if it is there].
    #[arg(long, value_name = "HEADER")]
    pub feedback: Option<String>,
    /// The header of the column with the names.
    #[arg(long, value_name = "HEADER")]
    pub name: Option<String>,
    /// The header of a column with ids, logins or addresses; may be repeated.
    #[arg(long = "id", value_name = "HEADER")]
    pub ids: Vec<String>,
    /// Moodle: the header of the column with the best grade [default: `Maximum grade`, if it is there].
    #[arg(long = "max", value_name = "HEADER")]
    pub max: Option<String>,
}

/// Fills a sheet.
///
/// # Errors
/// When the sheet or the grades cannot be read, a column is missing or not clear, or the copy cannot be written.
pub fn run(workspace: &Workspace, args: &FillArgs) -> anyhow::Result<Exit> {
    let folder = folder_of(&args.grades)?;
    // The grades are those of the run, under its own policy.
    let terms = Terms::choose(workspace, None, Some(&folder))?;
    let results = report::results(workspace, &folder, terms.as_ref())?;
    let at = lab_of(&results, args.lab.as_deref())?;
    let roster = args.roster.as_deref().map(grade::roster).transpose()?;
    let shown = args.sheet.display();
    let wrong = |why: String| bad_input(format!("read {shown}: {why}"));
    let sheet = Sheet::parse(read(&args.sheet)?).map_err(wrong)?;
    let lab = &results.labs[at];
    let columns = Columns::find(&sheet, args, &lab.head).map_err(wrong)?;
    let filled = Filled::new(&sheet, &columns, &results.students, at, lab, roster.as_ref());
    let name = format!("{}.filled.csv", args.sheet.file_stem().unwrap_or_default().to_string_lossy());
    let place = folder.join(name);
    files::write_atomic(&place, &filled.bytes)?;
    anstream::print!("{}", filled.told(&columns));
    anstream::println!("{}", place.display());
    Ok(if filled.strangers.is_empty() { Exit::Done } else { Exit::SomeFailed })
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let wrong = |why: String| bad_input(format!("read {}: {why}", path.display()));
    let meta = fs::metadata(path).map_err(|error| wrong(reason(&error)))?;
    if !meta.is_file() || meta.len() > MAX_SHEET {
        return Err(wrong("this is no sheet of a class".to_owned()));
    }
    fs::read(path).map_err(|error| wrong(reason(&error)))
}

/// The place of the lab in the results.
fn lab_of(results: &Results, wanted: Option<&str>) -> anyhow::Result<usize> {
    let known: Vec<&str> = results.labs.iter().map(|lab| lab.head.lab.as_str()).collect();
    let found = match (wanted, known.as_slice()) {
        (Some(wanted), _) => known.iter().position(|lab| *lab == format!("{wanted:0>2}")),
        (None, [_]) => Some(0),
        (None, _) => None,
    };
    found.ok_or_else(|| usage(format!("which lab? --lab must be one of those graded: {}", known.join(", "))))
}

/// What goes into a sheet. Nothing where nobody has decided yet, nothing was handed in, or the student is excused: that is the
/// teacher's to say.
fn grade_of(score: &LabScore) -> Option<Points> {
    match score.counts() {
        Counts::Points(points) => Some(points),
        Counts::Absent | Counts::Excused | Counts::Undecided => None,
    }
}

/// A filled sheet, and what is to be said of it.
struct Filled {
    bytes: Vec<u8>,
    /// Graded, but in no row, or in more than one.
    strangers: Vec<String>,
    /// In the sheet, but not in the grades.
    ungraded: Vec<String>,
    /// In both, without a grade.
    undecided: Vec<String>,
    filled: usize,
}

impl Filled {
    fn new(
        sheet: &Sheet,
        columns: &Columns,
        students: &[Student],
        at: usize,
        lab: &LabResults,
        roster: Option<&Roster>,
    ) -> Self {
        let claims: Vec<Claim> = students.iter().map(|student| claim(student, roster)).collect();
        let rows = columns.rows(sheet);
        let pairs = matching::pairs(&claims, &rows);
        let mut filled =
            Self { bytes: vec![], strangers: vec![], ungraded: vec![], undecided: vec![], filled: 0 };
        let mut changes = Vec::new();
        for (student, row) in students.iter().zip(&pairs) {
            match (row, grade_of(&student.labs[at])) {
                (None, Some(_)) => filled.strangers.push(student.name.clone()),
                (Some(_), None) => filled.undecided.push(student.name.clone()),
                (None, None) => {}
                (Some(row), Some(points)) => {
                    let line = rows[*row].line;
                    let grade = columns.grade(sheet, line, points, lab.head.max());
                    changes.push((line, columns.grade, grade));
                    let member = student.labs[at].member.map(|member| &lab.members[member]);
                    if let (Some(column), Some(member)) = (columns.feedback, member) {
                        changes.push((line, column, columns::html(&safe(&member.summary))));
                    }
                    filled.filled += 1;
                }
            }
        }
        let is_open = |at: &usize| !pairs.contains(&Some(*at));
        filled.ungraded = (0..rows.len()).filter(is_open).map(|row| rows[row].name.clone()).collect();
        filled.bytes = sheet.with(changes);
        filled
    }

    fn told(&self, columns: &Columns) -> String {
        let rows = self.filled + self.ungraded.len() + self.undecided.len();
        let mut lines = vec![format!("{}: {} of {rows} rows filled", columns.title, self.filled)];
        if let Some((best, max)) = columns.scale {
            lines.push(format!("scaled: the sheet's best grade is {best}, the lab has {max} points"));
        }
        for (words, names) in [
            ("graded, but in no row or not clear in which", &self.strangers),
            ("in the sheet, but not in the grades", &self.ungraded),
            ("left as it was: not handed in, excused, or not decided", &self.undecided),
        ] {
            if !names.is_empty() {
                lines.push(format!("{words}: {}", listed(names)));
            }
        }
        lines.join("\n") + "\n"
    }
}

fn listed(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(MAX_NAMES).map(|name| one_line(name, 60)).collect();
    let more = names.len().saturating_sub(MAX_NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join("; "))
}

/// What stands for a student.
fn claim(student: &Student, roster: Option<&Roster>) -> Claim {
    let more = roster.map_or(&[][..], |roster| roster.keys(&student.name));
    Claim { name: student.name.clone(), keys: more.to_vec() }
}

#[cfg(test)]
mod tests;
