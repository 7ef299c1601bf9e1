//! `flake`: runs the reference again and again beside busy loops. A check that fails then is wrong: it costs a student points
//! for nothing.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use clap::Args;
use sandbox::protocol::Verdict;

use crate::cli::jobs;
use crate::exit::Exit;
use crate::outcome::CheckOutcome;
use crate::show::{Told, check_lines};
use crate::verify::runs::Bench;
use crate::workspace::{Lab, Workspace};
use crate::{files, interrupt, pool};

pub mod record;

use record::{Record, Records};

/// Run the references again and again under load, and count the checks that fail for nothing.
///
/// A reference is right, so each failure is the check's. Stop it with Ctrl-C: what was run is told.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask flake                                   every lab, 25 runs each
  cargo xtask flake --lab 05 --runs 100 --jobs 8      one lab, eight checks at once
  cargo xtask flake --write                           and keep the figures for solutions/README.md")]
pub struct FlakeArgs {
    /// Only this lab; may be repeated [default: every lab].
    #[arg(long = "lab", value_name = "LAB")]
    pub labs: Vec<String>,
    /// How often each check runs.
    #[arg(long, value_name = "N", default_value_t = 25, value_parser = clap::value_parser!(u32).range(1..))]
    pub runs: u32,
    /// How many checks at once [default: four times the number of cores].
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub jobs: Option<usize>,
    /// How many busy loops beside them [default: the number of cores].
    #[arg(long, value_name = "N")]
    pub load: Option<usize>,
    /// Keep the figures in solutions/flake.json, from which `readmes` makes a table.
    #[arg(long)]
    pub write: bool,
}

/// Runs the labs that were named.
///
/// # Errors
/// When there is no reference, something does not build, or the grader fails.
pub fn run(workspace: &Workspace, args: &FlakeArgs) -> anyhow::Result<Exit> {
    interrupt::install()?;
    let labs = workspace.labs_or_all(&args.labs)?;
    let jobs = args.jobs.unwrap_or(pool::cores() * 4);
    let load = args.load.unwrap_or_else(pool::cores);
    let mut failed = false;
    for lab in &labs {
        let bench = Bench::new(workspace, lab, Some(jobs))?;
        let programs = bench.reference_programs()?;
        let mut record = Record::new(lab.manifest.checks().count(), jobs, load, pool::cores());
        let busy = BusyLoops::start(load);
        while record.runs < args.runs && !interrupt::is_set() {
            let outcomes = bench.run_all(&programs)?;
            if interrupt::is_set() {
                break;
            }
            tell(lab, record.runs + 1, &outcomes);
            record.add(&outcomes);
        }
        drop(busy);
        anstream::println!("lab {}: {}", lab.manifest.id, record.line());
        failed |= !record.failed.is_empty();
        if args.write && record.runs > 0 {
            keep(workspace, lab, record)?;
        }
        if interrupt::is_set() {
            return Ok(Exit::Interrupted);
        }
    }
    Ok(if failed { Exit::SomeFailed } else { Exit::Done })
}

/// The texts of what failed in one run.
fn tell(lab: &Lab, run: u32, outcomes: &[CheckOutcome]) {
    for outcome in outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Pass) {
        let lines = check_lines(&lab.manifest.id, outcome, Told::All, None);
        anstream::println!("lab {}, run {run}:\n{lines}", lab.manifest.id);
    }
}

fn keep(workspace: &Workspace, lab: &Lab, record: Record) -> anyhow::Result<()> {
    let path = workspace.root.join(record::FILE);
    let mut records = Records::load(&path)?;
    records.labs.insert(lab.manifest.id.clone(), record);
    files::write_atomic(&path, records.text().as_bytes())
}

/// Threads that only burn processor time.
struct BusyLoops {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl BusyLoops {
    fn start(count: usize) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let burn = |_| {
            let stop = Arc::clone(&stop);
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    spin_loop();
                }
            })
        };
        Self { threads: (0..count).map(burn).collect(), stop }
    }
}

impl Drop for BusyLoops {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            // It only reads a flag, so it cannot panic.
            let _ = thread.join();
        }
    }
}
