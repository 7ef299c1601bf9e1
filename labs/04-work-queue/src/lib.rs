//! `pool`, a boss and its workers: forks, channels, queues, deaths, leases and a journal by hand.
//!
//! A task's way through the program:
//!
//! | step | module | system calls |
//! |---|---|---|
//! | a line comes | [`input`], [`mod@line`] | read, recv |
//! | it is a task, and there is room | [`mod@run`], [`serve`], [`task`], [`watch`] | poll |
//! | it goes to an idle worker | [`pool`], [`job`], [`channel`] | sendmsg |
//! | the worker does it | [`worker`], [`task`], [`effect`], [`meeting`] | fork, recvmsg, linkat |
//! | its answer comes back, or the worker's end | [`pool`] | recvmsg, waitpid |
//! | the answer is kept and told | [`journal`], [`record`], [`mod@run`] | write |
//! | or the worker has told the client itself | [`worker`], [`serve`], [`web`], [`http`] | sendmsg with SCM_RIGHTS |
//! | SIGTERM | [`signals`] | signalfd |
//!
//! **Descriptors.** The boss holds one end of each worker's channel, and nobody else holds it. A worker holds the other
//! end, `/dev/null` and standard error. So the end of either is seen by the other, at once.

#![allow(
    dead_code,
    unused_imports,
    unused_mut,
    unused_variables,
    reason = "the starter names what its milestones will need; delete this when all are done"
)]

pub mod channel;
pub mod effect;
pub mod failure;
pub mod http;
pub mod input;
pub mod job;
pub mod journal;
pub mod line;
pub mod listen;
pub mod meeting;
pub mod options;
pub mod pool;
pub mod record;
pub mod run;
pub mod serve;
pub mod signals;
pub mod task;
pub mod watch;
pub mod web;
pub mod worker;

use options::Options;

/// Runs `pool`, and returns its exit status.
pub fn run(options: &Options) -> u8 {
    let ended = match options {
        Options::Run(options) => run::run(options),
        Options::Lines(options) => serve::run(options),
        Options::Web(options) => web::run(options),
    };
    ended.unwrap_or_else(|failure| {
        failure.complain();
        failure.status
    })
}
