//! A second `prodcon`: correct, and made in another way, to keep the checks honest.
//!
//! Processes share memory (semaphores, a robust mutex) and a pipe of packets instead of pipes of places and record
//! locks. What may wait is done by threads, in calls that block; the first thread waits for SIGTERM, without a handler.
//!
//! | what | module | system calls |
//! |---|---|---|
//! | a record as bytes | `record`, `crc` | |
//! | send records, print records | `produce`, `consume`, `both` | write, threads |
//! | what they go through | `stream`, `fifo`, `posix_queue`, `system_v` | read, writev, mkfifo, mq_*, msg* |
//! | processes on one pipe | `copy`, `run`, `children` | splice, pipe, fork, sigwait, waitpid |
//! | memory of several processes | `shared`, `semaphore`, `board`, `lock`, `print` | mmap, futex |
//! | two directions, a queue that drops | `relay`, `play` | threads, shutdown, poll |
//! | SIGTERM | `terminate` | sigprocmask, signalfd, sigwait |

mod board;
mod both;
mod children;
mod consume;
mod copy;
mod crc;
mod failure;
mod fifo;
mod lock;
pub mod options;
mod play;
mod posix_queue;
mod print;
mod produce;
mod record;
mod relay;
mod run;
mod semaphore;
mod shared;
mod stream;
mod system_v;
pub mod target;
mod terminate;

use failure::Failure;
use nix::sys::stat::{Mode, umask};
use options::Command;
use terminate::unless_terminated;

/// Does what the command says, and returns the exit status.
pub fn run(command: Command) -> u8 {
    // Each name that is made here says its mode itself.
    umask(Mode::empty());
    let done = terminate::hold_back().map_err(Failure::on("sigprocmask")).and_then(|()| dispatch(command));
    fifo::remove_all();
    match done {
        Err(Failure::Terminated) => terminate::die(),
        done => {
            // Nothing is left that SIGTERM could tear: from here on it ends the process as it likes.
            terminate::let_in();
            let Err(failure) = done else { return 0 };
            failure.tell();
            failure.status()
        }
    }
}

/// Who starts processes has no threads, and the other way round.
fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Copy => copy::copy(),
        Command::Run(options) => run::run(&options),
        Command::Print(options) => print::print(&options),
        Command::Remove(queue) => produce::remove(&queue),
        Command::Produce(options) => unless_terminated(move || produce::produce(&options)),
        Command::Consume(options) => unless_terminated(move || consume::consume(&options)),
        Command::Relay(a, b) => unless_terminated(move || relay::relay(&a, &b)),
        Command::Play(options) => unless_terminated(move || play::play(&options)),
    }
}
