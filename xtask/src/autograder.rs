//! `autograder`: packs what a learning platform runs by itself for each submission. `grade-one`: what runs there.
//!
//! The archive holds a student's checkout, so neither solutions nor mutants, and scripts: one that prepares an image, one
//! that grades. Submissions are built and run in the sandbox as anywhere else. Which files there are, and what the platform
//! wants of them, stands in `xtask/docs/platforms.md`.

mod bundle;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use crate::exit::{Exit, bad_input, stop, usage};
use crate::report::formats::{self, Format};
use crate::report::{RESULTS, json};
use crate::score::{Member, Standing};
use crate::submit::zip;
use crate::text::reason;
use crate::workspace::Workspace;
use crate::{files, grade, handout};
use bundle::Bundle;

/// A platform that grades each submission by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Platform {
    /// A zip to upload as it is.
    Gradescope,
    /// The teacher's files of an assignment: autograder.py and what it calls.
    Classroom50,
    /// An image, an autograde-Makefile and an autograde.tar.
    Autolab,
    /// An image with its entrypoint.
    Prairielearn,
}

impl Platform {
    fn format(self) -> Format {
        match self {
            Self::Gradescope => Format::Gradescope,
            Self::Classroom50 => Format::Classroom50,
            Self::Autolab => Format::Autolab,
            Self::Prairielearn => Format::Prairielearn,
        }
    }
}

/// Pack an autograder for a learning platform.
///
/// The archive holds a checkout without solutions and the scripts that the platform runs: `setup.sh` once, to make an image;
/// `run_autograder` for each submission. See xtask/docs/platforms.md for what to do with it.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask autograder gradescope --lab 01 ../lab01-autograder.zip")]
pub struct AutograderArgs {
    /// Who runs it.
    #[arg(value_enum)]
    pub platform: Platform,
    /// The lab it grades.
    #[arg(long)]
    pub lab: String,
    /// A new file; its name ends in .zip.
    #[arg(value_name = "OUT.zip")]
    pub out: PathBuf,
}

/// Grade one submission and write what a platform reads. An autograder calls this.
///
/// The status is 0 whatever the score is, and 5 where the grader itself failed in a check.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  cargo xtask grade-one gradescope --lab 01 SUBMISSION results.json")]
pub struct GradeOneArgs {
    /// Who reads the result.
    #[arg(value_enum)]
    pub platform: Platform,
    /// The lab.
    #[arg(long)]
    pub lab: String,
    /// The folder or archive that was handed in.
    pub submission: PathBuf,
    /// The file to write; one that is there is replaced when everything is known, in one step.
    pub result: PathBuf,
}

/// Packs the archive.
///
/// # Errors
/// When the course cannot be handed out, or the archive cannot be written or is there already.
pub fn run(workspace: &Workspace, args: &AutograderArgs) -> anyhow::Result<Exit> {
    let lab = workspace.lab(&args.lab)?;
    let out = &args.out;
    if out.extension().is_none_or(|end| end != "zip") {
        return Err(usage(format!("{}: name a file that ends in .zip", out.display())));
    }
    let bundle = Bundle {
        platform: args.platform,
        lab: &lab.manifest.id,
        folder: &lab.manifest.folder(),
        channel: &bundle::channel(&files::read(&workspace.root.join("rust-toolchain.toml"))?)?,
    };
    let folder = tempfile::tempdir().context("make a folder for the checkout")?;
    handout::write(workspace, folder.path())?;
    let mut packed = bundle.files()?;
    collect(folder.path(), "course", &mut packed)?;
    let bytes = zip(packed.iter().map(|(path, bytes, mode)| (path.clone(), bytes.as_slice(), *mode)))?;
    files::write_new(out, &bytes)
        .map_err(|error| bad_input(format!("write {}: {}", out.display(), reason(&error))))?;
    anstream::println!(
        "{}: {} files, {} KiB, no solutions",
        out.display(),
        packed.len(),
        bytes.len().div_ceil(1024)
    );
    Ok(Exit::Done)
}

/// Adds every file below a folder, by name, so that the same course gives the same archive.
fn collect(folder: &Path, name: &str, found: &mut Vec<bundle::File>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("list {name}"))?;
    let mut entries = entries.collect::<Result<Vec<_>, _>>().with_context(|| format!("list {name}"))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = format!("{name}/{}", entry.file_name().to_string_lossy());
        let meta = entry.metadata().with_context(|| format!("look at {name}"))?;
        if meta.is_dir() {
            collect(&entry.path(), &name, found)?;
            continue;
        }
        let bytes = fs::read(entry.path()).with_context(|| format!("read {name}"))?;
        let mode = if meta.permissions().mode() & 0o100 == 0 { 0o644 } else { 0o755 };
        found.push((name, bytes, mode));
    }
    Ok(())
}

/// Grades one submission.
///
/// # Errors
/// When nothing could be graded, or the result cannot be written; what was there before stays.
pub fn run_one(workspace: &Workspace, args: &GradeOneArgs) -> anyhow::Result<Exit> {
    let lab = workspace.lab(&args.lab)?;
    let submission = std::path::absolute(&args.submission).context("find the submission")?;
    if let Err(error) = fs::symlink_metadata(&submission) {
        return Err(bad_input(format!("look at {}: {}", args.submission.display(), reason(&error))));
    }
    let grades = tempfile::tempdir().context("make a folder for the grades")?;
    let folder = grade::one(workspace, lab, &submission, grades.path())?;
    let results = match fs::read(folder.join(RESULTS)) {
        Ok(text) => json::parse(&text)?,
        Err(_) => return Err(stop(Exit::GraderError, "nothing could be graded; the reason stands above")),
    };
    let bytes = formats::sole(args.platform.format(), &results)?;
    files::write_atomic(&std::path::absolute(&args.result).context("find the result's folder")?, &bytes)?;
    // Of whom nobody knows what was handed in, the platform has heard; that is no fault of the grader's.
    let is_decided = |member: &Member| member.undecided == 0 || member.entry.standing == Standing::Unclear;
    Ok(if results.members().all(is_decided) { Exit::Done } else { Exit::GraderError })
}
