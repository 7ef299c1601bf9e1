//! `autopsy`: says why a program hangs, whatever program it is.

use anyhow::Context as _;
use autopsy::{Report, Scene, Verdict, examine};
use clap::Args;

use crate::exit::{Exit, bad_input};

/// How many lines are shown without `--full`.
const LINES: usize = 24;

/// Say why a program hangs: who waits for whom, and what to change.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask autopsy $(pgrep -n psh)   the program started last
  cargo xtask autopsy 4711 --full       every process and thread, and what each has open
  cargo xtask autopsy 4711 --json       the same for programs

It looks at the process and all its descendants, and changes nothing.")]
pub struct AutopsyArgs {
    /// The process: its descendants are looked at too.
    #[arg(value_name = "PID", value_parser = clap::value_parser!(i32).range(1..))]
    pub pid: i32,
    /// Show every process and thread, what each has open, and what is not known.
    #[arg(long)]
    pub full: bool,
    /// Print the report as JSON.
    #[arg(long, conflicts_with = "full")]
    pub json: bool,
}

/// Prints the autopsy of a tree.
///
/// # Errors
/// When there is no such process.
pub fn run(args: &AutopsyArgs) -> anyhow::Result<Exit> {
    let scene = Scene::tree(args.pid);
    if scene.members.is_empty() {
        return Err(bad_input(format!("no process {}", args.pid)));
    }
    let report = examine(&scene);
    let text = if args.json {
        serde_json::to_string_pretty(&report).context("cannot write the report as JSON")?
    } else if args.full {
        report.full()
    } else {
        brief(&report, args.pid)
    };
    anstream::println!("{text}");
    Ok(Exit::Done)
}

fn brief(report: &Report, pid: i32) -> String {
    let mut text = report.verdict.words().to_owned();
    if !report.waits.is_empty() {
        text = format!("{text}\n{}", report.short(LINES));
    }
    if let Some(parent) = parent(pid).filter(|_| report.verdict == Verdict::Idle) {
        text = format!("{text}\nwhat it waits for may hang itself: cargo xtask autopsy {parent}");
    }
    format!("{text}\nall of it: cargo xtask autopsy {pid} --full")
}

/// Who started a process, unless that is the system's first.
fn parent(pid: i32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
    line.trim().parse().ok().filter(|parent| *parent > 1)
}
