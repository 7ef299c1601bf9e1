//! `rpcd`, a server whose methods are called over a socket, and `rpcc`, its client.
//!
//! | question | module | system calls |
//! |---|---|---|
//! | where is the server? | [`address`], [`listen`] | socket, bind, listen, connect |
//! | how does a value become bytes? | [`wire`] | |
//! | where does a frame end, and is it sound? | [`frame`], [`inbox`], [`crc`] | recv |
//! | who is ready? what is to be done with a frame? | [`server`], and what you add | poll, accept, send |
//! | which file is it? | [`root`] | openat2 |
//! | and the other side? | [`mod@ask`], and what you add | connect, poll |
//! | when does it end? | [`signals`] | signalfd |

#![allow(
    dead_code,
    unused_imports,
    unused_mut,
    unused_variables,
    reason = "the starter names what its milestones will need; delete this when all are done"
)]

pub mod address;
pub mod ask;
pub mod crc;
pub mod failure;
pub mod frame;
pub mod inbox;
pub mod listen;
pub mod options;
pub mod random;
pub mod refusal;
pub mod root;
pub mod server;
pub mod signals;
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
