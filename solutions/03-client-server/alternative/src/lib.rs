//! A second `filed`: correct, and made in another way, to keep the checks honest.
//!
//! One process a client and, below it, one process a file, so every call may simply wait. Counters live in
//! memory that all of them share; the end of the service is the end of file of a pipe; names are walked by
//! hand.
//!
//! | process | waits for | is started for |
//! |---|---|---|
//! | filed itself ([`server`]) | the next client, the end of a child, a signal | |
//! | a session ([`session`], [`control`]) | the next request of its client, the end of its helper | each connection |
//! | a helper ([`helper`]) | its file, its client | each block that needs a file |

pub mod address;
pub mod answer;
pub mod ask;
pub mod board;
pub mod client;
pub mod control;
pub mod datagram;
pub mod door;
pub mod failure;
pub mod family;
pub mod helper;
pub mod inbox;
pub mod options;
pub mod pass;
pub mod request;
pub mod root;
pub mod server;
pub mod session;
pub mod signals;

use std::io;

pub use failure::complain;

use door::{Door, Purpose};
use failure::failed;
use options::{ClientOptions, Kind, ServerOptions};
use root::Root;
use server::Server;
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
    let signals = Signals::catch().map_err(|errno| failed("signals", errno))?;
    let door = Door::open(&options.address, options.kind, Purpose::Clients)?;
    let mut doors = vec![door];
    if let Some(control) = &options.control {
        doors.push(Door::open(control, Kind::Stream, Purpose::Control)?);
    }
    match options.kind {
        Kind::Datagram => {
            doors[0].announce()?;
            datagram::run(&doors[0], &root, &signals)
        }
        Kind::Stream | Kind::Packet => {
            let server = Server::new(doors, root, signals, options.max_clients)?;
            server.announce()?;
            server.run()
        }
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
