//! `similar`: compares a class without grading it. And what `grade` calls at the end of a run.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;

use super::class::Compared;
use super::{CSV, HTML, csv, given, jplag, page};
use crate::bar::bar;
use crate::exit::{Exit, bad_input};
use crate::files::write_atomic;
use crate::grade::{self, Member};
use crate::report;
use crate::score::Standing;
use crate::text::{one_line, root_reason};
use crate::workspace::{Lab, Workspace};

/// Find code that students have in common, without grading.
///
/// Compared is what each student wrote: the starter, the given files, the lecture and ipc-kit do not count. Names, numbers,
/// comments, layout and order make no difference. `grade` writes the same report beside the grades. What it says is where to
/// look, and no proof.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask similar ~/submissions                     similar/similar.html, similar/similar.csv
  cargo xtask similar ~/submissions --lab 02            one lab; --lab may be repeated
  cargo xtask similar ~/submissions --out grades/latest beside grades that `merge` has put together
  cargo xtask similar ~/submissions --jplag jplag       also folders for JPlag, and the command that runs it

SUBMISSIONS is a folder as for `grade`: each folder or archive in it is a student.")]
pub struct SimilarArgs {
    /// A folder with one folder or archive for each student.
    #[arg(value_name = "SUBMISSIONS")]
    pub dir: PathBuf,
    /// Only this lab; may be repeated [default: every lab that was handed in].
    #[arg(long = "lab", value_name = "LAB")]
    pub labs: Vec<String>,
    /// Who is in the class, as for `grade`: a CSV with a header. Names in the report are those of the list.
    #[arg(long, value_name = "CSV")]
    pub roster: Option<PathBuf>,
    /// Of a git repository compare the last commit until this moment (UTC), as for `grade` [default: what HEAD names].
    #[arg(long, value_name = "TIME", value_parser = grade::args::moment)]
    pub at: Option<u64>,
    /// Where the report goes.
    #[arg(long, value_name = "DIR", default_value = "similar")]
    pub out: PathBuf,
    /// Also write the files as JPlag wants them, to a new folder.
    #[arg(long, value_name = "DIR")]
    pub jplag: Option<PathBuf>,
}

/// Compares the submissions in a folder.
///
/// # Errors
/// When the folder cannot be read, or the report cannot be written.
pub fn run(workspace: &Workspace, args: &SimilarArgs) -> Result<Exit> {
    let labs = workspace.labs_or_all(&args.labs)?;
    let (is_named, roster) = (!args.labs.is_empty(), args.roster.as_deref());
    let class = grade::submitted(workspace, &args.dir, labs, is_named, roster, args.at)?;
    class.notes.iter().for_each(|note| anstream::eprintln!("{}", one_line(note, 500)));
    let class: Vec<(&Lab, &[Member])> =
        class.labs.iter().map(|(lab, members)| (lab, members.as_slice())).collect();
    let commands = args.jplag.as_ref().map(|dir| jplag::write(dir, &class)).transpose()?;
    let pairs = write(workspace, &class, &args.out)?;
    let is_unclear = tell_left_out(&class);
    for command in commands.into_iter().flatten() {
        anstream::println!("{command}");
    }
    anstream::println!("{}", told(pairs, workspace, &args.out));
    Ok(if is_unclear { Exit::BadInput } else { Exit::Done })
}

/// What is said at the end.
#[must_use]
pub fn told(pairs: usize, workspace: &Workspace, folder: &Path) -> String {
    let plural = if pairs == 1 { "" } else { "s" };
    format!("similar code: {pairs} pair{plural}: {}", workspace.shown(&folder.join(HTML)))
}

/// Names those whose work was handed in and is not compared; gives whether anything may be missing.
fn tell_left_out(class: &[(&Lab, &[Member])]) -> bool {
    let mut is_unclear = false;
    for (lab, members) in class {
        for member in *members {
            let entry = &member.entry;
            let Some(why) = entry.refused.as_ref().filter(|_| entry.standing != Standing::Absent) else {
                continue;
            };
            is_unclear |= entry.standing == Standing::Unclear;
            let (name, why) = (one_line(&entry.name, 60), one_line(why, 200));
            anstream::eprintln!("lab {}: {name} is not compared: {why}", lab.manifest.id);
        }
    }
    is_unclear
}

/// Writes the report of a class to `folder`; gives the number of pairs.
///
/// # Errors
/// When the course cannot be read or the report cannot be written; an older report then stays.
pub fn write(workspace: &Workspace, class: &[(&Lab, &[Member])], folder: &Path) -> Result<usize> {
    let (mut sections, mut rows) = (Vec::new(), Vec::new());
    let works = class.iter().flat_map(|(_, members)| *members).filter(|member| !member.work.is_nothing());
    let bar = bar(works.count(), "compared");
    // Lab after lab: the tokens of a large class are more than its texts.
    for (lab, members) in class {
        let known = given::known(workspace, lab)?;
        let handed_in: Vec<&Member> = members.iter().filter(|member| !member.work.is_nothing()).collect();
        let names = handed_in.iter().map(|member| member.entry.name.as_str()).inspect(|_| bar.inc(1));
        let read = |place: usize| handed_in[place].work.files();
        let compared = Compared::new((&lab.manifest.id, &lab.manifest.title), names, &known, &read)?;
        rows.extend(csv::rows(&compared));
        sections.push(page::section(&compared));
    }
    bar.finish_and_clear();
    let has_report =
        folder.join(report::HTML).is_file() || !crate::journal::list(folder).unwrap_or_default().is_empty();
    let files = [(HTML, page::page(&sections, has_report).into_bytes()), (CSV, csv::render(&rows)?)];
    for (name, bytes) in files {
        let path = folder.join(name);
        write_atomic(&path, &bytes)
            .map_err(|error| bad_input(format!("write {}: {}", path.display(), root_reason(&error))))?;
    }
    Ok(rows.len())
}
