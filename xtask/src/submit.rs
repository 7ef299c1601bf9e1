//! `submit`: packs what a student hands in into one archive, and says what is in it and what is not. Nothing is
//! sent anywhere.

mod pack;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::exit::{Exit, bad_input, usage};
use crate::intake::rules::MAX_FILE;
use crate::intake::{Files, Submission, copy};
use crate::progress::store;
use crate::text::{one_line, reason};
use crate::workspace::{Lab, Workspace};
use crate::{files, pristine, sources};

pub(crate) use pack::zip;
use pack::{Packed, pack};

/// Handed in for people to read; no check looks at it.
const ANSWERS: &str = "ANSWERS.md";

/// So much of a hash tells two hand-ins apart.
const SHORT: usize = 8;

/// Pack what you hand in into one archive, with a manifest and a hash.
///
/// The archive holds the lab's editable files and ANSWERS.md. Nothing is sent: upload the file where your course
/// wants it. The same files always give the same archive. Printed are the hash of the files in short and in
/// full (`sha256sum FILES | sha256sum`), and the hash of the archive (`sha256sum`).
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask submit 01
  cargo xtask submit 01 --name 'Ada Lovelace' --out ~/hand-in")]
pub struct SubmitArgs {
    /// The lab.
    pub lab: String,
    /// Your name, for the name of the archive.
    #[arg(long, value_parser = name)]
    pub name: Option<String>,
    /// The archive, or the folder in which it shall be [default: the current folder].
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Letters and digits of any script, and what no tool treats specially.
fn name(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_alphanumeric() || " -_.".contains(c);
    let is_name = text.starts_with(char::is_alphanumeric) && text.chars().all(is_plain);
    match text.chars().count() {
        1..=60 if is_name => Ok(text.to_owned()),
        _ => Err("a name is 1 to 60 letters, digits, spaces, hyphens or dots, the first a letter or digit"
            .to_owned()),
    }
}

/// Packs a lab.
///
/// # Errors
/// When a file of the student's would be missing, the limits are exceeded, or the archive cannot be written.
pub fn run(workspace: &Workspace, args: &SubmitArgs) -> anyhow::Result<Exit> {
    let lab = workspace.lab(&args.lab)?;
    let work = work(&lab)?;
    let (mut notes, mut warnings) = (work.notes, warnings(workspace, &lab, &work.files));
    match as_given(workspace, &lab, &work.files) {
        Ok(count) if count == work.files.len() => {
            warnings.push("every file is as it was given: there is nothing of yours in it".to_owned());
        }
        Ok(0) => {}
        Ok(count) => notes.push(format!("{count} of {} editable files are as given", work.files.len())),
        Err(error) => warnings.push(format!("not compared with the starter: {error:#}")),
    }
    let mut files = work.files;
    match answers(&lab) {
        Ok(bytes) => drop(files.insert(ANSWERS.to_owned(), bytes)),
        Err(why) => notes.push(format!("{ANSWERS} left out: {why}")),
    }
    let packed = pack(&lab.manifest.folder(), args.name.as_deref(), &files)?;
    let place = place(args, &lab.manifest.id, &packed.hash)?;
    write(&place, &packed.bytes)?;
    anstream::print!("{}", Report { place: &place, packed: &packed, files: &files, notes: &notes }.text());
    warnings.iter().for_each(|warning| anstream::eprintln!("warning: {warning}"));
    Ok(Exit::Done)
}

/// The editable files: all of them, or none. The grader would go on without one that it cannot take; here its
/// author can still do something about it.
fn work(lab: &Lab) -> anyhow::Result<Submission> {
    let id = &lab.manifest.id;
    let work = sources::read(lab)?;
    if let Some(why) = &work.refused {
        return Err(bad_input(format!("lab {id}: {}", one_line(why, 200))));
    }
    if let [first, more @ ..] = work.missing.as_slice() {
        let more = if more.is_empty() { String::new() } else { format!(" (and {} more)", more.len()) };
        return Err(bad_input(format!("lab {id}: {}{more}; nothing was packed", one_line(first, 200))));
    }
    Ok(work)
}

fn answers(lab: &Lab) -> Result<Vec<u8>, String> {
    let folder = copy::open_folder(&lab.dir).map_err(|error| reason(&error))?;
    match copy::read(&folder, Path::new(ANSWERS), MAX_FILE) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(format!("larger than {} KiB", MAX_FILE / 1024)),
        Err(error) => Err(reason(&error)),
    }
}

/// How many files are what the student was given.
fn as_given(workspace: &Workspace, lab: &Lab, work: &Files) -> anyhow::Result<usize> {
    let given = pristine::load(workspace, lab)?;
    let is_given = |(path, bytes): &(&String, &Vec<u8>)| {
        given.get(*path).is_some_and(|text| text.as_bytes() == bytes.as_slice())
    };
    Ok(work.iter().filter(is_given).count())
}

/// What a student would want to know before the deadline rather than after it.
fn warnings(workspace: &Workspace, lab: &Lab, work: &Files) -> Vec<String> {
    let mut warnings = Vec::new();
    let id = &lab.manifest.id;
    let known = store::load(workspace).lab(id);
    let source = Some(sources::short(work));
    if known.broken == source {
        warnings.push("these files do not compile; they would get no points".to_owned());
    } else if known.checked != source {
        warnings.push(format!("these files were not checked yet: cargo xtask check {id}"));
    }
    warnings
}

/// Where the archive goes: `lab01-Ada-Lovelace-1a2b3c4d.zip`.
fn place(args: &SubmitArgs, id: &str, hash: &str) -> anyhow::Result<PathBuf> {
    let name = args.name.as_ref().map(|name| format!("-{}", name.replace(' ', "-"))).unwrap_or_default();
    let default = format!("lab{id}{name}-{}.zip", &hash[..SHORT]);
    match &args.out {
        None => Ok(PathBuf::from(default)),
        Some(out) if out.is_dir() => Ok(out.join(default)),
        Some(out) if out.extension().is_some_and(|end| end == "zip") => Ok(out.clone()),
        Some(out) => {
            let shown = one_line(&out.display().to_string(), 200);
            Err(usage(format!("--out {shown}: name a folder that is there, or a file that ends in .zip")))
        }
    }
}

/// Writes the archive, but never over anything else.
fn write(place: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let shown = one_line(&place.display().to_string(), 200);
    match files::write_new(place, bytes) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let old = fs::read(place).with_context(|| format!("read {shown}"))?;
            if old == bytes {
                return Ok(());
            }
            Err(bad_input(format!("{shown}: is there already and holds something else; name another")))
        }
        Err(error) => Err(bad_input(format!("write {shown}: {}", reason(&error)))),
    }
}

/// What was packed, for the student.
struct Report<'a> {
    place: &'a Path,
    packed: &'a Packed,
    files: &'a Files,
    notes: &'a [String],
}

impl Report<'_> {
    fn text(&self) -> String {
        let place = one_line(&self.place.display().to_string(), 200);
        let size = self.packed.bytes.len().div_ceil(1024);
        let plural = if self.files.len() == 1 { "file" } else { "files" };
        let mut lines = vec![
            format!("{place}: {} {plural}, {size} KiB", self.files.len()),
            format!("  hash     {}", &self.packed.hash[..SHORT]),
            format!("  files    {}", self.packed.hash),
            format!("  archive  {}", sources::sha256(&self.packed.bytes)),
        ];
        lines.extend(self.notes.iter().map(|note| format!("  {}", one_line(note, 200))));
        lines.push("Nothing was sent: hand this file in where your course wants it.".to_owned());
        lines.join("\n") + "\n"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("Ada Lovelace", true)]
    #[case("王小明-2", true)]
    #[case("o.neil_3", true)]
    #[case("", false)]
    #[case("-rf", false)]
    #[case(".hidden", false)]
    #[case("a/b", false)]
    #[case("a\nb", false)]
    #[case("a\u{1b}[2J", false)]
    fn a_name_is_safe_in_a_file_name(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(name(text).is_ok(), expected);
    }
}
