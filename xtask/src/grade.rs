//! `grade`: a folder of submissions, or the sample class, to a folder of grades.
//!
//! Intake takes the editable files of each lab; each member is built and checked in sandboxes, lab after lab; every
//! finished step is a line of the lab's journal; the reports are made from what the journals hold.

pub mod args;
mod class;
mod course;
mod digest;
mod earlier;
mod exports;
mod gradescope;
mod guard;
mod kept;
mod part;
mod progress;
mod queue;
pub(crate) mod roster;
mod session;
mod students;
mod submissions;
mod work;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use sandbox::Level;

pub use class::{Event, Member, run as run_class};
pub use session::{Programs, Session, level};
pub use submissions::rules;
pub use work::Work;

use crate::exit::{Exit, bad_input};
use crate::intake::git::Until;
use crate::policy::files::Terms;
use crate::score::{Run, SCHEMA};
use crate::text::reason;
use crate::workspace::{Lab, Workspace};
use crate::{files, interrupt, sample, seed, suite};
use args::GradeArgs;
use course::Course;

/// The labs to be graded, each with its members.
pub(crate) struct Class {
    /// In the order of their ids.
    pub(crate) labs: Vec<(Lab, Vec<Member>)>,
    /// What is to be said of the whole.
    pub(crate) notes: Vec<String>,
}

/// Grades the submissions in a folder, or the sample class.
///
/// # Errors
/// When the folder cannot be read or the grades cannot be written, or the grader itself fails.
pub fn run(workspace: &Workspace, args: &GradeArgs) -> Result<Exit> {
    let labs = workspace.labs_or_all(&args.labs)?;
    let earlier = if args.resume { Some(earlier::find(&args.out)?) } else { None };
    let begun = earlier.as_ref().map(|(folder, _)| folder.as_path());
    let terms = Terms::choose(workspace, args.policy.as_deref(), begun)?;
    let class = match &args.dir {
        Some(dir) => {
            let roster = args.roster.as_deref().map(roster).transpose()?;
            let how = submissions::How {
                is_named: !args.labs.is_empty(),
                shard: args.shard,
                roster,
                until: args.at,
                counts_attempts: terms.as_ref().is_some_and(|terms| terms.policy.count.is_some()),
            };
            submissions::read(workspace, dir, labs, &how)?
        }
        None => sample_class(workspace, labs, &args.mutants)?,
    };
    interrupt::install()?;
    interrupt::survive_file_limit()?;
    let (level, more) = session::level(args.level.map(Level::from), args.trust_submissions)?;
    let toolchain = seed::rustc()?;
    let (folder, run) = if let Some((folder, run)) = earlier {
        earlier::is_like(&run, &toolchain, level.word())?;
        anstream::eprintln!("going on with {}", workspace.shown(&folder));
        (folder, run)
    } else {
        let seed = args.seed.map_or_else(suite::new_seed, Ok)?;
        let notes = class.notes.into_iter().chain(more).collect();
        (new_folder(&args.out)?, begun_now(toolchain, level, seed, notes))
    };
    let _lock = files::lock(&folder)?;
    let course = Course {
        workspace,
        out: &args.out,
        folder: &folder,
        level,
        jobs: args.jobs,
        formats: &args.formats,
        terms: terms.as_ref(),
        fresh: args.fresh,
        // The sample class is alike by its making; a part of a class would hide the pairs across parts.
        is_compared: args.dir.is_some() && args.shard.is_none(),
        // A run that goes on asks for its own seed: the gradebook shall not depend on where it was killed.
        seed: if args.resume { Some(run.seed) } else { args.seed },
    };
    let graded = course.grade(run, class.labs);
    // Nothing was graded: leave no empty folder behind.
    let _ = fs::remove_dir(&folder);
    if !interrupt::is_set() {
        return graded;
    }
    match folder.is_dir() {
        true => anstream::eprintln!(
            "interrupted; what was graded is in {}; --resume goes on",
            workspace.shown(&folder)
        ),
        false => anstream::eprintln!("interrupted before anything was graded"),
    }
    Ok(Exit::Interrupted)
}

/// The names of the students that a folder with these names holds.
#[cfg(test)]
pub(crate) fn shown_names(names: &[String]) -> Vec<String> {
    exports::people(names, false).into_iter().map(|person| person.name).collect()
}

/// The circumstances of a run that begins.
fn begun_now(toolchain: String, level: Level, seed: u64, notes: Vec<String>) -> Run {
    Run {
        schema: SCHEMA.to_owned(),
        started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
        toolchain,
        level: level.word().to_owned(),
        memory_guard: sandbox::memory_guard().word,
        seed,
        notes,
    }
}

/// Grades one submission, a folder or an archive, in one lab. Gives the folder of grades in `out`, which is empty where
/// nothing could be graded.
///
/// # Errors
/// When the grades cannot be written, or this machine cannot isolate submissions.
pub(crate) fn one(workspace: &Workspace, lab: Lab, submission: &Path, out: &Path) -> Result<PathBuf> {
    let member = submissions::one(workspace, submission, &lab)?;
    interrupt::install()?;
    interrupt::survive_file_limit()?;
    let (level, notes) = session::level(None, false)?;
    let run = begun_now(seed::rustc()?, level, suite::new_seed()?, notes);
    let folder = new_folder(out)?;
    let course = Course {
        workspace,
        out,
        folder: &folder,
        level,
        jobs: None,
        formats: &[],
        // The platform has deadlines and weights of its own.
        terms: None,
        // Each attempt gets new random challenges.
        fresh: true,
        is_compared: false,
        seed: None,
    };
    course.grade(run, vec![(lab, vec![member])])?;
    Ok(folder)
}

/// The teacher's list of the class.
pub(crate) fn roster(path: &Path) -> Result<roster::Roster> {
    let wrong = |why: String| bad_input(format!("read the roster {}: {why}", path.display()));
    let text = fs::read(path).map_err(|error| wrong(reason(&error)))?;
    roster::Roster::parse(&text).map_err(wrong)
}

fn sample_class(workspace: &Workspace, labs: Vec<Lab>, mutants: &[String]) -> Result<Class> {
    let with_members = |lab: Lab| {
        let members = sample::members(workspace, &lab, &rules(&lab)?, mutants)?;
        Ok((lab, members))
    };
    Ok(Class { labs: labs.into_iter().map(with_members).collect::<Result<_>>()?, notes: Vec::new() })
}

/// The labs that somebody handed in, each with its members; and what is to be said of the whole. `is_named` tells that the labs were
/// asked for; `list` is the teacher's list of the class; of a git repository only what was committed `until` then counts.
///
/// # Errors
/// When the folder cannot be read, or holds nothing of these labs.
pub(crate) fn submitted(
    workspace: &Workspace,
    dir: &Path,
    labs: Vec<Lab>,
    is_named: bool,
    list: Option<&Path>,
    until: Until,
) -> Result<Class> {
    let roster = list.map(roster).transpose()?;
    let how = submissions::How { is_named, roster, until, ..submissions::How::default() };
    submissions::read(workspace, dir, labs, &how)
}

/// A new folder of grades, named by the time: `grades/2026-01-31T10-00-00Z`.
pub(crate) fn new_folder(out: &Path) -> Result<PathBuf> {
    let wrong = |path: &Path, error: &std::io::Error| {
        bad_input(format!("create {}: {}", path.display(), reason(error)))
    };
    if out.exists() && !out.is_dir() {
        return Err(bad_input(format!("create {}: it is there already, and no folder", out.display())));
    }
    fs::create_dir_all(out).map_err(|error| wrong(out, &error))?;
    let time = humantime::format_rfc3339_seconds(SystemTime::now()).to_string().replace(':', "-");
    for number in 1.. {
        let name = if number == 1 { time.clone() } else { format!("{time}-{number}") };
        let folder = out.join(name);
        match fs::create_dir(&folder) {
            Ok(()) => return Ok(folder),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(wrong(&folder, &error)),
        }
    }
    Err(bad_input(format!("create a folder in {}", out.display())))
}
