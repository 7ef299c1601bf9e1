//! What a student waits for: `check` and `watch` beside `cargo test` of the same lab in the same state.
//!
//! The lab is the reference, put into a student's checkout, so that every check runs and passes. Each tool has a target
//! folder of its own, and sees the same states: nothing built, one line changed, nothing changed.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use fastrand::Rng;

use super::SpeedArgs;
use super::checkout::{Checkout, Work};
use super::turns::{Turn, Turns};
use super::usage::{self, measured};
use super::watching::Watching;
use crate::cli::HandoutArgs;
use crate::compile::cargo;
use crate::exit::usage as wrong_use;
use crate::grade::rules;
use crate::workspace::{Lab, Workspace};
use crate::{handout, pool, sample, seed};

/// What the program calls, so that a changed library is a changed program.
const MARK: &str = "speed_mark";

/// What is measured in a turn. A change is seen by one tool only, so each makes its own.
#[derive(Debug, Clone, Copy)]
enum Step {
    ColdCheck,
    ColdTest,
    Check,
    Test,
    Watch,
}

/// A student's checkout with a finished lab.
pub(super) struct Student<'a> {
    workspace: &'a Workspace,
    place: &'a Path,
    lab: Lab,
    checkout: Checkout,
    /// The library's root as the reference has it.
    library: PathBuf,
    text: String,
}

impl<'a> Student<'a> {
    pub(super) fn new(workspace: &'a Workspace, args: &SpeedArgs, place: &'a Path) -> Result<Self> {
        let [lab] = workspace.labs_or_all(&args.labs)?.try_into().map_err(|labs: Vec<Lab>| {
            wrong_use(format!("--check measures one lab, not {}: name it by --lab", labs.len()))
        })?;
        let course = place.join("course");
        handout::run(workspace, &HandoutArgs { dir: course.clone() })?;
        let checkout = Checkout { course };
        let members = sample::members(workspace, &lab, &rules(&lab)?, &[])?;
        let reference = members.first().context("the sample class has no reference")?;
        let files = reference.work.files()?.into_owned();
        checkout.put(workspace, &Work::new(lab.clone(), files))?;
        let sources = checkout.course.join("labs").join(lab.manifest.folder()).join("src");
        call_mark(&sources, &lab)?;
        let library = sources.join("lib.rs");
        let text = fs::read_to_string(&library).with_context(|| format!("read {}", library.display()))?;
        let student = Self { workspace, place, lab, checkout, library, text };
        student.change(0)?;
        Ok(student)
    }

    /// Measures all rounds.
    pub(super) fn turns(&self, args: &SpeedArgs) -> Result<Turns> {
        anstream::eprintln!("preparing: the dependencies for check and for cargo test");
        self.check(&self.target("check"))?;
        self.test(&self.target("test"))?;
        let mut turns = Turns {
            lab: self.lab.manifest.id.clone(),
            checks: self.lab.manifest.checks().count(),
            seed: args.seed,
            cores: pool::cores(),
            toolchain: seed::rustc()?,
            load: usage::load()?,
            turns: Vec::new(),
        };
        let mut rng = Rng::with_seed(args.seed);
        let mut change = 0;
        for number in 1..=args.rounds {
            let mut steps = [Step::ColdCheck, Step::ColdTest, Step::Check, Step::Test, Step::Watch];
            rng.shuffle(&mut steps);
            let mut turn = Turn::default();
            for (done, step) in steps.iter().enumerate() {
                anstream::eprintln!("round {number}: {}/{}", done + 1, steps.len());
                change += 1;
                self.step(*step, change, &mut turn)?;
            }
            turns.turns.push(turn);
        }
        Ok(turns)
    }

    fn step(&self, step: Step, change: u32, turn: &mut Turn) -> Result<()> {
        let (check, test) = (self.target("check"), self.target("test"));
        match step {
            Step::ColdCheck => turn.cold.ours = self.cold(|target| self.check(target))?,
            Step::ColdTest => turn.cold.cargo = self.cold(|target| self.test(target))?,
            Step::Check => {
                self.change(change)?;
                turn.changed.ours = self.check(&check)?;
                turn.warm.ours = self.check(&check)?;
            }
            Step::Test => {
                self.change(change)?;
                turn.changed.cargo = self.test(&test)?;
                turn.warm.cargo = self.test(&test)?;
            }
            Step::Watch => {
                let command = self.runner(&check, &["watch", &self.lab.manifest.id, "--plain"]);
                let mut watching = Watching::start(command)?;
                let told = watching.verdicts(|| self.change(change))?;
                ensure!(
                    told.passed == self.lab.manifest.checks().count(),
                    "watch: {} checks passed after a save, not all: what is wrong need not be fast",
                    told.passed
                );
                turn.first_verdict = told.first;
                turn.last_verdict = told.last;
            }
        }
        Ok(())
    }

    fn target(&self, of: &str) -> PathBuf {
        self.place.join(of)
    }

    fn cold(&self, measure: impl Fn(&Path) -> Result<f64>) -> Result<f64> {
        let target = self.target("cold");
        let seconds = measure(&target)?;
        fs::remove_dir_all(&target).context("remove a target folder")?;
        Ok(seconds)
    }

    /// The library with one other line. That the program has it, too, makes it another program for `watch`.
    fn change(&self, number: u32) -> Result<()> {
        let line = format!("\n/// For the measurement.\npub fn {MARK}() -> u32 {{\n    {number}\n}}\n");
        fs::write(&self.library, format!("{}{line}", self.text))
            .with_context(|| format!("write {}", self.library.display()))
    }

    fn check(&self, target: &Path) -> Result<f64> {
        let (done, used) = measured(&mut self.runner(target, &["check", &self.lab.manifest.id]), &[])?;
        if !done.status.success() {
            bail!("check: {}: what is wrong need not be fast\n{}", done.status, done.last_words());
        }
        Ok(used.seconds)
    }

    fn test(&self, target: &Path) -> Result<f64> {
        let (done, used) = measured(&mut self.checkout.command(self.workspace, &self.lab, target), &[])?;
        if !done.status.success() {
            bail!("cargo test: {}: what is wrong need not be fast\n{}", done.status, done.last_words());
        }
        Ok(used.seconds)
    }

    /// What `cargo xtask` is, where the checkout has the runner's sources; or else this program.
    fn runner(&self, target: &Path, args: &[&str]) -> Command {
        let course = &self.checkout.course;
        let mut command = match (course.join("xtask/Cargo.toml").is_file(), env::current_exe()) {
            (false, Ok(program)) => Command::new(program),
            _ => {
                let mut command = cargo(self.workspace);
                command.args(["run", "--quiet", "--offline", "--package", "xtask", "--"]);
                command
            }
        };
        command.args(args).current_dir(course).env("CARGO_TARGET_DIR", target);
        command
    }
}

/// Lets one of the lab's programs call the mark, at the beginning of its `main`.
fn call_mark(sources: &Path, lab: &Lab) -> Result<()> {
    let of_program = |name: &String| sources.join("bin").join(format!("{name}.rs"));
    let programs = lab.manifest.programs.iter().map(of_program);
    let path = [sources.join("main.rs")].into_iter().chain(programs).find(|path| path.is_file());
    let path = path.with_context(|| format!("find a program in {}", sources.display()))?;
    let text = fs::read_to_string(&path).with_context(|| format!("read {}", path.display()))?;
    let start = text.find("fn main()").with_context(|| format!("find main in {}", path.display()))?;
    let body = text[start..].find('{').with_context(|| format!("find main in {}", path.display()))?;
    let (before, after) = text.split_at(start + body + 1);
    let library = lab.manifest.package().replace('-', "_");
    let called = format!("{before}\n    std::hint::black_box({library}::{MARK}());{after}");
    fs::write(&path, called).with_context(|| format!("write {}", path.display()))
}
