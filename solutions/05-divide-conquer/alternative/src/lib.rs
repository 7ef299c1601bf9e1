//! `dnc`, `mpirun`, and the library [`mpi`]: work is cut into parts, done in processes, and put together again.
//!
//! | what | module | system calls |
//! |---|---|---|
//! | parts in children, and what becomes of them | [`child`], [`ending`] | fork, waitpid, prctl |
//! | memory in which results are left | [`ledger`] | memfd_create, pread, pwrite |
//! | a file is cut into parts | [`parts`], [`sum`] | |
//! | parts are cut again: a tree | [`sort`], [`order`] | |
//! | ranks are started, and end | [`launch`], [`rank`], [`output`] | exec, epoll, pidfd_open, signalfd, kill |
//! | messages between ranks | [`mpi`], [`mailbox`], [`wire`] | pipe with O_DIRECT, datagrams, threads |
//! | messages of all ranks | [`collective`], [`trace`] | |
//! | work for ranks | [`life`], [`psort`] | |
//! | work for workers that may die | [`wc`], [`workers`], [`board`], [`words`] | mmap, waitpid, rename |
//! | given: options, messages, counted work, scripts | [`options`], [`failure`], [`work`], [`script`], [`play`] | |

pub mod board;
pub mod child;
pub mod collective;
pub mod ending;
pub mod failure;
pub mod launch;
pub mod ledger;
pub mod life;
pub mod mailbox;
pub mod mpi;
pub mod options;
pub mod order;
pub mod output;
pub mod parts;
pub mod play;
pub mod psort;
pub mod rank;
pub mod script;
pub mod sort;
pub mod sum;
pub mod trace;
pub mod wc;
pub mod wire;
pub mod words;
pub mod work;
pub mod workers;

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
