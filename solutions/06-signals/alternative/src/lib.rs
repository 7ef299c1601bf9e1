//! Four small programs that live by signals: `sigcount` counts them, `within` limits the time of a command, `superv`
//! keeps programs running, `flushd` is told out of band to forget its queue.
//!
//! | question | module | system calls |
//! |---|---|---|
//! | what happens when a signal comes, and when is it taken? | [`signals`] | sigprocmask, sigtimedwait |
//! | which came, how often, with which value? | [`mod@sigcount`], [`send`] | sigqueue |
//! | what does a new program inherit? | [`child`] | clone, setpgid, execvp |
//! | how has it ended? | [`wait`] | waitid |
//! | has its time passed, and is everybody gone? | [`mod@within`], [`timer`] | timer_create, prctl, kill |
//! | who has ended, and who is started again? | [`mod@superv`], [`table`] | epoll, signalfd, pidfd |
//! | what is queued, and what is dropped? | [`mod@flushd`], [`input`], [`gate`] | signalfd, poll, FIONREAD |

pub mod child;
pub mod config;
pub mod failure;
pub mod flushd;
pub mod gate;
pub mod input;
pub mod names;
pub mod options;
pub mod record;
pub mod send;
pub mod sigcount;
pub mod signals;
pub mod superv;
pub mod table;
pub mod timer;
pub mod wait;
pub mod within;

use failure::status_of;

/// Runs sigcount, and gives its exit status.
#[must_use]
pub fn sigcount(options: &options::Sigcount) -> u8 {
    status_of(
        "sigcount",
        match options {
            options::Sigcount::Count(count) => sigcount::run(count),
            options::Sigcount::Send { pid, signal, values } => send::run(*pid, *signal, *values),
        },
    )
}

/// Runs within, and gives its exit status.
#[must_use]
pub fn within(options: &options::Within) -> u8 {
    status_of("within", within::run(options))
}

/// Runs superv, and gives its exit status.
#[must_use]
pub fn superv(options: &options::Superv) -> u8 {
    status_of("superv", superv::run(options))
}

/// Runs flushd, and gives its exit status.
#[must_use]
pub fn flushd(options: &options::Flushd) -> u8 {
    status_of("flushd", flushd::run(options))
}
