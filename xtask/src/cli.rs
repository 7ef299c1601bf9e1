//! The commands, their arguments and their help. Nothing is done here.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::exit::{self, Exit};
use crate::report::formats::Format;
use crate::workspace::Workspace;
use crate::{
    autograder, autopsy, bench, check, ci, class, doctor, explain, fill, flake, grade, handout, hint, list,
    merge, readmes, report, reset, similar, speed, starters, submit, trace, verify, watch,
};

/// Checks a lab, grades a class, keeps the course true.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, after_help = exit::TABLE)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::ListArgs),
    Check(CheckArgs),
    Watch(watch::WatchArgs),
    Hint(hint::HintArgs),
    Explain(explain::ExplainArgs),
    Trace(trace::TraceArgs),
    Bench(bench::BenchArgs),
    Reset(reset::ResetArgs),
    Submit(submit::SubmitArgs),
    Autopsy(autopsy::AutopsyArgs),
    Grade(grade::args::GradeArgs),
    Report(ReportArgs),
    Merge(merge::MergeArgs),
    Fill(fill::FillArgs),
    Autograder(autograder::AutograderArgs),
    GradeOne(autograder::GradeOneArgs),
    Similar(similar::command::SimilarArgs),
    /// Write the starters from the solutions.
    #[command(after_help = "Examples:\n  cargo xtask starters\n  cargo xtask starters --check")]
    Starters(FreshArgs),
    /// Write the generated parts of the READMEs; check their headings and examples.
    #[command(after_help = "Examples:\n  cargo xtask readmes\n  cargo xtask readmes --check")]
    Readmes(FreshArgs),
    Verify(VerifyArgs),
    Flake(flake::FlakeArgs),
    Causes(verify::renew::CausesArgs),
    Handout(HandoutArgs),
    Class(class::ClassArgs),
    Speed(speed::SpeedArgs),
    /// Look whether this machine is ready, and say what to do if not.
    #[command(after_help = "Example:\n  cargo xtask doctor")]
    Doctor,
    /// Run all gates of continuous integration but the tests.
    #[command(after_help = "Example:\n  cargo xtask ci && cargo test --workspace")]
    Ci,
}

/// Write a student's checkout: the course without its solutions.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask handout ../ipc-labs-2027")]
pub struct HandoutArgs {
    /// A new folder, outside the course.
    pub dir: PathBuf,
}

/// Verify the course: its invariants, and that the specifications catch what they must.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask verify
  cargo xtask verify --quick                        the rules that need no run
  cargo xtask verify --lab 01 --mutant leaks_an_end one mutant")]
pub struct VerifyArgs {
    /// Only this lab.
    #[arg(long)]
    pub lab: Option<String>,
    /// Only the rules that need no run.
    #[arg(long)]
    pub quick: bool,
    /// Only this mutant.
    #[arg(long, value_name = "NAME", conflicts_with = "quick")]
    pub mutant: Option<String>,
    /// Run every check on every mutant, and print who catches it.
    #[arg(long, conflicts_with = "quick")]
    pub full: bool,
    /// How many checks at once [default: three times the number of cores].
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<usize>,
}

/// Arguments of the commands that write generated files.
#[derive(Debug, Args)]
pub struct FreshArgs {
    /// Write nothing; fail if something is out of date.
    #[arg(long)]
    pub check: bool,
}

/// Build a lab and run its checks.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask check 01                 the whole lab
  cargo xtask check 01 m2              one milestone
  cargo xtask check 01 the_reader_sees one check, by a part of its name
  cargo xtask check 01 m2 --seed 7     the same random challenges again
  cargo xtask check m2                 in the lab's folder")]
pub struct CheckArgs {
    /// The lab [default: the one whose folder you are in, or the only one].
    pub lab: Option<String>,
    /// A milestone or a check. In the lab's folder it may stand alone.
    #[arg(value_name = "MILESTONE|CHECK")]
    pub only: Option<String>,
    /// The seed of the random challenges, from an earlier run.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many checks at once [default: twice the number of cores].
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<usize>,
    /// Show the text of every failure, uncut, not only those of the first open milestone.
    #[arg(long)]
    pub full: bool,
    /// Check the reference instead of the lab (for authors).
    #[arg(long)]
    pub solution: bool,
}

/// Write the reports of a graded class again, from its journals.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask report                                     the newest in grades/
  cargo xtask report grades/2026-01-31T10-00-00Z         an older one
  cargo xtask report --policy course.toml                the same points, other deadlines and weights")]
pub struct ReportArgs {
    /// The folder `grade` wrote.
    #[arg(default_value = "grades")]
    pub dir: PathBuf,
    /// Make the grades under this policy instead of the one of the run.
    #[arg(long, value_name = "TOML")]
    pub policy: Option<PathBuf>,
    /// Also write what this system reads; may be repeated.
    #[arg(long = "format", value_enum, value_name = "FORMAT")]
    pub formats: Vec<Format>,
}

/// The value of `--jobs`.
pub(crate) fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(jobs @ 1..=256) => Ok(jobs),
        _ => Err("a number from 1 to 256 is needed".to_owned()),
    }
}

/// Parses the arguments, runs the command, prints an error once.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors. A closed stdout is not worth a word.
            let _ = error.print();
            return if error.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    match run(cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            anstream::eprintln!("error: {error:#}");
            exit::of_error(&error).into()
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<Exit> {
    let workspace = Workspace::find()?;
    match cli.command {
        Command::List(args) => list::run(&workspace, &args),
        Command::Hint(args) => hint::run(&workspace, &args),
        Command::Explain(args) => explain::run(&workspace, &args),
        Command::Reset(args) => reset::run(&workspace, &args),
        Command::Submit(args) => submit::run(&workspace, &args),
        Command::Autopsy(args) => autopsy::run(&args),
        Command::Verify(args) => verify::run(&workspace, &args),
        Command::Flake(args) => flake::run(&workspace, &args),
        Command::Causes(args) => verify::renew::run(&workspace, &args),
        Command::Handout(args) => handout::run(&workspace, &args),
        Command::Class(args) => class::run(&workspace, &args),
        Command::Speed(args) => speed::run(&workspace, &args),
        Command::Doctor => doctor::run(&workspace),
        Command::Ci => ci::run(&workspace),
        Command::Starters(args) => starters::run(&workspace, &args),
        Command::Readmes(args) => readmes::run(&workspace, &args),
        Command::Watch(args) => watch::run(&workspace, &args),
        Command::Check(args) => check::run(&workspace, &args),
        Command::Trace(args) => trace::run(&workspace, &args),
        Command::Bench(args) => bench::run(&workspace, &args),
        Command::Grade(args) => grade::run(&workspace, &args),
        Command::Report(args) => report::run(&workspace, &args),
        Command::Merge(args) => merge::run(&workspace, &args),
        Command::Fill(args) => fill::run(&workspace, &args),
        Command::Autograder(args) => autograder::run(&workspace, &args),
        Command::GradeOne(args) => autograder::run_one(&workspace, &args),
        Command::Similar(args) => similar::command::run(&workspace, &args),
    }
}
