//! The labs that can be measured: one module each. A module knows its lab's contract and nothing of its code.

mod flow;
mod lab01;
mod lab02;
mod lab03;
mod lab04;
mod lab05;
mod lab06;
mod lab07;
mod lab08;
mod server;
mod trip;

use crate::contender::Peer;
use crate::experiment::Experiment;
use crate::harness::Setup;

/// What a module says of its lab, and what it measures.
pub trait Lab {
    /// Two digits: `07`.
    fn id(&self) -> &'static str;

    /// The lab's title.
    fn title(&self) -> &'static str;

    /// The programs of its contract that are measured.
    fn programs(&self) -> &'static [&'static str];

    /// Whom to measure beside the student and the reference.
    fn peers(&self) -> &'static [Peer];

    /// What to measure, in the order of the report: at most a screen. The contenders are in `setup`.
    ///
    /// # Errors
    /// When something that all of them need cannot be made. A contender that fails is no error: its closure fails.
    fn experiments<'a>(&self, setup: &'a Setup) -> anyhow::Result<Vec<Experiment<'a>>>;
}

/// All modules. A new lab is a file and a line here.
const ALL: [&dyn Lab; 8] = [
    &lab01::PipelineShell,
    &lab02::ProducerConsumer,
    &lab03::ClientServer,
    &lab04::WorkQueue,
    &lab05::DivideConquer,
    &lab06::Signals,
    &lab07::ShmRing,
    &lab08::MiniRpc,
];

/// The module of a lab.
#[must_use]
pub fn find(id: &str) -> Option<&'static dyn Lab> {
    ALL.into_iter().find(|lab| lab.id() == id)
}

/// A line for each lab that can be measured: its id, then its programs.
#[must_use]
pub fn list() -> String {
    ALL.iter().map(|lab| format!("{} {}\n", lab.id(), lab.programs().join(" "))).collect()
}
