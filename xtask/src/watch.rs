//! `watch`: checks a lab again at each save, until somebody ends it.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::catalogue;
use crate::exit::{Exit, usage};
use crate::manifest::Manifest;
use crate::outcome::CheckOutcome;
use crate::progress::store;
use crate::workspace::{Lab, Workspace};

mod board;
mod canvas;
mod cargo;
mod keys;
mod page;
mod plain;
#[cfg(test)]
mod sample;
mod saves;
mod screen;
mod session;
mod signals;
mod snapshot;
mod state;
mod worker;
mod wrap;

use board::Board;
use canvas::Canvas;
use keys::Terminal;
use saves::Saves;
use session::Session;
use snapshot::Snapshot;
use state::State;
use worker::{Bell, Worker};

/// Check a lab again at each save.
///
/// It builds into a folder of its own, runs what failed last, then the rest of the first milestone that is not
/// done, then the milestones before it. A save during a run ends that run and begins anew.
///
/// On a terminal: h shows the next hint, e explains the check, n shows the next failure, a runs all checks, q
/// ends it. Elsewhere (a pipe, TERM=dumb) each round is appended as text, standard input is not read, and Ctrl-C
/// or SIGTERM ends it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  cargo xtask watch             the lab whose folder you are in
  cargo xtask watch 01
  cargo xtask watch 01 m3       begin with this milestone")]
pub struct WatchArgs {
    /// The lab [default: the one whose folder you are in, or the only one].
    lab: Option<String>,
    /// Begin with this milestone, and leave those before it alone.
    milestone: Option<String>,
    /// Append text, as where there is no terminal.
    #[arg(long)]
    plain: bool,
    /// Look at the files every now and then, instead of waiting for events.
    #[arg(long)]
    poll: bool,
}

/// Watches a lab.
///
/// # Errors
/// When there is no such lab or milestone, or the grader fails.
pub fn run(workspace: &Workspace, args: &WatchArgs) -> anyhow::Result<Exit> {
    let lab = workspace.lab_or_here(args.lab.as_deref())?;
    let board = Board::new(start(&lab.manifest, args.milestone.as_deref())?, remembered(workspace, &lab));
    // Before the first thread, and before there is anything to clean up.
    let signals = signals::open()?;
    let terminal = if !args.plain && Terminal::is_there() { Some(Terminal::take()?) } else { None };
    let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
    let bell = Arc::new(EventFd::from_flags(flags).context("make an eventfd")?);
    let (news, news_from) = mpsc::channel();
    let (jobs, jobs_from) = mpsc::channel();
    let is_loud = io::stderr().is_terminal();
    let worker = Worker::new(workspace, Bell::new(news, Arc::clone(&bell)), is_loud)?;
    // Watched first and read afterwards: a save in between is seen.
    let saves = Saves::new(&lab.dir, args.poll);
    let snapshot = Snapshot::take(&lab.dir);
    let mut state = State::new(lab.manifest.clone(), board, saves.how());
    state.catalogue = catalogue::load_or_warn(workspace, &lab);
    thread::scope(|scope| {
        scope.spawn(move || worker.work(&jobs_from));
        let mut session = Session {
            workspace,
            state,
            lab,
            saves,
            snapshot,
            signals: &signals,
            canvas: terminal.map(Canvas::new),
            jobs,
            news: news_from,
            bell,
            memory: None,
            next_look: Instant::now(),
            is_spec_new: false,
        };
        match session.run() {
            // `watch | head`: nobody reads any more, which is an end like any other.
            Err(error) if is_unread(&error) => Ok(Exit::Done),
            end => end,
        }
    })
}

fn is_unread(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

/// The index of the milestone to begin with.
fn start(manifest: &Manifest, wanted: Option<&str>) -> anyhow::Result<usize> {
    let Some(wanted) = wanted else { return Ok(0) };
    manifest.milestones.iter().position(|m| m.id == wanted || m.module == wanted).ok_or_else(|| {
        let ids: Vec<&str> = manifest.milestones.iter().map(|m| m.id.as_str()).collect();
        usage(format!("lab {} has no milestone `{wanted}`; it has {}", manifest.id, ids.join(", ")))
    })
}

/// What earlier runs have told, so that work goes on where it ended.
fn remembered(workspace: &Workspace, lab: &Lab) -> Vec<CheckOutcome> {
    let progress = store::load(workspace).lab(&lab.manifest.id);
    let outcome = |check: &crate::manifest::Check| {
        let verdict = progress.checks.get(&check.name)?.last;
        let points = if verdict == sandbox::protocol::Verdict::Pass { check.points } else { 0 };
        let (check, max) = (check.name.clone(), check.points);
        let (text, detail) = (String::new(), String::new());
        Some(CheckOutcome { check, points, max, verdict, text, detail, seed: 0, millis: 0 })
    };
    lab.manifest.checks().filter_map(outcome).collect()
}
