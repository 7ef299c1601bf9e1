//! `ring`, a queue in shared memory: a header, slots, two counters, and two words to sleep on.
//!
//! | question | module | system calls |
//! |---|---|---|
//! | what is asked for? | [`options`] | |
//! | where does everything stand? | [`layout`], [`sync`] | |
//! | whose memory is it, and is it a ring? | [`segment`], [`header`] | shm_open, fallocate, mmap |
//! | how is a word read, how does one sleep on it? | [`memory`] | futex |
//! | how does a record get from one side to the other? | [`mod@ring`] | none |
//! | what do `push` and `pop` do with it? | [`commands`] | read, write |
//! | where does a pointer point to? | [`list`] | mmap, twice |
//! | what if the memory goes away? | [`truncated`] | sigaction |
//! | who is on the other side, and is it alive? | [`peers`] | pidfd_open, poll |
//! | and if there are many? | [`lock`] | futex, set_robust_list |
//! | how does memory travel? | [`pass`] | memfd_create, fcntl, sendmsg |

#![allow(
    clippy::ptr_arg,
    dead_code,
    unused_imports,
    unused_mut,
    unused_variables,
    reason = "the starter names what its milestones will need; delete this when all are done"
)]

pub mod commands;
pub mod failure;
pub mod header;
pub mod layout;
pub mod list;
pub mod lock;
pub mod memory;
pub mod options;
pub mod pass;
pub mod peers;
pub mod ring;
pub mod segment;
pub mod sync;
pub mod truncated;

use options::Options;

/// Runs `ring`, and returns its exit status.
pub fn run(options: &Options) -> u8 {
    let done = match options {
        Options::Create { place, shape, lock, many } => segment::create(place, *shape, *lock, *many),
        Options::Info(place) => commands::info(place),
        Options::Remove(place) => segment::remove(place),
        Options::Close(place) => commands::close(place),
        Options::Push { place, only_try, keep } => commands::push(place, *only_try, *keep),
        Options::Pop { place, only_try, count } => commands::pop(place, *only_try, *count),
        Options::ListWrite(place) => list::write(place),
        Options::ListRead { place, twice } => list::read(place, *twice),
        Options::Send { path, shape } => pass::send(path, *shape),
        Options::Receive { path, count } => pass::receive(path, *count),
    };
    match done {
        Ok(()) => 0,
        Err(failure) => {
            failure.complain();
            failure.status
        }
    }
}
