//! `rpcd`, a server whose methods are called over a socket, and `rpcc`, its client.
//!
//! | question | module | system calls |
//! |---|---|---|
//! | where is the server? | [`address`], [`listen`] | socket, bind, listen, connect |
//! | which methods are there, and how does a value become bytes? | [`interface`], [`wire`] | |
//! | where does a frame end, and is it sound? | [`frame`], [`inbox`], [`crc`] | recv |
//! | who is ready? | [`server`], [`exchange`], [`link`] | epoll, accept, writev, timerfd |
//! | what is to be done with a frame? | [`methods`], [`gates`], [`objects`], [`state`] | |
//! | has it been done already? | [`table`], [`journal`] | write, ftruncate |
//! | which file is it? | [`root`] | openat, readlinkat |
//! | and the other side? | [`mod@ask`], [`caller`], [`channel`], [`pipeline`] | connect, recv, send |
//! | when does it end? | [`signals`] | signalfd |

pub mod address;
pub mod ask;
pub mod caller;
pub mod channel;
pub mod crc;
pub mod exchange;
pub mod failure;
pub mod frame;
pub mod gates;
pub mod inbox;
pub mod interface;
pub mod journal;
pub mod link;
pub mod listen;
pub mod methods;
pub mod objects;
pub mod options;
pub mod pipeline;
pub mod random;
pub mod refusal;
pub mod root;
pub mod server;
pub mod signals;
pub mod state;
pub mod table;
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
