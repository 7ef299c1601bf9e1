//! What the specifications of the labs stand on: start the program under test, play its peer, look at it
//! from outside, and say in a student's words what was wrong.
//!
//! A check makes a [`Room`], its private world, and starts programs in it:
//!
//! ```no_run
//! use testkit::Room;
//!
//! # fn psh() -> testkit::Program { testkit::Program::at("psh", "/bin/dash") }
//! let room = Room::new();
//! let word = room.word();
//! room.command(psh()).args(["-c", &format!("echo {word}")]).run().code(0).stdout(format!("{word}\n"));
//! ```
//!
//! (In a specification, `psh()` is [`bin!`]`("psh")`.)
//!
//! - **Nothing sleeps.** A check waits for an event: the end of a program, a line ([`Running::wait_line`]),
//!   a gate reached ([`Gate::reached`]), a whole tree at rest ([`Running::asleep`]), or any condition
//!   ([`eventually`]). Every wait stands under the room's watchdog, which counts only time in which nobody
//!   in the room could run, ends at once where `autopsy` proves a deadlock, and explains every hang.
//! - **Proofs.** While the thread that made the room waits, and the specification has no other thread, the room is
//!   a closed world: nobody outside writes, connects, opens a gate or sends a signal, and no program counts on
//!   alarm(2), unless the check says so ([`Room::expect_timers`]). If the programs are then proved to be stuck, the wait ends at once. A condition given to
//!   [`eventually`] may act (connect again, signal again): it is asked many times before anybody looks for a proof.
//! - **Peers.** A check plays the other side of a program's sockets: [`Room::connect`], [`Room::listen`],
//!   [`Room::proxy`]. A [`Peer`] does only what it is told, so silence and slowness need no clock.
//! - **Laws.** When the room is dropped, no process and no name may be left; a program that panicked fails
//!   every check.
//! - **Verdicts.** A failure is a panic with a text for the student; its kind (fail, hang, crash, leak,
//!   grader error) goes to the runner as one [`Record`](sandbox::protocol::Record). A check that holds
//!   writes its `Pass` when its room is dropped, so **every check makes a room**.

mod capture;
mod command;
mod confine;
mod describe;
mod ended;
mod expect;
mod failure;
mod fifo;
mod finished;
mod gate;
mod handle;
mod held;
pub mod helpers;
mod laws;
mod line;
mod names;
mod observe;
mod own;
mod peer;
mod process;
mod program;
mod queue;
mod referee;
mod room;
mod running;
mod shared;
mod signals;
mod slow_file;
mod spawn;
mod stdin;
mod sweep;
mod terminal;
mod text;
mod trace;
mod tree;
mod watch;

pub use command::Cmd;
pub use expect::{ByPredicate, Exact, Expect, one_line};
pub use failure::{list, only_descriptors, same_bytes};
pub use fifo::FifoEnd;
pub use finished::Finished;
pub use gate::Gate;
pub use nix::errno::Errno;
pub use nix::sys::resource::Resource;
pub use nix::sys::signal::Signal;
pub use peer::{Address, Datagram, Link, Listener, Peer, Proxy};
pub use predicates;
pub use process::{Descriptor, Io, Proc};
pub use program::Program;
pub use queue::{PosixName, PosixQueue, SystemVKey, SystemVQueue};
pub use room::{Room, eventually};
pub use running::Running;
pub use signals::{SignalSets, real_time};
pub use slow_file::SlowFile;
pub use stdin::StdinWriter;
pub use sweep::{first_call, sweep};
pub use text::{shell_quote, visible};
pub use trace::{Family, Fault, Instant, Moment, Then, When};
