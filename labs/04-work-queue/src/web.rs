//! `pool serve --tcp`: files over HTTP. The boss collects requests, a worker answers the client itself.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::rc::Rc;

use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat2};
use nix::poll::PollFlags;

use crate::channel::Message;
use crate::failure::Failure;
use crate::http::{Request, head};
use crate::input::Input;
use crate::job::{Job, Order};
use crate::line::Answer;
use crate::listen;
use crate::options::{Stage, Web};
use crate::pool::{Ended, Plan, Pool};
use crate::run::TERMINATED;
use crate::serve::ready;
use crate::signals::Terminations;
use crate::watch::{Watch, What};

/// Serves until SIGTERM.
///
/// # Errors
/// What keeps pool from starting.
pub fn run(options: &Web) -> Result<u8, Failure> {
    todo!("M9: serve files over HTTP")
}

/// In a worker: answers the request on the connection that came with it. `ok` means that the connection stays open.
pub fn answer(root: &Path, message: Message) -> Answer {
    todo!("M9: answer the request")
}
