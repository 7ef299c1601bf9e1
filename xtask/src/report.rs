//! Reports of a graded run: `results.json`, `gradebook.csv`, `milestones.csv`, `report.html` (with a page for each lab
//! where there are several), a sheet for each student below `students/`, and the terminal's tables.
//!
//! On request also what other systems read, see [`formats`]. The forms are pure (results in, text out); this file writes them, each atomically, so that a full
//! disk never destroys an older report.

pub mod attention;
pub mod clusters;
pub mod csv;
mod ending;
pub mod feedback;
pub mod formats;
mod grades;
pub mod html;
pub mod json;
mod names;
pub mod table;

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::catalogue;
use crate::causes;
use crate::cli::ReportArgs;
use crate::exit::{Exit, bad_input};
use crate::interrupt;
use crate::journal;
use crate::policy::{self, files::Terms};
use crate::prose;
use crate::score::{LabResults, Results, Run};
use crate::similar::summary::Similar;
use crate::text::reason;
use crate::workspace::Workspace;
use feedback::course::Course;
use formats::Format;

/// The file names in a folder of grades.
pub const RESULTS: &str = "results.json";
/// For the gradebook.
pub const GRADEBOOK: &str = "gradebook.csv";
/// The same, with a column for each milestone.
pub const MILESTONES: &str = "milestones.csv";
/// For people.
pub const HTML: &str = "report.html";
/// The link to the newest folder of grades.
pub const LATEST: &str = "latest";

/// Writes the reports of a graded run again from its journals or, where these are gone, from its results.
///
/// # Errors
/// When the folder holds neither, or cannot be written.
pub fn run(workspace: &Workspace, args: &ReportArgs) -> anyhow::Result<Exit> {
    interrupt::survive_file_limit()?;
    let folder = folder_of(&args.dir)?;
    let terms = Terms::choose(workspace, args.policy.as_deref(), Some(&folder))?;
    let results = results(workspace, &folder, terms.as_ref())?;
    if let Some(terms) = &terms {
        terms.keep(&folder)?;
    }
    write(workspace, &folder, &results, &args.formats)?;
    results.labs.iter().for_each(print);
    print_end(&results);
    anstream::println!("report: {}", workspace.shown(&folder.join(HTML)));
    Ok(Exit::Done)
}

/// The results of a graded run under these terms.
///
/// # Errors
/// When the folder holds neither journals nor results, or they cannot be read.
pub(crate) fn results(
    workspace: &Workspace,
    folder: &Path,
    terms: Option<&Terms>,
) -> anyhow::Result<Results> {
    let (run, mut labs) = load(folder)?;
    labs.iter_mut().for_each(|lab| explain(workspace, lab));
    Ok(policy::files::results(terms, run, labs))
}

/// Adds to each member what is probably wrong. It stands in no journal, for it can be told again at any time.
pub fn explain(workspace: &Workspace, results: &mut LabResults) {
    // Results may come from another course.
    let Ok(lab) = workspace.lab(&results.head.lab) else { return };
    let catalogue = catalogue::load_or_warn(workspace, &lab);
    for member in &mut results.members {
        let likely = causes::likely(&catalogue, &member.checks);
        member.likely = likely.map_or_else(Vec::new, |likely| likely.sentences());
    }
}

/// `DIR` itself, or its newest run when `DIR` holds several.
pub(crate) fn folder_of(dir: &Path) -> anyhow::Result<PathBuf> {
    if let Err(error) = fs::read_dir(dir) {
        return Err(bad_input(format!(
            "look for a graded class in {}: {}; `cargo xtask grade` makes one",
            dir.display(),
            reason(&error)
        )));
    }
    [dir.to_owned(), dir.join(LATEST)]
        .into_iter()
        .find(|dir| dir.join(RESULTS).is_file() || journal::list(dir).is_ok_and(|found| !found.is_empty()))
        .ok_or_else(|| {
            let no = format!("(no {RESULTS}, no {})", journal::FILES);
            bad_input(format!("{}: no graded class is here {no}", dir.display()))
        })
}

/// The journals are the truth; the results are made from them. Only a folder without one is read from its results.
fn load(folder: &Path) -> anyhow::Result<(Run, Vec<LabResults>)> {
    let wrong = |error: anyhow::Error| bad_input(format!("{error:#}"));
    let journals = journal::list(folder)
        .map_err(|error| bad_input(format!("list {}: {}", folder.display(), reason(&error))))?;
    let read = journals.iter().map(|path| journal::read(path).map_err(wrong));
    let read: Vec<_> = read.filter_map(anyhow::Result::transpose).collect::<anyhow::Result<_>>()?;
    if let Some((plan, _)) = read.first() {
        let run = plan.run.clone();
        return Ok((run, read.iter().map(|(plan, found)| plan.results(found)).collect()));
    }
    let path = folder.join(RESULTS);
    let text =
        fs::read(&path).map_err(|error| bad_input(format!("read {}: {}", path.display(), reason(&error))))?;
    let results =
        json::parse(&text).map_err(|error| bad_input(format!("read {}: {error:#}", path.display())))?;
    if results.has_policy() {
        // Of several attempts only one is left in it, and its points are grades already.
        return Err(bad_input(format!(
            "{}: its journals are gone, and a policy made these grades",
            folder.display()
        )));
    }
    Ok((results.run, results.labs))
}

/// Writes the files, and those of `forms`. All are tried, the first failure is told.
///
/// # Errors
/// When one of them cannot be written; what was there before stays.
pub fn write(
    workspace: &Workspace,
    folder: &Path,
    results: &Results,
    forms: &[Format],
) -> anyhow::Result<()> {
    let similar = Similar::read(folder);
    let mut writing = Writing { folder, failure: None };
    writing.add(RESULTS, &json::render(results)?);
    writing.add(GRADEBOOK, &csv::gradebook(results)?);
    writing.add(MILESTONES, &csv::milestones(results)?);
    html::pages(results, similar.as_ref()).for_each(|(name, page)| writing.add(&name, page.as_bytes()));
    let seen = results.as_students_see();
    feedback::files(&seen, &Course::read(workspace, results), &mut |name, bytes| writing.add(name, bytes))?;
    for &form in forms {
        formats::files(form, results)?.iter().for_each(|(name, bytes)| writing.add(name, bytes));
    }
    match writing.failure {
        None => Ok(()),
        Some(failure) => {
            Err(bad_input(format!("{failure}; the journals in {} have every verdict", folder.display())))
        }
    }
}

/// Files on their way to a folder. Each is written before the next one is made: those of a large class are hundreds of
/// megabytes together.
struct Writing<'a> {
    folder: &'a Path,
    /// The first.
    failure: Option<String>,
}

impl Writing<'_> {
    fn add(&mut self, name: &str, bytes: &[u8]) {
        let path = self.folder.join(name);
        if let Err(error) = atomically(&path, bytes) {
            self.failure.get_or_insert_with(|| format!("write {}: {}", path.display(), reason(&error)));
        }
    }
}

/// Prints a lab's table, as wide as the screen is, and an empty line.
pub fn print(results: &LabResults) {
    anstream::println!("lab {}: {}", results.head.lab, results.head.title);
    anstream::println!("{}\n", table::render(results, prose::columns()));
}

/// Prints what is said at the end of a run.
pub fn print_end(results: &Results) {
    anstream::println!("{}", table::end(results));
}

/// `5`, or `3+2?` when two points are undecided.
fn number(points: u32, undecided: u32) -> String {
    match undecided {
        0 => points.to_string(),
        undecided => format!("{points}+{undecided}?"),
    }
}

/// When grading began, for people.
fn graded_at(run: &Run) -> String {
    run.started.replacen('T', " ", 1).replace('Z', " UTC")
}

/// Points `OUT/latest` at `folder`, in one step.
///
/// # Errors
/// When `OUT` cannot be written.
pub fn link_latest(out: &Path, folder: &Path) -> io::Result<()> {
    let name = folder.file_name().unwrap_or_default();
    let beside = out.join(format!(".latest-{}", std::process::id()));
    symlink(name, &beside)?;
    fs::rename(&beside, out.join(LATEST)).inspect_err(|_| {
        // The rename's error is the one to tell; a stale link is replaced by the next run.
        let _ = fs::remove_file(&beside);
    })
}

/// Writes a file beside `path` and renames it: readers see the old bytes or the new ones.
fn atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".writing-").tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    // tempfile makes files private; a report is as public as its folder.
    fs::set_permissions(file.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    file.persist(path).map(drop).map_err(|failed| failed.error)
}
