//! The arguments of `grade`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::report::formats::Format;

/// Grade a folder of submissions, or the sample class.
///
/// Each folder, archive (zip, tar, tar.gz, tar.zst) or git repository (also a bundle) in DIR is a student, and may hold several labs; a folder may hold
/// archives. Nothing is unpacked blindly. A part of it says of which lab it is by a folder
/// with the lab's name (`labs/01-pipeline-shell`), by the SUBMISSION.json that `submit` packs, or by the lab's
/// `lab.toml`. Graded is each lab of which anything was handed in. A bare `src/` is graded only with one --lab.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask grade                              the sample class, in every lab
  cargo xtask grade --lab 02                     the sample class of one lab
  cargo xtask grade --lab 02 --mutant all        the same with every bug that is known
  cargo xtask grade ~/submissions                each lab that somebody handed in
  cargo xtask grade ~/submissions --lab 01       one lab; --lab may be repeated

DIR/alice/labs/01-pipeline-shell/src/run.rs and DIR/alice/02-producer-consumer/src/lib.rs are two labs of alice's.

In grades/TIME: report.html, with a page for each lab; gradebook.csv, a column a lab; milestones.csv; results.json;
and a journal for each lab, from which `cargo xtask report` writes all of these again.
Of a folder of submissions also similar.html and similar.csv: who has the same code (see `cargo xtask similar --help`).")]
pub struct GradeArgs {
    /// A folder with one folder for each student; without it, the sample class.
    pub dir: Option<PathBuf>,
    /// Only this lab [default: every lab that was handed in].
    #[arg(long = "lab", value_name = "LAB")]
    pub labs: Vec<String>,
    /// In the sample class: this mutant, or `all`; may be repeated [default: one for each milestone].
    #[arg(long = "mutant", value_name = "NAME")]
    pub mutants: Vec<String>,
    /// How many sandboxes at once [default: three times the number of cores]. Below the level full always 1.
    #[arg(long, value_name = "N", value_parser = crate::cli::jobs)]
    pub jobs: Option<usize>,
    /// Where the folder of each run goes.
    #[arg(long, value_name = "DIR", default_value = "grades")]
    pub out: PathBuf,
    /// The seed of the random challenges [default: a new one, written in the report].
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Go on with the newest run in OUT, which was interrupted or killed. The submissions must be the same.
    #[arg(long, conflicts_with = "seed")]
    pub resume: bool,
    /// Grade everything, also work whose verdicts are known from an earlier run.
    #[arg(long)]
    pub fresh: bool,
    /// Who is in the class: a CSV with a header, as a learning platform exports it. Names in the grades are those of the list.
    #[arg(long, value_name = "CSV", requires = "dir")]
    pub roster: Option<PathBuf>,
    /// What makes grades of points: deadlines, late days, weights, … (xtask/docs/policy.md has a sample). `--resume` knows it.
    #[arg(long, value_name = "TOML", requires = "dir")]
    pub policy: Option<PathBuf>,
    /// Grade only this part of the class: every Nth student from the Ith. `merge` puts the parts together.
    #[arg(long, value_name = "I/N", requires = "seed", requires = "dir", value_parser = shard)]
    pub shard: Option<Shard>,
    /// Of a git repository grade the last commit until this moment (UTC). Commits date themselves: the date is the student's own
    /// claim [default: what HEAD names].
    #[arg(long, value_name = "TIME", requires = "dir", value_parser = moment)]
    pub at: Option<u64>,
    /// Also write what this system reads; may be repeated.
    #[arg(long = "format", value_enum, value_name = "FORMAT")]
    pub formats: Vec<Format>,
    /// Run without a sandbox. Only for your own code: a submission can then do what you can.
    #[arg(long)]
    pub trust_submissions: bool,
    /// The sandbox level to use [default: the best this machine can do].
    #[arg(long, value_enum)]
    pub level: Option<Level>,
}

/// A part of a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which one, from 0.
    pub index: usize,
    /// Of how many.
    pub count: usize,
}

impl Shard {
    /// Whether the student at this place of the class belongs to this part.
    #[must_use]
    pub fn has(self, place: usize) -> bool {
        place % self.count == self.index
    }
}

/// The value of `--at`, in seconds since 1970.
pub(crate) fn moment(text: &str) -> Result<u64, String> {
    let needed = || "a moment in UTC is needed, as in 2026-11-30T23:59:59Z".to_owned();
    let time = humantime::parse_rfc3339_weak(text).map_err(|_| needed())?;
    Ok(time.duration_since(std::time::UNIX_EPOCH).map_err(|_| needed())?.as_secs())
}

/// The value of `--shard`.
fn shard(text: &str) -> Result<Shard, String> {
    let parsed = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    match parsed {
        Some((i, n)) if (1..=n).contains(&i) => Ok(Shard { index: i - 1, count: n }),
        _ => Err("a part and the number of parts are needed, as in 2/5".to_owned()),
    }
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

impl From<Level> for sandbox::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Full => Self::Full,
            Level::Reduced => Self::Reduced,
            Level::None => Self::None,
        }
    }
}
