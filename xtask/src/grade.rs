//! `grade`: a folder of submissions, or the sample class, to a folder of grades.
//!
//! Intake takes the editable files; each member is built and checked in sandboxes; every finished step is a
//! line of the journal; the reports are made from what the journal holds.

mod class;
mod progress;
mod queue;
mod session;
mod submissions;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::Result;
use sandbox::Level;
use sandbox::protocol::Verdict;

pub use class::{Event, Member, run as run_class};
pub use session::{Programs, Session, level};
pub use submissions::rules;

use crate::cli::{self, GradeArgs};
use crate::exit::{Exit, bad_input};
use crate::journal::{Journal, Line};
use crate::score::{Found, Head, Plan, Results, SCHEMA, milestones};
use crate::text::reason;
use crate::workspace::{Lab, Workspace};
use crate::{interrupt, pool, report, sample, suite};
use progress::Progress;

/// Grades the submissions in a folder, or the sample class.
///
/// # Errors
/// When the folder cannot be read or the grades cannot be written, or the grader itself fails.
pub fn run(workspace: &Workspace, args: &GradeArgs) -> Result<Exit> {
    let lab = workspace.lab(&args.lab)?;
    let (members, mut notes) = match &args.dir {
        Some(dir) => submissions::read(dir, &lab)?,
        None => (sample::members(workspace, &lab, &rules(&lab)?)?, Vec::new()),
    };
    interrupt::install()?;
    interrupt::survive_file_limit()?;
    let (level, more) = session::level(args.level.map(level_of), args.trust_submissions)?;
    notes.extend(more);
    let folder = new_folder(&args.out)?;
    let graded = grade(workspace, args, lab, &members, level, notes, &folder);
    // Nothing was graded: leave no empty folder behind.
    let _ = fs::remove_dir(&folder);
    let exit = if interrupt::is_set() { Ok(Exit::Interrupted) } else { graded };
    if interrupt::is_set() {
        match folder.is_dir() {
            true => anstream::eprintln!("interrupted; what was graded is in {}", workspace.shown(&folder)),
            false => anstream::eprintln!("interrupted before anything was graded"),
        }
    }
    exit
}

fn grade(
    workspace: &Workspace,
    args: &GradeArgs,
    lab: Lab,
    members: &[Member],
    level: Level,
    notes: Vec<String>,
    folder: &Path,
) -> Result<Exit> {
    let seed = args.seed.map_or_else(suite::new_seed, Ok)?;
    anstream::eprintln!("preparing: specification, helper programs, build seed");
    let session = Session::open(workspace, lab, level, seed)?;
    if interrupt::is_set() {
        return Ok(Exit::Interrupted);
    }
    let plan = plan(&session, members, notes);
    let mut journal = Journal::begin(folder, &plan).map_err(|error| no_room(folder, &error))?;
    let jobs = jobs(args.jobs, level);
    let mut found = vec![Found::default(); members.len()];
    let to_grade = members.iter().filter(|member| member.entry.refused.is_none()).count();
    let mut progress = Progress::new(to_grade, session.lab.manifest.checks().count());
    let told = run_class(&session, members, jobs, |event| {
        let (member, line) = record(&mut found, &event);
        progress.step(&event, &plan, &found[member]);
        journal.add(&line).map_err(|error| no_room(folder, &error))
    });
    progress.end();
    let mut results = plan.results(&found);
    report::explain(workspace, &mut results);
    let written = finish(workspace, args, folder, &results);
    told.and(written)?;
    Ok(if has_grader_error(&results) { Exit::GraderError } else { Exit::Done })
}

/// Notes a step; gives its member and its line for the journal.
fn record(found: &mut [Found], event: &Event) -> (usize, Line) {
    match event {
        Event::Built { member, compile_error } => {
            found[*member].compile_error.clone_from(compile_error);
            (*member, Line::Built { member: *member, compile_error: compile_error.clone() })
        }
        Event::Checked { member, outcome } => {
            found[*member].checks.insert(outcome.check.clone(), outcome.clone());
            (*member, Line::Check { member: *member, outcome: outcome.clone() })
        }
    }
}

/// Writes the reports, points `latest` at them, prints the table and, last, where the page is.
fn finish(workspace: &Workspace, args: &GradeArgs, folder: &Path, results: &Results) -> Result<()> {
    report::print(results);
    let written = report::write(folder, results);
    // Also when the reports do not fit on the disk: the journal is there, and `report` finds it.
    let linked = report::link_latest(&args.out, folder);
    written?;
    linked.map_err(|error| {
        bad_input(format!("link {}: {}", args.out.join(report::LATEST).display(), reason(&error)))
    })?;
    anstream::println!("report: {}", workspace.shown(&folder.join(report::HTML)));
    Ok(())
}

fn plan(session: &Session, members: &[Member], notes: Vec<String>) -> Plan {
    let manifest = &session.lab.manifest;
    Plan {
        head: Head {
            schema: SCHEMA.to_owned(),
            lab: manifest.id.clone(),
            title: manifest.title.clone(),
            started: humantime::format_rfc3339_seconds(SystemTime::now()).to_string(),
            toolchain: session.toolchain().to_owned(),
            level: session.level.word().to_owned(),
            memory_guard: "watchdog, 50 ms".to_owned(),
            seed: session.seed,
            notes,
            milestones: milestones(manifest),
        },
        members: members.iter().map(|member| member.entry.clone()).collect(),
    }
}

/// A new folder of grades, named by the time: `grades/2026-01-31T10-00-00Z`.
fn new_folder(out: &Path) -> Result<PathBuf> {
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

/// Without namespaces sandboxes can see each other's sockets and memory: one at a time.
fn jobs(asked: Option<usize>, level: Level) -> usize {
    match level {
        // Most checks of a wrong program sleep until the watchdog; three a core keep the cores busy.
        Level::Full => asked.unwrap_or(pool::cores() * 3).max(1),
        Level::Reduced | Level::None => 1,
    }
}

fn level_of(level: cli::Level) -> Level {
    match level {
        cli::Level::Full => Level::Full,
        cli::Level::Reduced => Level::Reduced,
        cli::Level::None => Level::None,
    }
}

fn no_room(folder: &Path, error: &std::io::Error) -> anyhow::Error {
    bad_input(format!(
        "write the journal in {}: {}; it holds every check that was finished",
        folder.display(),
        reason(error)
    ))
}

fn has_grader_error(results: &Results) -> bool {
    let checks = results.members.iter().flat_map(|member| &member.checks);
    checks.into_iter().any(|check| check.verdict == Verdict::GraderError)
}
