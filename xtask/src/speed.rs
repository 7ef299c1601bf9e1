//! `speed`: how long a submission takes in the grader, beside `cargo test` on the same class and machine.
//!
//! Three ways, the same checks: the grader; `cargo test` with a new target folder for each submission; `cargo test` with one
//! target folder, in which the dependencies are compiled. A round does all of them in random order, so that a slow minute of
//! the machine hits each alike; ratios are taken round by round.

mod checkout;
mod figures;
mod student;
mod turns;
mod usage;
mod watching;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use fastrand::Rng;

use crate::class::{self, ClassArgs, Platform};
use crate::cli::HandoutArgs;
use crate::exit::{Exit, bad_input, stop, usage};
use crate::files::{read, write_atomic};
use crate::text::reason;
use crate::workspace::{Lab, Workspace};
use crate::{handout, interrupt, pool, readme, seed};
use checkout::{Checkout, Work};
use figures::{Figures, Round};
use student::Student;
use usage::{Used, measured};

/// Where the figures are shown.
const PAGE: &str = "xtask/docs/speed.md";
/// The markers of the grader's table in the page.
const MARKER: &str = "speed";
/// Those of the student's.
const STUDENT_MARKER: &str = "speed-check";

/// Measure the grader beside `cargo test`: time, memory and disk; or what a student waits for.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask speed --lab 01                                 12 submissions, 3 rounds: an hour on two cores
  cargo xtask speed --lab 01 --submissions 3 --rounds 1      a quick look
  cargo xtask speed --lab 01 --submissions 200 --grader-only memory and disk of a large class
  cargo xtask speed --lab 01 --check                         what a student waits for: check, watch
  cargo xtask speed --lab 01 --write                         also puts the table into xtask/docs/speed.md")]
pub struct SpeedArgs {
    /// Only this lab; may be repeated.
    #[arg(long = "lab", value_name = "LAB")]
    labs: Vec<String>,
    /// How many submissions.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u16).range(1..=5000))]
    submissions: u16,
    /// How often all of it is measured.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,
    /// The same seed makes the same class, the same challenges, the same order.
    #[arg(long, default_value_t = 1, value_name = "N")]
    seed: u64,
    /// Measure only the grader.
    #[arg(long)]
    grader_only: bool,
    /// Measure `check` and `watch` on one lab, instead of the grader on a class.
    #[arg(long, conflicts_with_all = ["grader_only", "submissions"])]
    check: bool,
    /// A folder in which the class and all targets are made, and removed at the end; some GiB, outside the course
    /// [default: the system's temporary folder].
    #[arg(long, value_name = "DIR")]
    place: Option<PathBuf>,
    /// Print the table as Markdown.
    #[arg(long)]
    markdown: bool,
    /// Write the table into xtask/docs/speed.md.
    #[arg(long, conflicts_with = "grader_only")]
    write: bool,
    /// Write all figures to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Something to measure, of one round.
#[derive(Debug, Clone, Copy)]
enum Task {
    Grader,
    Fresh(usize),
    Warm(usize),
}

/// Measures, and prints the table.
///
/// # Errors
/// When this checkout has no solutions or is no git checkout, a command fails, or a grade is not as expected.
pub fn run(workspace: &Workspace, args: &SpeedArgs) -> Result<Exit> {
    let parent = args.place.clone().unwrap_or_else(env::temp_dir);
    let place = tempfile::Builder::new().prefix("ipc-labs-speed-").tempdir_in(&parent);
    let place = place
        .map_err(|error| bad_input(format!("make a folder in {}: {}", parent.display(), reason(&error))))?;
    if fs::canonicalize(place.path()).is_ok_and(|place| place.starts_with(&workspace.root)) {
        return Err(usage(format!("{}: the place must not lie inside the course", parent.display())));
    }
    interrupt::install()?;
    let measured = match args.check {
        true => student(workspace, args, place.path()),
        false => grader(workspace, args, place.path()),
    };
    if interrupt::is_set() {
        return Err(stop(Exit::Interrupted, "interrupted"));
    }
    show(workspace, args, &measured?)?;
    Ok(Exit::Done)
}

/// Figures in all their forms.
struct Shown {
    marker: &'static str,
    table: String,
    markdown: String,
    json: Vec<u8>,
}

fn grader(workspace: &Workspace, args: &SpeedArgs, place: &Path) -> Result<Shown> {
    let figures = Measuring::new(workspace, args, place)?.figures(args)?;
    let json = serde_json::to_vec_pretty(&figures).context("write the figures")?;
    Ok(Shown { marker: MARKER, table: figures.table(), markdown: figures.markdown(), json })
}

fn student(workspace: &Workspace, args: &SpeedArgs, place: &Path) -> Result<Shown> {
    let turns = Student::new(workspace, args, place)?.turns(args)?;
    let json = serde_json::to_vec_pretty(&turns).context("write the figures")?;
    Ok(Shown { marker: STUDENT_MARKER, table: turns.table(), markdown: turns.markdown(), json })
}

fn show(workspace: &Workspace, args: &SpeedArgs, shown: &Shown) -> Result<()> {
    if let Some(path) = &args.json {
        write_atomic(path, &shown.json)?;
    }
    if args.write {
        let page = workspace.root.join(PAGE);
        let text = readme::replace(&read(&page)?, shown.marker, &shown.markdown);
        write_atomic(&page, text.map_err(|why| anyhow::anyhow!("{PAGE}: {why}"))?.as_bytes())?;
    }
    match args.markdown {
        true => anstream::print!("{}", shown.markdown),
        false => anstream::println!("{}", shown.table),
    }
    Ok(())
}

/// What is measured, and where.
struct Measuring<'a> {
    workspace: &'a Workspace,
    place: &'a Path,
    labs: Vec<Lab>,
    works: Vec<Work>,
    checkout: Checkout,
    seed: u64,
}

impl<'a> Measuring<'a> {
    fn new(workspace: &'a Workspace, args: &SpeedArgs, place: &'a Path) -> Result<Self> {
        let labs = workspace.labs_or_all(&args.labs)?;
        let dir = place.join("class");
        let class = ClassArgs {
            dir: dir.clone(),
            students: args.submissions,
            labs: labs.iter().map(|lab| lab.manifest.id.clone()).collect(),
            seed: args.seed,
            names: Platform::Given,
            plain: true,
            graded: None,
        };
        class::run(workspace, &class)?;
        let course = place.join("course");
        if !args.grader_only {
            handout::run(workspace, &HandoutArgs { dir: course.clone() })?;
        }
        let works = checkout::works(&dir, &labs)?;
        Ok(Self { workspace, place, labs, works, checkout: Checkout { course }, seed: args.seed })
    }

    fn figures(&self, args: &SpeedArgs) -> Result<Figures> {
        anstream::eprintln!("preparing: the grader's specification, helper programs and build seed");
        let first = self.grader()?;
        if !args.grader_only {
            anstream::eprintln!("preparing: the dependencies for cargo test");
            for lab in &self.labs {
                self.checkout.compile(self.workspace, lab, &self.warm())?;
            }
        }
        let mut figures = Figures {
            submissions: self.works.len(),
            labs: self.labs.iter().map(|lab| lab.manifest.id.clone()).collect(),
            seed: self.seed,
            cores: pool::cores(),
            toolchain: seed::rustc()?,
            load: usage::load()?,
            first,
            rounds: Vec::new(),
        };
        let mut rng = Rng::with_seed(self.seed);
        for number in 1..=args.rounds {
            let round = self.round(number, args, &mut rng)?;
            figures.rounds.push(round);
        }
        Ok(figures)
    }

    fn round(&self, number: u16, args: &SpeedArgs, rng: &mut Rng) -> Result<Round> {
        let mut tasks = vec![Task::Grader];
        if !args.grader_only {
            tasks.extend((0..self.works.len()).flat_map(|work| [Task::Fresh(work), Task::Warm(work)]));
        }
        rng.shuffle(&mut tasks);
        let mut round = Round::default();
        for (done, task) in tasks.iter().enumerate() {
            anstream::eprintln!("round {number}: {}/{}", done + 1, tasks.len());
            match *task {
                Task::Grader => round.grader = self.grader()?,
                Task::Fresh(work) => {
                    let target = self.place.join("fresh");
                    let used = self.checkout.test(self.workspace, &self.works[work], &target)?;
                    round.fresh.push(used);
                    fs::remove_dir_all(&target).context("remove a target folder")?;
                }
                Task::Warm(work) => {
                    round.warm.push(self.checkout.test(self.workspace, &self.works[work], &self.warm())?);
                }
            }
        }
        Ok(round)
    }

    fn warm(&self) -> PathBuf {
        self.place.join("warm")
    }

    /// Grades the class in a process of its own, with its own target folder: the first time it has to make everything.
    fn grader(&self) -> Result<Used> {
        let (target, grades) = (self.place.join("grader"), self.place.join("grades"));
        let mut command = Command::new(env::current_exe().context("find this program")?);
        command.arg("grade").arg(self.place.join("class")).arg("--out").arg(&grades);
        command.args(["--fresh", "--seed", &self.seed.to_string()]);
        command.args(self.labs.iter().flat_map(|lab| ["--lab", lab.manifest.id.as_str()]));
        command.current_dir(&self.workspace.root).env("CARGO_TARGET_DIR", &target);
        // What cargo keeps for the course is no more with more submissions; the runner's own folder might be.
        let state = target.join("ipc-labs");
        let (done, used) = measured(&mut command, &[&state, &grades])?;
        if !done.status.success() {
            bail!("grade: {}: {}", done.status, done.last_words());
        }
        let class = ClassArgs {
            dir: self.place.join("class"),
            students: 1,
            labs: Vec::new(),
            seed: self.seed,
            names: Platform::Given,
            plain: true,
            graded: Some(grades.join("latest")),
        };
        if class::run(self.workspace, &class)? != Exit::Done {
            bail!("the grades are not as expected (see above): what is wrong need not be fast");
        }
        // The next run's disk is its own.
        fs::remove_dir_all(&grades).context("remove the grades")?;
        Ok(used)
    }
}
