//! A second `pool`: correct, and made in another way, to keep the checks honest.
//!
//! The boss has a thread for each worker and one lock (a monitor) instead of one poll loop; `write` commits by one
//! renameat2(2) under a lock that dies with its holder; clients are served by a doorkeeper with an epoll(7) set.
//!
//! | module | does | system calls |
//! |---|---|---|
//! | [`boss`] | threads, the lock, the rule that makes fork(2) safe | poll, waitpid, futex |
//! | [`pool`] | who is idle, who does what until when | sendmsg, kill |
//! | [`worker`], [`channel`], [`task`], [`effect`], [`meeting`] | do it | fork, recvmsg, renameat2, flock |
//! | [`mod@run`], [`input`], [`mod@line`], [`journal`], [`record`] | lines in, results out | read, write |
//! | [`serve`], [`clients`], [`web`], [`http`], [`doors`], [`listen`] | the same on sockets | epoll_wait, recv |
//! | [`signals`] | SIGTERM | sigwait |

pub mod boss;
pub mod channel;
pub mod clients;
pub mod doors;
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
pub mod site;
pub mod task;
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
