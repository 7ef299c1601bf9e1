//! A worker: how it is made, what it keeps, and its loop. See `fork(2)`, `close_range(2)`.

#![allow(unsafe_code, reason = "close_range(2) closes descriptors by number")]

use std::fs::File;
use std::path::PathBuf;

use nix::unistd::Pid;

use crate::channel::Channel;

/// What all workers have in common.
#[derive(Debug)]
pub struct Workshop {
    /// `/dev/null`, their standard input and output.
    pub null: File,
    /// They end after one task: `--mode fork`.
    pub one_task: bool,
    /// They answer HTTP from this folder.
    pub root: Option<PathBuf>,
}

impl Workshop {
    /// Makes a worker. Gives its pid and the boss's side of its channel.
    ///
    /// # Errors
    /// `EAGAIN`, `ENOMEM`: no process can be made; `EMFILE`: no channel.
    pub fn start(&self) -> nix::Result<(Pid, Channel)> {
        todo!("M1: make a channel and a process that works at its other side")
    }
}
