//! `trace`: runs a lab's program under ptrace(2) and draws its life: in the terminal, and as a page.

mod blame;
mod items;
mod lanes;
mod picture;
mod run;
mod words;

use std::path::PathBuf;

use clap::Args;

use crate::compile::{self, Built, Wanted};
use crate::exit::{Exit, usage};
use crate::interrupt;
use crate::workspace::{Lab, Workspace};

/// Run a lab's program and draw its life: processes, pipes, who waits for whom.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask trace 01 -- -c 'echo hi | wc -c'
  cargo xtask trace 01 --text -- -c 'yes | head -n 1'
  cargo xtask trace 01 --html hang.html -- -c 'echo hi | cat' < input

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
    interrupt::install()?;
    let own = build(workspace, &lab, if args.solution { "sol-" } else { "" })?;
    let picture = picture::picture(&run::record(&own.programs[program], program, &args.args)?);
    let width = args.width.unwrap_or_else(|| {
        usize::from(console::Term::stdout().size_checked().map_or(80, |(_, columns)| columns)).max(40)
    });
    anstream::print!("{}", lanes::render(&picture, width));
    Ok(if picture.is_stuck {
        Exit::SomeFailed
    } else if interrupt::is_set() {
        Exit::Interrupted
    } else {
        Exit::Done
    })
}

fn program<'a>(lab: &'a Lab, wanted: Option<&str>) -> anyhow::Result<&'a str> {
    let programs = &lab.manifest.programs;
    let found = match wanted {
        Some(wanted) => programs.iter().find(|name| *name == wanted),
        None => programs.first(),
    };
    found.map(String::as_str).ok_or_else(|| {
        usage(format!("lab {} has no such program; it has {}", lab.manifest.id, programs.join(", ")))
    })
}

fn build(workspace: &Workspace, lab: &Lab, prefix: &str) -> anyhow::Result<Built> {
    let package = if prefix.is_empty() { lab.manifest.package() } else { lab.manifest.solution_package() };
    let wanted = Wanted { package: &package, programs: &lab.manifest.programs, prefix, stage: None };
    compile::build(workspace, wanted)
}
