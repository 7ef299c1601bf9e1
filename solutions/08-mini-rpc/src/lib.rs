//! `rpcd`, a server whose methods are called over a socket, and `rpcc`, its client.
//!
//! | question | module | system calls |
//! |---|---|---|
//! | where is the server? | [`address`], [`listen`] | socket, bind, listen, connect |
//! | how does a value become bytes? | [`wire`] | |
//! | where does a frame end, and is it sound? | [`frame`], [`inbox`], [`crc`] | recv |
// BEGIN SOLUTION
//! | which methods are there? | [`interface`], `methods` | |
//! | who is ready? | [`server`], `connection` | poll, accept, send |
//! | what is to be done with a frame? | `calls` | |
//! | has this call been here before? | [`table`] | |
// END SOLUTION
// STUB: //! | who is ready? what is to be done with a frame? | [`server`], and what you add | poll, accept, send |
//! | which file is it? | [`root`] | openat2 |
// BEGIN SOLUTION
//! | what is answered later? | `pending`, `objects` | |
//! | what survives? | `journal` | write, ftruncate |
//! | and the other side? | [`mod@ask`], `session`, `pipeline`, `channel` | connect, poll |
// END SOLUTION
// STUB: //! | and the other side? | [`mod@ask`], and what you add | connect, poll |
//! | when does it end? | [`signals`] | signalfd |

// STUB: #![allow(
// STUB:     dead_code,
// STUB:     unused_imports,
// STUB:     unused_mut,
// STUB:     unused_variables,
// STUB:     reason = "the starter names what its milestones will need; delete this when all are done"
// STUB: )]

pub mod address;
pub mod ask;
// BEGIN SOLUTION
mod calls;
mod channel;
mod connection;
// END SOLUTION
pub mod crc;
pub mod failure;
pub mod frame;
pub mod inbox;
// BEGIN SOLUTION
pub mod interface;
mod journal;
// END SOLUTION
pub mod listen;
// BEGIN SOLUTION
mod methods;
mod objects;
// END SOLUTION
pub mod options;
// BEGIN SOLUTION
mod pending;
mod pipeline;
// END SOLUTION
pub mod random;
pub mod refusal;
pub mod root;
pub mod server;
// BEGIN SOLUTION
mod session;
// END SOLUTION
pub mod signals;
// BEGIN SOLUTION
pub mod table;
// END SOLUTION
pub mod wire;

pub use failure::complain;

use options::{ClientOptions, ServerOptions};

/// Runs rpcd until it shall end, and returns its exit status.
#[must_use]
pub fn serve(options: &ServerOptions) -> u8 {
    match server::run(options) {
        Ok(()) => 0,
        Err(error) => {
            complain(&format!("rpcd: {error:#}"));
            1
        }
    }
}

/// Runs rpcc, and returns its exit status.
#[must_use]
pub fn ask(options: &ClientOptions) -> u8 {
    ask::run(options)
}
