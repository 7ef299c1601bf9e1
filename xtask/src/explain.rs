//! `explain`: a check's rule, reason and man page, what is known of it, and its source. When its milestone is
//! done, the notes of the reference, where the checkout has them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::Args;

use crate::check::find;
use crate::exit::{Exit, bad_input, usage};
use crate::manifest::{Check, Manifest, Milestone};
use crate::progress::{LabProgress, State, store};
use crate::show::{BOLD, DIM};
use crate::spec_text::Documented;
use crate::workspace::{Lab, Workspace};
use crate::{files, hints, prose, spec_text};

/// Explain a check: its rule, its reason, its man page, its source.
///
/// The checks are no secret: what one does to your program stands in its source.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask explain m2_pipe::the_reader_sees_end_of_file_when_the_writer_exits
  cargo xtask explain the_reader_sees
  cargo xtask explain 01 the_reader_sees     where several labs have such a check")]
pub struct ExplainArgs {
    /// The lab. It need not be named if no other has such a check, or in its folder.
    #[arg(value_name = "LAB")]
    pub lab: String,
    /// The check, or a part of its name that no other check has.
    pub check: Option<String>,
}

/// Shows a check's rule, reason and man page, from the comment above it, then its source.
///
/// # Errors
/// When no lab has such a check, or its source is not here.
pub fn run(workspace: &Workspace, args: &ExplainArgs) -> anyhow::Result<Exit> {
    let (labs, name) = match &args.check {
        Some(check) => (vec![workspace.lab(&args.lab)?], check),
        None => (workspace.labs()?, &args.lab),
    };
    let here = workspace.lab_of_folder()?;
    let (lab, check) = find_in(&labs, here.as_deref(), name)?;
    anstream::print!("{}", text(workspace, lab, check)?);
    Ok(Exit::Done)
}

/// Everything about a check.
///
/// # Errors
/// When its source is not here.
pub fn text(workspace: &Workspace, lab: &Lab, check: &Check) -> anyhow::Result<String> {
    let Some(milestone) = lab.manifest.milestone_of(&check.name) else {
        return Err(usage(format!("{} belongs to no milestone", check.name)));
    };
    let source = Source::read(workspace, lab, check)?;
    let known = store::load(workspace).lab(&lab.manifest.id);
    let mut out = head(lab, milestone, check, &known);
    out.push_str(&source.shown());
    // Writing to a String cannot fail.
    let _ = writeln!(out, "\nrun it:  cargo xtask check {} {}", lab.manifest.id, check.name);
    if known.was_done(milestone)
        && let Some(notes) = notes(lab, milestone)
    {
        let Milestone { id, title, .. } = milestone;
        let notes = prose::wrap(&notes, prose::columns());
        let _ = writeln!(out, "\n{BOLD}The reference, and others: {id} {title}{BOLD:#}\n\n{notes}");
    }
    Ok(out)
}

fn head(lab: &Lab, milestone: &Milestone, check: &Check, known: &LabProgress) -> String {
    let state = match (known.state(&check.name), known.checks.get(&check.name)) {
        (State::New, _) | (_, None) => "not tried yet".to_owned(),
        (_, Some(check)) => format!("{}, {}", check.last.word(), check.on),
    };
    let plural = if check.points == 1 { "point" } else { "points" };
    let id = &lab.manifest.id;
    format!(
        "{BOLD}{}{BOLD:#}\nlab {id}, {}, {} {plural}: {state}\n\n",
        check.sentence(),
        milestone.id,
        check.points
    )
}

/// A check as its files show it.
struct Source {
    found: Documented,
    /// Its file, for people.
    file: String,
    man_pages: Option<String>,
    /// The specification's own functions that it calls, each with its place.
    helpers: Vec<(String, String)>,
}

impl Source {
    fn read(workspace: &Workspace, lab: &Lab, check: &Check) -> anyhow::Result<Self> {
        let path = lab.dir.join(spec_text::file_of(&check.name));
        if !path.exists() {
            let shown = workspace.shown(&path);
            return Err(bad_input(format!(
                "{shown}: not here; a hidden check's source is with the teacher only"
            )));
        }
        let text = files::read(&path)?;
        let found = spec_text::find(&text, &check.name)
            .ok_or_else(|| bad_input(format!("{}: no function {}", workspace.shown(&path), check.name)))?;
        let mut helpers = called(workspace, &found, &path, &text);
        let shared = lab.dir.join("tests/spec/mod.rs");
        // A specification need not have shared functions.
        if let Ok(text) = fs::read_to_string(&shared) {
            helpers.extend(called(workspace, &found, &shared, &text));
        }
        Ok(Self {
            man_pages: spec_text::man_pages(&text),
            found,
            file: workspace.shown(&path).to_string(),
            helpers,
        })
    }

    fn shown(&self) -> String {
        let mut out = format!("{}\n", prose::wrap(&self.found.doc, prose::columns()));
        // Writing to a String cannot fail.
        if let Some(pages) = &self.man_pages {
            let _ = writeln!(out, "\nMan pages of the milestone: {pages}");
        }
        let _ = writeln!(out, "\n{}:{}\n", self.file, self.found.line);
        for (index, line) in self.found.source.iter().enumerate() {
            let number = self.found.start + index;
            let _ = writeln!(out, "{}", format!("{DIM}{number:>4}{DIM:#}  {line}").trim_end());
        }
        for (index, (name, place)) in self.helpers.iter().enumerate() {
            let label = if index == 0 { "\nit calls:" } else { "         " };
            let _ = writeln!(out, "{label} {name}, {place}");
        }
        out
    }
}

fn called(workspace: &Workspace, found: &Documented, path: &Path, text: &str) -> Vec<(String, String)> {
    let place = |line| format!("{}:{line}", workspace.shown(path));
    spec_text::called(&found.source, text).into_iter().map(|(name, line)| (name, place(line))).collect()
}

/// What the notes of the solution say of a milestone, if this checkout has them.
fn notes(lab: &Lab, milestone: &Milestone) -> Option<String> {
    let text = fs::read_to_string(lab.solution.as_ref()?.join("NOTES.md")).ok()?;
    let body = hints::body(&text, &milestone.id);
    Some(body).filter(|body| !body.is_empty())
}

/// The check that is meant: in the lab whose folder is `here`, else in the only lab that has one.
fn find_in<'a>(labs: &'a [Lab], here: Option<&Path>, name: &str) -> anyhow::Result<(&'a Lab, &'a Check)> {
    let mut found: Vec<(&Lab, &Check)> = Vec::new();
    let mut last = usage(format!("there is no check `{name}`"));
    for lab in labs {
        match find(&lab.manifest, name) {
            Ok(check) if here == Some(lab.dir.as_path()) => return Ok((lab, check)),
            Ok(check) => found.push((lab, check)),
            // That a lab has two such checks says more than that another has none.
            Err(error) if labs.len() == 1 || is_ambiguous(&lab.manifest, name) => last = error,
            Err(_) => {}
        }
    }
    // Who writes a whole name does not mean a longer one elsewhere.
    let is_whole = |check: &Check| check.name == name || check.name.rsplit("::").next() == Some(name);
    if found.iter().any(|(_, check)| is_whole(check)) {
        found.retain(|(_, check)| is_whole(check));
    }
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(last),
        several => {
            let tell = |(lab, check): &(&Lab, &Check)| format!("{} {}", lab.manifest.id, check.name);
            let several: Vec<String> = several.iter().map(tell).collect();
            Err(usage(format!("`{name}` may be {}; name the lab first", several.join(" or "))))
        }
    }
}

fn is_ambiguous(manifest: &Manifest, name: &str) -> bool {
    let name = name.trim().replace(' ', "_");
    manifest.checks().any(|check| check.name.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    /// Two labs whose checks have the same names; the second has one more word in each.
    fn labs() -> Vec<Lab> {
        let lab = |id: &str, end: &str| {
            let mut manifest = Manifest { id: id.to_owned(), ..crate::progress::tests::manifest() };
            let checks = manifest.milestones.iter_mut().flat_map(|milestone| &mut milestone.checks);
            checks.for_each(|check| check.name.push_str(end));
            Lab { manifest, dir: PathBuf::from(format!("/labs/{id}-x")), solution: None }
        };
        vec![lab("01", ""), lab("02", "_again")]
    }

    fn told(here: Option<&str>, name: &str) -> Result<String, String> {
        let labs = labs();
        let found = find_in(&labs, here.map(Path::new), name);
        let shown = |(lab, check): (&Lab, &Check)| format!("{} {}", lab.manifest.id, check.name);
        found.map(shown).map_err(|error| error.to_string())
    }

    #[test]
    fn a_check_is_found_in_the_lab_that_has_it() {
        let first = labs()[0].manifest.checks().last().unwrap().name.clone();
        assert_eq!(told(None, &format!("{first}_again")), Ok(format!("02 {first}_again")));
        // A whole name is not taken for the beginning of a longer one.
        assert_eq!(told(None, &first), Ok(format!("01 {first}")));
        let part = &first[..first.len() - 1];
        let several = format!("`{part}` may be 01 {first} or 02 {first}_again; name the lab first");
        assert_eq!(told(None, part), Err(several));
        // In a lab's folder its own checks are meant.
        assert_eq!(told(Some("/labs/02-x"), part), Ok(format!("02 {first}_again")));
        assert_eq!(told(None, "no_such"), Err("there is no check `no_such`".to_owned()));
    }
}
