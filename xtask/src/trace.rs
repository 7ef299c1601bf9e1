//! `trace`: runs a lab's program under ptrace(2) and draws its life: in the terminal, and as a page.

mod blame;
mod items;
mod lanes;
mod page;
mod picture;
mod run;
mod summary;
mod words;

use std::path::{Path, PathBuf};

use autopsy::{Report, Verdict};
use clap::Args;
use page::Part;
use picture::Picture;

use crate::compile::{self, Built, Wanted};
use crate::exit::{Exit, bad_input, usage};
use crate::family::Family;
use crate::workspace::{Lab, Workspace};
use crate::{files, interrupt};

/// Run a lab's program and draw its life: processes, pipes, who waits for whom.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask trace 01 -- -c 'echo hi | wc -c'
  cargo xtask trace 01 --text -- -c 'yes | head -n 1'
  cargo xtask trace 01 --html hang.html -- -c 'echo hi | cat' < input
  cargo xtask trace 03 --program filec -- unix:s GET /a   in a lab of several programs

The program has this terminal's input, output and errors; the picture follows when it has ended. Ctrl-C ends
the program; what it has done so far is drawn.

Exit status: 0 the picture was drawn, whatever the program's own status (it is told); 1 the program hangs:
nobody in it can move any more; 130 ended by Ctrl-C.")]
pub struct TraceArgs {
    /// The lab.
    pub lab: String,
    /// Which of the lab's programs [default: the first].
    #[arg(long, value_name = "NAME")]
    pub program: Option<String>,
    /// Where the page goes [default: target/ipc-labs/trace-LAB.html].
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    pub html: Option<PathBuf>,
    /// Only the text, no page.
    #[arg(long)]
    pub text: bool,
    /// How many columns the text may have [default: the terminal's, or 80].
    #[arg(long, value_name = "N", value_parser = width)]
    pub width: Option<usize>,
    /// Draw the reference in the text, too (for authors).
    #[arg(long)]
    pub reference: bool,
    /// Run the reference instead of the lab (for authors).
    #[arg(long, conflicts_with = "reference")]
    pub solution: bool,
    /// What the program gets.
    #[arg(last = true, value_name = "ARGS")]
    pub args: Vec<std::ffi::OsString>,
}

fn width(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(width @ 40..=1000) => Ok(width),
        _ => Err("a number from 40 to 1000 is needed".to_owned()),
    }
}

/// Builds the lab, runs its program, draws.
///
/// # Errors
/// When the lab does not compile, the program cannot be traced, or the page cannot be written.
pub fn run(workspace: &Workspace, args: &TraceArgs) -> anyhow::Result<Exit> {
    let lab = workspace.lab(&args.lab)?;
    let program = program(&lab, args.program.as_deref())?;
    if (args.reference || args.solution) && lab.solution.is_none() {
        return Err(bad_input(format!("lab {}: this checkout has no solution", lab.manifest.id)));
    }
    interrupt::install()?;
    let family = Family::new()?;
    let input = run::Input::new();
    let own = build(workspace, &lab, if args.solution { "sol-" } else { "" })?;
    let own = run::record(&own.programs[program], program, &args.args, input.first());
    family.sweep();
    let own = draw(&own?);
    let width = args.width.unwrap_or_else(columns);
    // What the program printed last may have no newline.
    anstream::print!("\n{}", lanes::render(&own, width));
    let mut reference = None;
    let is_wanted = lab.solution.is_some() && !args.solution && (args.reference || !args.text);
    if is_wanted && !interrupt::is_set() {
        let built = build(workspace, &lab, "sol-")?;
        let recording = run::record(&built.programs[program], program, &args.args, input.again()?);
        family.sweep();
        reference = Some(draw(&recording?));
    }
    if let Some(reference) = reference.as_ref().filter(|_| args.reference) {
        anstream::print!("\nthe reference: {}", lanes::render(reference, width));
    }
    if !args.text {
        let path = args
            .html
            .clone()
            .unwrap_or_else(|| workspace.state_dir().join(format!("trace-{}.html", lab.manifest.id)));
        write(&lab, &path, &own, reference.as_ref())?;
        anstream::println!("\npage: {}", workspace.shown(&path));
    }
    Ok(match () {
        () if interrupt::is_set() => Exit::Interrupted,
        () if own.is_stuck => Exit::SomeFailed,
        () => Exit::Done,
    })
}

fn draw(run: &run::Run) -> Picture {
    let is_stuck = |report: &&Report| matches!(report.verdict, Verdict::Stuck | Verdict::LikelyStuck);
    let autopsy = run.report.as_ref().filter(is_stuck).map(|report| report.short(lanes::WAITS));
    picture::picture(&run.recording, autopsy.as_deref())
}

fn write(lab: &Lab, path: &Path, own: &Picture, reference: Option<&Picture>) -> anyhow::Result<()> {
    let mut parts = vec![Part { id: 'r', heading: "Your program", remark: "", picture: own }];
    parts.extend(reference.map(|picture| Part {
        id: 's',
        heading: "The reference",
        remark: "The same arguments; its output was thrown away.",
        picture,
    }));
    let title = format!("Lab {}: {}: a trace", lab.manifest.id, lab.manifest.title);
    let page = page::render(&title, &parts);
    // `write_atomic` needs a folder.
    let path = if path.parent() == Some(Path::new("")) { Path::new(".").join(path) } else { path.to_owned() };
    files::write_atomic(&path, page.as_bytes())
        .map_err(|error| bad_input(format!("cannot write the page: {error:#}")))
}

/// What the terminal has, or 80.
fn columns() -> usize {
    let size = console::Term::stdout().size_checked();
    size.map_or(80, |(_, columns)| usize::from(columns)).max(40)
}

fn program<'a>(lab: &'a Lab, wanted: Option<&str>) -> anyhow::Result<&'a str> {
    let programs = &lab.manifest.programs;
    let found = match wanted {
        Some(wanted) => programs.iter().find(|name| *name == wanted),
        None => programs.first(),
    };
    found.map(String::as_str).ok_or_else(|| {
        let wanted = wanted.unwrap_or_default();
        usage(format!("lab {} has no program `{wanted}`; it has {}", lab.manifest.id, programs.join(", ")))
    })
}

fn build(workspace: &Workspace, lab: &Lab, prefix: &str) -> anyhow::Result<Built> {
    let package = if prefix.is_empty() { lab.manifest.package() } else { lab.manifest.solution_package() };
    let programs = &lab.manifest.programs;
    let wanted = Wanted { package: &package, programs, prefix, without_spec: true, ..Wanted::default() };
    compile::build(workspace, wanted)
}

#[cfg(test)]
mod tests;
