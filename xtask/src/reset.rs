//! `reset`: one file of a lab becomes what it was when the lab was given. What the student had is kept beside
//! it.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;

use crate::exit::{Exit, bad_input, usage};
use crate::files;
use crate::pristine::{self, Files};
use crate::text::{one_line, reason, root_reason};
use crate::workspace::{Lab, Workspace};

/// Restore one file of a lab as it was given; your version is kept beside it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask reset 01 src/launch.rs   your version is then src/launch.rs.bak-1
  cargo xtask reset 01 --list          which files there are, and which you have changed")]
pub struct ResetArgs {
    /// The lab; in its folder it need not be named.
    pub lab: String,
    /// The file: its path in the lab, or from here.
    pub file: Option<String>,
    /// List the files that can be restored, and change nothing.
    #[arg(long, conflicts_with = "file")]
    pub list: bool,
}

/// Restores one file, or lists them all.
///
/// # Errors
/// When the starter has no such file, or it cannot be written.
pub fn run(workspace: &Workspace, args: &ResetArgs) -> anyhow::Result<Exit> {
    let is_part = |lab: &Lab, file: &str| {
        pristine::load(workspace, lab).is_ok_and(|given| find(lab, &given, Path::new(file)).is_ok())
    };
    let (lab, wanted) = workspace.lab_and_part(Some(&args.lab), args.file.as_deref(), is_part)?;
    let given = pristine::load(workspace, &lab)?;
    if args.list {
        list(&lab, &given);
        return Ok(Exit::Done);
    }
    let Some(wanted) = wanted else {
        let id = &lab.manifest.id;
        return Err(usage(format!("which file? `cargo xtask reset {id} --list` names those there are")));
    };
    let (path, text) = find(&lab, &given, Path::new(wanted))?;
    let place = lab.dir.join(path);
    let shown = workspace.shown(&place).to_string();
    match fs::read(&place) {
        Ok(bytes) if bytes == text.as_bytes() => {
            anstream::println!("{shown} is as it was given: nothing to do");
            return Ok(Exit::Done);
        }
        Ok(bytes) => {
            let kept = keep(&place, &bytes)
                .map_err(|error| bad_input(format!("keep a copy of {shown}: {}", reason(&error))))?;
            anstream::println!("your version: {}", workspace.shown(&kept));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(bad_input(format!("{shown}: {}", reason(&error)))),
    }
    files::write_atomic(&place, text.as_bytes())
        .map_err(|error| bad_input(format!("{shown}: {}", root_reason(&error))))?;
    anstream::println!("restored:     {shown}");
    Ok(Exit::Done)
}

/// The file of the starter that a student means.
fn find<'a>(lab: &Lab, given: &'a Files, wanted: &Path) -> anyhow::Result<(&'a String, &'a String)> {
    let here = env::current_dir().context("find the current folder")?.join(wanted);
    // `join` leaves `..` and symbolic links as they are; the kernel resolves both, where the folder exists.
    let real = here.parent().and_then(|dir| dir.canonicalize().ok()).zip(here.file_name());
    let in_lab = real.map(|(dir, name)| dir.join(name));
    let root = lab.dir.canonicalize().unwrap_or_else(|_| lab.dir.clone());
    let from_here = in_lab.as_deref().and_then(|path| path.strip_prefix(root).ok());
    let from_lab = wanted.strip_prefix(".").unwrap_or(wanted);
    let names =
        [from_here.map(Path::to_owned), Some(from_lab.to_owned()), Some(Path::new("src").join(from_lab))];
    let found = names.iter().flatten().find_map(|name| given.get_key_value(name.to_str()?));
    found.ok_or_else(|| {
        let known: Vec<&str> = given.keys().map(String::as_str).collect();
        let wanted = one_line(&wanted.to_string_lossy(), 60);
        let folder = lab.manifest.folder();
        usage(format!("{wanted}: no file that {folder} began with; those are {}", known.join(", ")))
    })
}

/// Writes the bytes beside `place` under the next free name.
fn keep(place: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    loop {
        let kept = files::free_name(place, "bak");
        match files::write_new(&kept, bytes) {
            Ok(()) => return Ok(kept),
            // Another `reset` took the name in between.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

fn list(lab: &Lab, given: &Files) {
    for (path, text) in given {
        let state = match fs::read(lab.dir.join(path)) {
            Ok(bytes) if bytes == text.as_bytes() => "as given",
            Ok(_) => "changed",
            Err(error) if error.kind() == io::ErrorKind::NotFound => "missing",
            Err(_) => "unreadable",
        };
        anstream::println!("{state:<12}{path}");
    }
}
