//! `pool run`: tasks from standard input, results to standard output. The boss's loop.

use std::collections::HashSet;
use std::io::{stdin, stdout};
use std::os::fd::AsFd;

use ipc_kit::write_all;
use nix::poll::PollFlags;

use crate::effect;
use crate::failure::Failure;
use crate::input::{Input, Line};
use crate::job::Job;
use crate::journal::Journal;
use crate::line::{Answer, NO_ID, split};
use crate::options::{Mode, Run, Stage};
use crate::pool::{Ended, Plan, Pool};
use crate::record;
use crate::signals::Terminations;
use crate::task::Task;
use crate::watch::{Watch, What};

/// The status after SIGTERM: 128 and its number.
pub const TERMINATED: u8 = 143;

/// Runs all tasks of standard input.
///
/// # Errors
/// What keeps pool from starting.
pub fn run(options: &Run) -> Result<u8, Failure> {
    todo!("M1: take lines, run their tasks, print the results")
}
