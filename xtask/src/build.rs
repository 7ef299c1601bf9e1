//! Builds one submission in the sandbox, on the read-only seed. Its programs come out through the sandbox's
//! first process; no folder of the host is ever writable for it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use sandbox::{Bind, Collect, End, Job, Level, Limits, Outcome, Spec};

use crate::intake::Files;
use crate::seed::{Seed, TARGET};
use crate::text::printable;

/// No program of a lab is larger than this, in bytes; a debug build of `psh` has about 10 MiB.
const MAX_PROGRAM: u64 = 128 << 20;

/// How much of the compiler's words a student gets.
const ERROR_LINES: usize = 40;
const ERROR_BYTES: usize = 4096;

/// What came of a build.
#[derive(Debug)]
pub enum Built {
    /// The programs by contract name.
    Programs(BTreeMap<String, Vec<u8>>),
    /// The submission cannot be built: why, first line first.
    Refused(String),
}

/// Puts a whole stage into `folder`: the seed's manifests and crates, the lab's own files, then the
/// submission's over them.
///
/// # Errors
/// When the folder cannot be written.
pub fn lay_out(folder: &Path, seed: &Seed, given: &Files, submission: &Files) -> Result<()> {
    copy_stage(&seed.stage(), folder)?;
    let lab = folder.join(&seed.lab);
    let mut files = given.clone();
    files.extend(submission.clone());
    for (path, bytes) in &files {
        let path = lab.join(path);
        let parent = path.parent().context("a submission's file has no folder")?;
        fs::create_dir_all(parent).with_context(|| format!("create {}", parent.display()))?;
        fs::write(&path, bytes).with_context(|| format!("write {}", path.display()))?;
    }
    readable(folder)
}

/// Builds what [`lay_out`] put into `folder`.
///
/// # Errors
/// When the sandbox or cargo fails for a reason that is not the submission's.
pub fn build(seed: &Seed, folder: &Path, programs: &[String], level: Level, slot: u32) -> Result<Built> {
    let place = seed.place(folder, level);
    let mut spec = Spec::new(Job::Exec { argv: place.build(), cwd: place.stage().into() });
    spec.level = Some(level);
    spec.slot = slot;
    spec.ro = place.binds();
    spec.overlay = vec![Bind::new(seed.dir.join("target"), TARGET)];
    spec.env = place.env();
    spec.limits = Limits::build();
    let path = |name: &String| Path::new(TARGET).join("debug").join(name);
    spec.collect = programs.iter().map(|name| Collect { path: path(name), max: MAX_PROGRAM }).collect();
    judge(seed, programs, sandbox::run(&spec))
}

/// Copies with the modification times: cargo shall find the course's crates unchanged.
fn copy_stage(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| format!("list {}", from.display()))? {
        let entry = entry.with_context(|| format!("list {}", from.display()))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let context = || format!("copy {}", source.display());
        let meta = entry.metadata().with_context(context)?;
        if meta.is_dir() {
            fs::create_dir(&target).with_context(context)?;
            copy_stage(&source, &target)?;
        } else {
            fs::copy(&source, &target).with_context(context)?;
            let file = fs::File::options().append(true).open(&target).with_context(context)?;
            file.set_modified(meta.modified().with_context(context)?).with_context(context)?;
        }
    }
    Ok(())
}

fn judge(seed: &Seed, programs: &[String], outcome: Outcome) -> Result<Built> {
    let refused = |text: String| Ok(Built::Refused(text));
    match &outcome.end {
        End::Exited(0) => {
            let named = programs.iter().cloned().zip(outcome.files);
            let taken = named.map(|(name, file)| match file {
                Ok(bytes) => Ok((name, bytes)),
                Err(why) => Err(anyhow!("take {name} out of the build sandbox: {why}")),
            });
            taken.collect::<Result<_>>().map(Built::Programs)
        }
        End::TimedOut => refused(format!("the build took longer than {:?}", Limits::build().wall)),
        End::MemoryLimit => refused("the build used more memory than it may".to_owned()),
        End::OutputLimit => refused("the compiler printed more than 8 MiB".to_owned()),
        End::Cancelled => Err(anyhow!("interrupted")),
        End::SetupFailed(why) => Err(anyhow!("make the build sandbox: {why}")),
        End::Exited(_) | End::Signaled(_) => {
            let words = outcome.stderr.text();
            // Whatever the submission does, cargo ends with this line; all else is our own mistake.
            if words.contains(&format!("could not compile `{}`", seed.package)) {
                return refused(first_error(&words));
            }
            Err(anyhow!("build the submission: {:?}: {}", outcome.end, printable(&words, 10, 1024)))
        }
    }
}

/// The compiler's first error, to the blank line that ends it.
fn first_error(words: &str) -> String {
    let from = words.lines().skip_while(|line| !line.starts_with("error"));
    let first: Vec<&str> = from.take_while(|line| !line.trim().is_empty()).collect();
    let text = if first.is_empty() { words.to_owned() } else { first.join("\n") };
    let count =
        words.lines().filter(|line| line.starts_with("error[") || line.starts_with("error: ")).count();
    let text = printable(&text, ERROR_LINES, ERROR_BYTES);
    // Cargo's own last line is one of them.
    match count.saturating_sub(2) {
        0 => text,
        1 => format!("{text}\nand 1 more error"),
        more => format!("{text}\nand {more} more errors"),
    }
}

/// Lets every slot's user read the folder.
fn readable(folder: &Path) -> Result<()> {
    let mut folders = vec![folder.to_owned()];
    while let Some(at) = folders.pop() {
        let set = |path: &Path, mode: u32| {
            fs::set_permissions(path, PermissionsExt::from_mode(mode))
                .with_context(|| format!("set the mode of {}", path.display()))
        };
        set(&at, 0o755)?;
        for entry in fs::read_dir(&at).with_context(|| format!("list {}", at.display()))? {
            let entry = entry.with_context(|| format!("list {}", at.display()))?;
            if entry.file_type().context("look at a submission's file")?.is_dir() {
                folders.push(entry.path());
            } else {
                set(&entry.path(), 0o644)?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_is_kept_and_the_others_counted() {
        let words = "\
error[E0425]: cannot find value `x` in this scope
 --> labs/01-x/src/lib.rs:1:17
  |
1 | pub fn f() -> u8 { x }
  |                    ^ not found in this scope

error[E0308]: mismatched types
 --> labs/01-x/src/lib.rs:2:1

error: could not compile `lab01-x` (lib) due to 2 previous errors
";
        let text = first_error(words);
        assert!(text.starts_with("error[E0425]: cannot find value `x` in this scope\n --> labs"));
        assert!(text.ends_with("not found in this scope\nand 1 more error"), "{text}");
    }

    #[test]
    fn a_compilers_words_cannot_steer_a_terminal() {
        assert_eq!(first_error("error: \u{1b}[31mred"), "error: \\u{1b}[31mred");
    }
}
