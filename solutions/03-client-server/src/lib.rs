//! `filed`, a server for files, and `filec`, its client: sockets, many clients, and helpers.
//!
//! | question | module | system calls |
//! |---|---|---|
//! | where is the server? | [`address`], [`listen`] | socket, bind, listen |
//! | where does a request end? | [`inbox`], [`request`] | recv |
// BEGIN SOLUTION
//! | who is ready? | [`server`], [`connection`] | poll, accept |
//! | what does it want? | [`answers`] | getsockopt |
//! | what is still to be sent? | [`outbox`], [`answer`] | send |
//! | which file is it? | [`root`], [`content`] | openat2, fstat |
//! | who waits for the file? | [`helpers`], [`helper`], [`order`] | fork, socketpair, waitpid |
// END SOLUTION
// STUB: //! | who is ready? | [`server`], and what you add | poll, accept |
// STUB: //! | what is the answer? | [`answer`] | send |
// STUB: //! | which file is it? | [`root`] | openat2, fstat |
//! | what if there are no connections? | [`datagram`] | recvfrom, sendto |
//! | how does a descriptor travel? | [`pass`] | sendmsg, recvmsg |
//! | when does it end? | [`signals`] | signalfd |
//! | and the other side? | [`mod@ask`] | connect |

// STUB: #![allow(
// STUB:     dead_code,
// STUB:     unused_imports,
// STUB:     unused_mut,
// STUB:     unused_variables,
// STUB:     reason = "the starter names what its milestones will need; delete this when all are done"
// STUB: )]

pub mod address;
pub mod answer;
// BEGIN SOLUTION
pub mod answers;
// END SOLUTION
pub mod ask;
// BEGIN SOLUTION
pub mod connection;
pub mod content;
// END SOLUTION
pub mod datagram;
pub mod failure;
// BEGIN SOLUTION
pub mod helper;
pub mod helpers;
// END SOLUTION
pub mod inbox;
pub mod listen;
pub mod options;
// BEGIN SOLUTION
pub mod order;
pub mod outbox;
// END SOLUTION
pub mod pass;
pub mod request;
pub mod root;
pub mod server;
pub mod signals;

use std::io;

pub use failure::complain;

use failure::failed;
use listen::Listening;
use options::{ClientOptions, Kind, ServerOptions};
use root::Root;
use signals::Signals;

/// Runs filed until it shall end, and returns its exit status.
#[must_use]
pub fn serve(options: ServerOptions) -> u8 {
    match try_serve(&options) {
        Ok(()) => 0,
        Err(error) => {
            complain(&format!("filed: {error:#}"));
            1
        }
    }
}

fn try_serve(options: &ServerOptions) -> anyhow::Result<()> {
    let root = Root::open(&options.root)?;
    let signals = Signals::block().map_err(|errno| failed("signals", errno))?;
    let listening = Listening::open(&options.address, options.kind)?;
    let control =
        options.control.as_ref().map(|control| Listening::open(control, Kind::Stream)).transpose()?;
    listening.announce().map_err(|error| {
        failed("stdout", nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)))
    })?;
    match options.kind {
        Kind::Datagram => datagram::run(listening, root, signals),
        Kind::Stream | Kind::Packet => server::run(options, listening, control, root, signals),
    }
}

/// Runs filec, and returns its exit status.
#[must_use]
pub fn ask(options: ClientOptions) -> u8 {
    match ask::run(&options, io::stdout().lock()) {
        Ok(is_ok) => u8::from(!is_ok),
        Err(error) => ask::status_of(&error, &options.address),
    }
}
