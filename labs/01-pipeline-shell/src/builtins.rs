//! Commands that psh runs itself: they change psh, or tell what only psh knows.

use crate::descriptor::write_all;
use crate::failure::{complain, reason};
use crate::shell::{Flow, Shell};
use nix::unistd::{chdir, getcwd};
use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;

/// A builtin command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builtin {
    /// `cd [DIR]`
    Cd,
    /// `pwd`
    Pwd,
    /// `exit [N]`
    Exit,
    /// `set -o pipefail`, `set +o pipefail`
    Set,
    /// `wait [PID...]`
    Wait,
    /// `jobs`
    Jobs,
    /// `fg [N]`
    Fg,
}

impl Builtin {
    /// The builtin of that name.
    pub fn named(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"cd" => Builtin::Cd,
            b"pwd" => Builtin::Pwd,
            b"exit" => Builtin::Exit,
            b"set" => Builtin::Set,
            b"wait" => Builtin::Wait,
            b"jobs" => Builtin::Jobs,
            b"fg" => Builtin::Fg,
            _ => return None,
        })
    }
}

/// The status of a builtin that was used wrongly.
pub(crate) const MISUSED: u8 = 2;

impl Shell {
    /// Runs a builtin in this process.
    pub fn builtin(&mut self, builtin: Builtin, arguments: &[Vec<u8>]) -> Flow {
        Flow::Continue(match builtin {
            Builtin::Exit => return self.exit(arguments),
            Builtin::Cd => cd(arguments),
            Builtin::Pwd => pwd(arguments),
            Builtin::Set => self.set(arguments),
            Builtin::Wait => self.wait(arguments),
            Builtin::Jobs => self.list_jobs(arguments),
            Builtin::Fg => self.fg(arguments),
        })
    }

    fn exit(&self, arguments: &[Vec<u8>]) -> Flow {
        todo!("M1: end the shell (Flow::Break) with this status, or the last one")
    }

    fn set(&mut self, arguments: &[Vec<u8>]) -> u8 {
        todo!("M3: set or unset `pipefail`")
    }
}

fn cd(arguments: &[Vec<u8>]) -> u8 {
    todo!("M3: change the current directory, to $HOME without an argument")
}

fn pwd(arguments: &[Vec<u8>]) -> u8 {
    todo!("M3: print the current directory")
}

/// Writes a builtin's output, at once and whole. Returns the builtin's status.
pub(crate) fn print(name: &str, output: &[u8]) -> u8 {
    todo!("M3: write all of the output to standard output, or say what is wrong")
}

/// Says what went wrong in a builtin; returns its status.
pub(crate) fn fail(name: &str, reason: &str) -> u8 {
    complain(name.as_bytes(), reason);
    1
}

/// Says how a builtin is used; returns its status.
pub(crate) fn misuse(name: &str, usage: &str) -> u8 {
    complain(name.as_bytes(), usage);
    MISUSED
}

/// Reads a number.
pub(crate) fn number<T: std::str::FromStr>(text: &[u8]) -> Option<T> {
    std::str::from_utf8(text).ok()?.parse().ok()
}
