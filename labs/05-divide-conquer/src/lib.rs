//! `dnc`, `mpirun`, and the library [`mpi`]: work is cut into parts, done in processes, and put together again.
//!
//! | what | module | system calls |
//! |---|---|---|
//! | a part in a child, and its result | [`child`] | pipe, fork, read, waitpid |
//! | a file is cut into parts | [`parts`], [`sum`] | |
//! | parts are cut again: a tree | [`sort`] | |
//! | ranks are started, and end | [`launch`], [`output`] | fork, exec, poll, waitpid, kill |
//! | messages between ranks | [`mpi`], [`wire`] | pipe, socketpair, poll |
//! | messages of all ranks | [`collective`], [`trace`] | |
//! | work for ranks | [`life`], [`psort`] | |
//! | work for workers that may die | [`wc`] | socketpair, rename |
//! | given: options, messages, counted work, scripts | [`options`], [`failure`], [`work`], [`script`], [`play`] | |

#![allow(
    dead_code,
    unused_imports,
    unused_mut,
    unused_variables,
    reason = "the starter names what its milestones will need; delete this when all are done"
)]

pub mod child;
pub mod collective;
pub mod failure;
pub mod launch;
pub mod life;
pub mod mpi;
pub mod options;
pub mod output;
pub mod parts;
pub mod play;
pub mod psort;
pub mod script;
pub mod sort;
pub mod sum;
pub mod trace;
pub mod wc;
pub mod wire;
pub mod work;

use options::{Dnc, Job, Mpirun};

/// Runs `dnc`, and returns its exit status.
pub fn dnc(options: &Dnc) -> u8 {
    work::set_up(options.gate.clone(), options.report);
    let ended = match &options.job {
        Job::Sum { processes, file } => sum::run(file, *processes),
        Job::Sort { processes, file } => sort::run(file, *processes),
        Job::Life { generations, file } => life::run(file, *generations),
        Job::Psort { file } => psort::run(file),
        Job::Wc { workers, parts, out, files } => wc::run(files, *workers, *parts, out),
    };
    ended.map_or_else(|failure| failure.tell("dnc"), |()| 0)
}

/// Runs `mpirun`, and returns its exit status.
pub fn mpirun(options: &Mpirun) -> u8 {
    launch::run(options).unwrap_or_else(|failure| failure.tell("mpirun"))
}

/// Writes one line to standard error.
pub fn complain(line: &str) {
    failure::say(&format!("{line}\n"));
}
