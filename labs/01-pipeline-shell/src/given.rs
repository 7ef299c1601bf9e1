//! What a stage is given before it starts: here-strings and `<(..)` pipes. See `memfd_create(2)`.

use crate::ast::List;
use crate::builtins::Builtin;
use crate::descriptor::{private_copy, write_all};
use crate::exec::Program;
use crate::expand::{Argument, Expanded, Source};
use crate::failure::Failure;
use crate::redirect::{Origin, Redirect};
use nix::fcntl::{FcntlArg, FdFlag, OFlag, fcntl};
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::unistd::{Whence, lseek, pipe2};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// A stage, ready to start.
#[derive(Debug)]
pub struct Stage<'a> {
    /// What it runs.
    pub body: Body,
    /// Its redirections.
    pub redirects: Vec<Redirect>,
    /// Its `<(..)` lists.
    pub lists: Vec<GivenList<'a>>,
}

/// What a stage runs.
#[derive(Debug)]
pub enum Body {
    /// A program.
    Program(Program),
    /// A builtin with its arguments.
    Builtin(Builtin, Vec<Vec<u8>>),
    /// Nothing: there are no words. The status is known.
    Nothing(u8),
}

/// A `<(..)` with its pipe.
#[derive(Debug)]
pub struct GivenList<'a> {
    /// The commands that write.
    pub list: &'a List,
    /// The end which the stage gets, at 10 or above, out of the way of its redirections.
    pub source: OwnedFd,
    /// The end for the list.
    pub sink: OwnedFd,
}

impl<'a> Stage<'a> {
    /// Makes the pipes and here-strings, and sorts programs from builtins.
    ///
    /// # Errors
    /// If there are too many open files.
    pub fn prepare(command: Expanded<'a>) -> Result<Self, Failure> {
        let mut lists = Vec::new();
        let mut words = Vec::new();
        for word in command.words {
            words.push(text(word, &mut lists)?);
        }
        let mut redirects = Vec::new();
        for (descriptor, source) in command.redirections {
            redirects.push(redirect(descriptor, source, &mut lists)?);
        }
        Ok(Stage { body: Body::new(words, command.status), redirects, lists })
    }

    /// In the child that will exec: lets the command have the read ends of its lists.
    pub(crate) fn keep_lists(&self) -> nix::Result<()> {
        Ok(()) // M9: the read ends must stay open on exec
    }
}

impl Body {
    fn new(mut words: Vec<Vec<u8>>, status: u8) -> Self {
        match words.first().map(|name| Builtin::named(name)) {
            None => Body::Nothing(status),
            Some(Some(builtin)) => Body::Builtin(builtin, words.split_off(1)),
            Some(None) => Body::Program(Program::new(words)),
        }
    }
}

/// An argument's bytes; for a `<(..)`, makes its pipe and names the read end.
fn text<'a>(argument: Argument<'a>, lists: &mut Vec<GivenList<'a>>) -> Result<Vec<u8>, Failure> {
    match argument {
        Argument::Text(text) => Ok(text),
        Argument::List(list) => {
            let given = open_list(list).map_err(Failure::pipe)?;
            let name = format!("/dev/fd/{}", given.source.as_raw_fd());
            lists.push(given);
            Ok(name.into_bytes())
        }
    }
}

fn open_list(list: &List) -> nix::Result<GivenList<'_>> {
    todo!("M9: make a pipe for the list; its read end is a `private_copy`")
}

fn redirect<'a>(
    descriptor: RawFd,
    source: Source<'a>,
    lists: &mut Vec<GivenList<'a>>,
) -> Result<Redirect, Failure> {
    Ok(match source {
        Source::File(name, flags) => Redirect::file(descriptor, text(name, lists)?, flags),
        Source::Duplicate(from) => Redirect { descriptor, origin: Origin::Duplicate(from) },
        Source::Here(word) => {
            let file = here(text(word, lists)?).map_err(Failure::pipe)?;
            Redirect { descriptor, origin: Origin::Open(file) }
        }
    })
}

/// A file without a name that holds the text and a newline, at its start. A pipe would not do: once
/// it is full, psh would wait for a reader that it has not started.
fn here(mut text: Vec<u8>) -> nix::Result<OwnedFd> {
    todo!("M7: put the text and a newline where the command can read it, however much it is")
}
