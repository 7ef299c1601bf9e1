//! The commands, their arguments and their help. Nothing is done here.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::exit::{self, Exit};
use crate::workspace::Workspace;
use crate::{check, grade, report};

/// Checks a lab, grades a class, keeps the course true.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, after_help = exit::TABLE)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Check(CheckArgs),
    Grade(GradeArgs),
    Report(ReportArgs),
}

/// Build a lab and run its checks.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask check 01                 the whole lab
  cargo xtask check 01 m2              one milestone
  cargo xtask check 01 the_reader_sees one check, by a part of its name
  cargo xtask check 01 m2 --seed 7     the same random challenges again")]
pub struct CheckArgs {
    /// The lab [default: the one whose folder you are in, or the only one].
    pub lab: Option<String>,
    /// A milestone or a check.
    #[arg(value_name = "MILESTONE|CHECK")]
    pub only: Option<String>,
    /// The seed of the random challenges, from an earlier run.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How many checks at once [default: twice the number of cores].
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<usize>,
    /// Show the text of every failure, not only those of the first open milestone.
    #[arg(long)]
    pub full: bool,
}

/// Grade a folder of submissions, or the sample class.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask grade ~/submissions --lab 01 --out grades")]
pub struct GradeArgs {
    /// A folder with one folder for each student; without it, the sample class.
    pub dir: Option<PathBuf>,
    /// The lab.
    #[arg(long, default_value = "01")]
    pub lab: String,
    /// How many submissions at once [default: the number of cores].
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<usize>,
    /// Where journal and reports go.
    #[arg(long, value_name = "DIR", default_value = "grades")]
    pub out: PathBuf,
    /// The seed of the random challenges [default: a new one, written in the report].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Run without a sandbox. Only for your own code: a submission can then do what you can.
    #[arg(long)]
    pub trust_submissions: bool,
    /// The sandbox level to use [default: the best this machine can do].
    #[arg(long, value_enum)]
    pub level: Option<Level>,
}

/// How much the sandbox isolates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    /// Namespaces, filters and limits.
    Full,
    /// Filters and limits, where namespaces are forbidden.
    Reduced,
    /// Nothing; needs `--trust-submissions`.
    None,
}

/// Write the reports of a graded class again, from its journal.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask report grades")]
pub struct ReportArgs {
    /// The folder `grade` wrote.
    #[arg(default_value = "grades")]
    pub dir: PathBuf,
}

fn jobs(text: &str) -> Result<usize, String> {
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
        Command::Check(args) => check::run(&workspace, &args),
        Command::Grade(args) => grade::run(&workspace, &args),
        Command::Report(args) => report::run(&workspace, &args),
    }
}
