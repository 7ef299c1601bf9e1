//! From words to arguments: `$?`, `$!`, `$(..)`, and splitting.
//!
//! All words of a pipeline are expanded before any of its stages starts. So while psh waits for a
//! `$(..)`, no stage can end, be reaped, and take the process group with it.

use crate::ast::{Command, List, Piece, Target, Value, Word};
use crate::builtins::Builtin;
use crate::failure::Failure;
use crate::shell::Shell;
use nix::fcntl::OFlag;
use std::os::fd::RawFd;

/// A command whose words are known, but for the names of its `<(..)` pipes.
#[derive(Debug)]
pub struct Expanded<'a> {
    /// The command's name and arguments; may be empty.
    pub words: Vec<Argument<'a>>,
    /// What to do to which descriptor.
    pub redirections: Vec<(RawFd, Source<'a>)>,
    /// The status if no words are left: that of the last `$(..)`, or 0.
    pub status: u8,
}

impl Expanded<'_> {
    /// Tells whether it needs a process of its own: neither a builtin nor redirections alone.
    pub fn is_program(&self) -> bool {
        match self.words.first() {
            None => false,
            Some(Argument::Text(name)) => Builtin::named(name).is_none(),
            Some(Argument::List(_)) => true,
        }
    }
}

/// One argument.
#[derive(Debug)]
pub enum Argument<'a> {
    /// Its bytes.
    Text(Vec<u8>),
    /// The name of a pipe with this list's output; it is made when the stage starts.
    List(&'a List),
}

/// What a descriptor is to become.
#[derive(Debug)]
pub enum Source<'a> {
    /// A file, opened with these flags.
    File(Argument<'a>, OFlag),
    /// The same as another descriptor.
    Duplicate(RawFd),
    /// A file that holds this text and a newline.
    Here(Argument<'a>),
}

impl Shell {
    /// Expands the words of a command, first those of its arguments, then those of its redirections.
    ///
    /// # Errors
    /// If a `$(..)` cannot be started.
    pub fn expand<'a>(&mut self, command: &'a Command) -> Result<Expanded<'a>, Failure> {
        let mut status = 0;
        let mut words = Vec::new();
        for word in &command.words {
            match word {
                Word::List(list) => words.push(Argument::List(list)),
                Word::Pieces(pieces) => {
                    words.extend(self.fields(pieces, true, &mut status)?.into_iter().map(Argument::Text));
                }
            }
        }
        let mut redirections = Vec::new();
        for redirection in &command.redirections {
            let source = self.source(&redirection.target, &mut status)?;
            redirections.push((redirection.descriptor.into(), source));
        }
        Ok(Expanded { words, redirections, status })
    }

    fn source<'a>(&mut self, target: &'a Target, status: &mut u8) -> Result<Source<'a>, Failure> {
        let create = OFlag::O_WRONLY | OFlag::O_CREAT;
        Ok(match target {
            Target::Read(word) => Source::File(self.whole(word, status)?, OFlag::O_RDONLY),
            Target::Write(word) => Source::File(self.whole(word, status)?, create | OFlag::O_TRUNC),
            Target::Append(word) => Source::File(self.whole(word, status)?, create | OFlag::O_APPEND),
            Target::Duplicate(descriptor) => Source::Duplicate((*descriptor).into()),
            Target::Here(word) => Source::Here(self.whole(word, status)?),
        })
    }

    /// Expands a word that is not split.
    fn whole<'a>(&mut self, word: &'a Word, status: &mut u8) -> Result<Argument<'a>, Failure> {
        Ok(match word {
            Word::List(list) => Argument::List(list),
            Word::Pieces(pieces) => Argument::Text(self.fields(pieces, false, status)?.concat()),
        })
    }

    /// The fields a word becomes: none, one or many.
    fn fields(&mut self, pieces: &[Piece], split: bool, status: &mut u8) -> Result<Vec<Vec<u8>>, Failure> {
        let mut fields = Fields::default();
        for piece in pieces {
            match piece {
                Piece::Text(text) => fields.append(text),
                Piece::Result { value, quoted } => {
                    let result = self.value(value, status)?;
                    if *quoted || !split { fields.append(&result) } else { fields.append_split(&result) }
                }
            }
        }
        Ok(fields.finish())
    }

    fn value(&mut self, value: &Value, status: &mut u8) -> Result<Vec<u8>, Failure> {
        Ok(match value {
            Value::Status => self.status.to_string().into_bytes(),
            Value::Background => {
                self.last_background.map_or_else(Vec::new, |pid| pid.to_string().into_bytes())
            }
            Value::Output(list) => {
                let (output, ended_with) = self.substitute(list)?;
                *status = ended_with;
                output
            }
        })
    }
}

/// The fields of a word so far.
#[derive(Default)]
struct Fields {
    done: Vec<Vec<u8>>,
    /// The field that the next piece continues.
    open: Option<Vec<u8>>,
}

impl Fields {
    fn append(&mut self, text: &[u8]) {
        self.open.get_or_insert_default().extend_from_slice(text);
    }

    /// Appends text in which blanks, tabs and newlines end a field.
    fn append_split(&mut self, text: &[u8]) {
        for (index, part) in text.split(|byte| b" \t\n".contains(byte)).enumerate() {
            if index > 0 {
                self.done.extend(self.open.take());
            }
            if !part.is_empty() {
                self.append(part);
            }
        }
    }

    fn finish(mut self) -> Vec<Vec<u8>> {
        self.done.extend(self.open);
        self.done
    }
}
