//! `class`: makes a class of submissions as a real one hands them in, and compares its grades with what they must be.
//!
//! Every submission is made from the solutions, so its grade is known before anybody grades it. The same seed makes the same
//! class. What is expected stands in a table beside the folder, where no grader takes it for a submission.

mod cheats;
mod expected;
mod names;
mod packing;
mod works;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use fastrand::Rng;
use serde::{Deserialize, Serialize};

use crate::exit::{Exit, bad_input};
use crate::intake::Files;
use crate::report;
use crate::score::Results;
use crate::text::reason;
use crate::workspace::{Lab, Workspace};
use expected::Expected;
use names::Name;
pub use names::Platform;
use packing::{FORMS, Form, LITTER, Litter};
use works::{Work, Works};

/// Make a class of submissions whose grades are known, to try the grader on.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask class ../class                           200 students, all labs
  cargo xtask class ../class --students 12 --lab 01
  cargo xtask grade ../class && cargo xtask class ../class --graded grades/latest")]
pub struct ClassArgs {
    /// A new folder; the table goes beside it, to DIR.expected.csv.
    pub dir: PathBuf,
    /// How many submissions.
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=5000))]
    pub students: u16,
    /// Only this lab; may be repeated.
    #[arg(long = "lab", value_name = "LAB")]
    pub labs: Vec<String>,
    /// The same seed makes the same class.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Whose names the submissions have.
    #[arg(long, value_enum, default_value_t = Platform::Given)]
    pub names: Platform,
    /// Only folders with right answers, starters and mutants: a class to measure with.
    #[arg(long)]
    pub plain: bool,
    /// Make nothing: compare these grades of the class with its table.
    #[arg(long, value_name = "GRADES", conflicts_with_all = ["students", "labs", "seed", "names", "plain"])]
    pub graded: Option<PathBuf>,
}

/// A row of the table.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    student: String,
    lab: String,
    expected: String,
}

/// Makes a class, or compares its grades.
///
/// # Errors
/// When the folder is not empty, this checkout has no solutions, or a file cannot be read or written.
pub fn run(workspace: &Workspace, args: &ClassArgs) -> Result<Exit> {
    match &args.graded {
        Some(grades) => compare(&table(&args.dir)?, grades),
        None => make(workspace, args),
    }
}

/// `../class` to `../class.expected.csv`.
fn table(dir: &Path) -> Result<PathBuf> {
    let dir = std::path::absolute(dir).with_context(|| format!("find {}", dir.display()))?;
    let name = dir.file_name().with_context(|| format!("name the table of {}", dir.display()))?;
    let mut name = name.to_owned();
    name.push(".expected.csv");
    Ok(dir.with_file_name(name))
}

fn make(workspace: &Workspace, args: &ClassArgs) -> Result<Exit> {
    let (dir, table) = (&args.dir, table(&args.dir)?);
    if dir.is_file() || fs::read_dir(dir).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(bad_input(format!("{}: is not empty; name a new folder", dir.display())));
    }
    let labs = workspace.labs_or_all(&args.labs)?;
    let with_works = |lab: Lab| Works::new(workspace, &lab).map(|works| (lab, works));
    let mut labs: Vec<(Lab, Works)> = labs.into_iter().map(with_works).collect::<Result<_>>()?;
    for number in 1..labs.len() {
        let (before, from) = labs.split_at_mut(number);
        from[0].1.mistake_for(&before[number - 1].1);
    }
    let parent = table.parent().context("a class needs a folder to lie in")?;
    fs::create_dir_all(parent).with_context(|| format!("make {}", parent.display()))?;
    // Made beside its place and renamed at the end: a class is there whole or not at all.
    let unfinished = tempfile::Builder::new().prefix(".class-").tempdir_in(parent);
    let unfinished = unfinished.with_context(|| format!("make a folder in {}", parent.display()))?;
    let mut rng = Rng::with_seed(args.seed);
    let mut rows = csv::Writer::from_writer(Vec::new());
    let mut count = 0;
    for number in 0..usize::from(args.students) {
        let name = names::name(args.names, number);
        for (lab, expected) in student(&labs, &name, args.plain, unfinished.path(), &mut rng)? {
            let row = Row { student: name.shown.clone(), lab, expected: expected.to_string() };
            rows.serialize(row).context("write a row of the table")?;
            count += 1;
        }
    }
    let rows = rows.into_inner().context("finish the table")?;
    crate::files::write_atomic(&table, &rows)?;
    fs::set_permissions(unfinished.path(), fs::Permissions::from_mode(0o755))
        .context("open the class to readers")?;
    // An empty folder may stand there; rename(2) replaces it.
    fs::rename(unfinished.keep(), dir).with_context(|| format!("rename to {}", dir.display()))?;
    let shown = workspace.shown(&table);
    anstream::println!("{}: {} students, {count} works; expected: {shown}", dir.display(), args.students);
    Ok(Exit::Done)
}

/// Writes what one student hands in; gives what is expected, by lab.
fn student(
    labs: &[(Lab, Works)],
    name: &Name,
    is_plain: bool,
    class: &Path,
    rng: &mut Rng,
) -> Result<Vec<(String, Expected)>> {
    // One in four hands in two labs.
    let count = if is_plain || rng.u8(0..4) > 0 { 1 } else { 2 };
    let mut chosen = rng.choose_multiple(labs.iter(), count);
    chosen.sort_by(|(one, _), (other, _)| one.manifest.id.cmp(&other.manifest.id));
    let mut all = Files::new();
    let mut expected = Vec::new();
    for (lab, works) in chosen {
        let Work { files, expected: of_lab } = if is_plain { works.plain(rng) } else { works.any(rng) };
        let place = |path: String| format!("labs/{}/{path}", lab.manifest.folder());
        all.extend(files.into_iter().map(|(path, bytes)| (place(path), bytes)));
        expected.push((lab.manifest.id.clone(), of_lab));
    }
    if !is_plain && rng.u8(0..100) == 0 {
        // In place of a submission; the grader must not look through it.
        symlink("/etc", class.join(&name.stem)).context("link a submission")?;
        return Ok(expected.into_iter().map(|(lab, _)| (lab, Expected::Points(0))).collect());
    }
    let form = FORMS[rng.usize(0..FORMS.len())];
    let litter = LITTER[rng.usize(0..LITTER.len())];
    // An archive without a file is a damaged one, and that is another story.
    let (form, litter) = match is_plain || all.is_empty() {
        true => (Form::Folder, Litter::None),
        false => (form, litter),
    };
    packing::write(class, &name.stem, form, litter, &all)?;
    Ok(expected)
}

/// Says who is not as expected, and of how many.
fn compare(table: &Path, grades: &Path) -> Result<Exit> {
    let read = |path: &Path| {
        fs::read(path).map_err(|error| bad_input(format!("read {}: {}", path.display(), reason(&error))))
    };
    let rows = rows(&read(table)?).map_err(|why| bad_input(format!("{}: {why}", table.display())))?;
    let path = grades.join(report::RESULTS);
    let results = report::json::parse(&read(&path)?)
        .map_err(|error| bad_input(format!("{}: {error:#}", path.display())))?;
    let problems: Vec<String> = rows
        .iter()
        .filter_map(|(row, expected)| {
            let why = problem(&results, row, expected)?;
            Some(format!("lab {}: {}: {why}", row.lab, row.student))
        })
        .collect();
    for problem in &problems {
        anstream::println!("{problem}");
    }
    anstream::println!("class: {} of {} as expected", rows.len() - problems.len(), rows.len());
    Ok(if problems.is_empty() { Exit::Done } else { Exit::SomeFailed })
}

fn rows(bytes: &[u8]) -> Result<Vec<(Row, Expected)>, String> {
    let mut rows = Vec::new();
    for (place, row) in csv::Reader::from_reader(bytes).deserialize().enumerate() {
        let row: Row = row.map_err(|error| error.to_string())?;
        let expected = Expected::parse(&row.expected)
            .ok_or_else(|| format!("line {}: `{}` is no expectation", place + 2, row.expected))?;
        rows.push((row, expected));
    }
    if rows.is_empty() { Err("it has no rows".to_owned()) } else { Ok(rows) }
}

/// Why a work is not as expected; `None`: it is.
fn problem(results: &Results, row: &Row, expected: &Expected) -> Option<String> {
    let lab = results.labs.iter().find(|lab| lab.head.lab == row.lab);
    let member = lab.and_then(|lab| lab.members.iter().find(|member| member.entry.name == row.student));
    match (member, expected) {
        (Some(member), _) => expected.problem(member),
        // A lab of which nobody has handed in anything has no grades.
        (None, Expected::Points(0)) if lab.is_none() => None,
        (None, _) => Some("is not in the grades".to_owned()),
    }
}
