//! Which column of a sheet is what. Pure.

use super::matching::{Row, forms};
use super::sheet::Sheet;
use super::{FillArgs, Kind};
use crate::score::{Head, Points};
use crate::text::one_line;

/// The headers of an English Moodle. In another language each must be named.
const MOODLE_IDS: [&str; 3] = ["Email address", "ID number", "Username"];
const MOODLE_NAME: &str = "Full name";
const MOODLE_GRADE: &str = "Grade";
const MOODLE_FEEDBACK: &str = "Feedback comments";
const MOODLE_MAX: &str = "Maximum grade";
/// `Participant 123`, in whatever language: the first column.
const MOODLE_IDENTIFIER: usize = 0;

/// Canvas' headers are the same in every language.
const CANVAS_IDS: [&str; 4] = ["ID", "SIS User ID", "SIS Login ID", "Integration ID"];
const CANVAS_POSSIBLE: &str = "points possible";

/// The columns of a sheet, by their places.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Columns {
    kind: Kind,
    name: Option<usize>,
    ids: Vec<usize>,
    max: Option<usize>,
    /// Where the grades go.
    pub(super) grade: usize,
    /// Where the feedback goes.
    pub(super) feedback: Option<usize>,
    /// The header of the grades.
    pub(super) title: String,
    /// The sheet's best grade and the lab's, if they differ.
    pub(super) scale: Option<(f64, u32)>,
}

impl Columns {
    /// Finds the columns by the headers that were named, or by the platform's own.
    ///
    /// # Errors
    /// Which one is missing, or not clear, and what to do.
    pub(super) fn find(sheet: &Sheet, args: &FillArgs, head: &Head) -> Result<Self, String> {
        let mut columns = match args.kind {
            Kind::Moodle => Self::moodle(&sheet.header(), args)?,
            Kind::Canvas => Self::canvas(&sheet.header(), args, head)?,
        };
        let lines = 1..sheet.len();
        let best = lines.clone().find_map(|line| columns.best(sheet, line));
        let is_other = |best: &f64| (best - f64::from(head.max())).abs() > f64::EPSILON;
        columns.scale = best.filter(is_other).map(|best| (best, head.max()));
        Ok(columns)
    }

    fn moodle(header: &[String], args: &FillArgs) -> Result<Self, String> {
        let grade = named(header, args.column.as_deref().unwrap_or(MOODLE_GRADE), "--column")?;
        let ids: Vec<usize> = if args.ids.is_empty() {
            MOODLE_IDS.iter().filter_map(|id| place(header, id)).collect()
        } else {
            args.ids.iter().map(|id| named(header, id, "--id")).collect::<Result<_, _>>()?
        };
        let name = optional(header, args.name.as_deref(), MOODLE_NAME, "--name")?;
        if ids.is_empty() && name.is_none() {
            return Err(format!(
                "no column has names or addresses; name one with --name or --id: {}",
                all(header)
            ));
        }
        Ok(Self {
            kind: Kind::Moodle,
            name,
            ids,
            max: optional(header, args.max.as_deref(), MOODLE_MAX, "--max")?,
            grade,
            feedback: optional(header, args.feedback.as_deref(), MOODLE_FEEDBACK, "--feedback")?,
            title: header[grade].clone(),
            scale: None,
        })
    }

    fn canvas(header: &[String], args: &FillArgs, head: &Head) -> Result<Self, String> {
        let [first, second, ..] = header else { return Err("this is no gradebook of Canvas".to_owned()) };
        if !first.contains("Student") || !second.contains("ID") {
            return Err("this is no gradebook of Canvas: its first columns are not Student and ID".to_owned());
        }
        if args.feedback.is_some() || args.max.is_some() {
            return Err("a gradebook of Canvas has no feedback and no column of best grades".to_owned());
        }
        let grade = match &args.column {
            Some(column) => named(header, column, "--column")
                .or_else(|why| unique(header, |title| without_id(title) == column).ok_or(why))?,
            None => unique(header, |title| is_of_lab(title, head)).ok_or_else(|| {
                format!("not one column is of lab {}; name it with --column: {}", head.lab, all(header))
            })?,
        };
        if is_total(&header[grade]) {
            return Err(format!(
                "{} is Canvas' own total and cannot be filled",
                one_line(&header[grade], 60)
            ));
        }
        let named_ids = args.ids.iter().map(|id| named(header, id, "--id")).collect::<Result<Vec<_>, _>>()?;
        let usual = CANVAS_IDS.iter().filter_map(|id| place(header, id));
        let ids = if named_ids.is_empty() { usual.collect() } else { named_ids };
        let name = args.name.as_deref().map_or(Ok(0), |name| named(header, name, "--name"))?;
        let title = header[grade].clone();
        Ok(Self {
            kind: Kind::Canvas,
            name: Some(name),
            ids,
            max: None,
            grade,
            feedback: None,
            title,
            scale: None,
        })
    }

    /// The lines with people.
    pub(super) fn rows(&self, sheet: &Sheet) -> Vec<Row> {
        let row = |line: usize| {
            let ids: Vec<String> = self.ids.iter().map(|column| sheet.cell(line, *column)).collect();
            let name = self.name.map_or_else(String::new, |column| sheet.cell(line, column));
            let id = match self.kind {
                Kind::Canvas => sheet.cell(line, 1),
                Kind::Moodle => number(&sheet.cell(line, MOODLE_IDENTIFIER)),
            };
            let names = if name.is_empty() { Vec::new() } else { forms(&name, &id) };
            let shown =
                if name.is_empty() { ids.iter().find(|id| !id.is_empty()).cloned() } else { Some(name) };
            Row { line, name: shown.unwrap_or_default(), ids, names }
        };
        let is_person =
            |row: &Row| !row.name.is_empty() && !is_possible(&row.name) && sheet.has(row.line, self.grade);
        (1..sheet.len()).map(row).filter(is_person).collect()
    }

    /// The best grade that a line tells.
    fn best(&self, sheet: &Sheet, line: usize) -> Option<f64> {
        let cell = match self.kind {
            Kind::Moodle => sheet.cell(line, self.max?),
            Kind::Canvas if is_possible(&sheet.cell(line, 0)) => sheet.cell(line, self.grade),
            Kind::Canvas => return None,
        };
        // In some languages a comma stands for the point.
        cell.replace(',', ".").parse().ok().filter(|best: &f64| *best > 0.0 && best.is_finite())
    }

    /// The value of a grade's cell.
    pub(super) fn grade(&self, sheet: &Sheet, line: usize, points: Points, max: u32) -> String {
        let best = self.best(sheet, line).or(self.scale.map(|(best, _)| best)).unwrap_or(f64::from(max));
        let grade = points.as_number() * best / f64::from(max.max(1));
        let text = format!("{grade:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// Moodle shows a comment as HTML.
pub(super) fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn place(header: &[String], wanted: &str) -> Option<usize> {
    header.iter().position(|title| title.eq_ignore_ascii_case(wanted))
}

fn named(header: &[String], wanted: &str, option: &str) -> Result<usize, String> {
    place(header, wanted)
        .ok_or_else(|| format!("no column is called {wanted:?}; name it with {option}: {}", all(header)))
}

/// A column that must be there only if it was asked for.
fn optional(
    header: &[String],
    asked: Option<&str>,
    usual: &str,
    option: &str,
) -> Result<Option<usize>, String> {
    match asked {
        Some(asked) => named(header, asked, option).map(Some),
        None => Ok(place(header, usual)),
    }
}

fn unique(header: &[String], is_it: impl Fn(&str) -> bool) -> Option<usize> {
    let mut found = header.iter().enumerate().filter(|(_, title)| is_it(title));
    match (found.next(), found.next()) {
        (Some((at, _)), None) => Some(at),
        _ => None,
    }
}

/// Whether a title names the lab: `Lab 1 Pipes (123)`, `lab01`, or the lab's own title.
fn is_of_lab(title: &str, head: &Head) -> bool {
    let title = without_id(title).to_lowercase();
    if title == head.title.to_lowercase() {
        return true;
    }
    let Some(rest) = title.strip_prefix("lab") else { return false };
    let rest = rest.trim_start_matches([' ', '-', '_', '#']);
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    !digits.is_empty() && digits.trim_start_matches('0') == head.lab.trim_start_matches('0')
}

/// A title without the number that Canvas puts behind it.
fn without_id(title: &str) -> &str {
    let parts = title.strip_suffix(')').and_then(|title| title.rsplit_once(" ("));
    match parts {
        Some((title, id)) if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) => title,
        _ => title,
    }
}

/// Canvas makes these itself.
fn is_total(title: &str) -> bool {
    let has = |words: [&str; 3]| words.iter().any(|word| title.contains(word));
    has(["Current", "Final", "Override"]) && has(["Score", "Points", "Grade"])
}

/// Canvas' second line.
fn is_possible(name: &str) -> bool {
    name.to_lowercase().contains(CANVAS_POSSIBLE)
}

/// The number in `Participant 123`.
fn number(identifier: &str) -> String {
    identifier.chars().filter(char::is_ascii_digit).collect()
}

fn all(header: &[String]) -> String {
    let titles: Vec<String> = header.iter().take(30).map(|title| one_line(title, 40)).collect();
    titles.join(", ")
}
