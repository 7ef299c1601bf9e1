//! What the parser builds: a list of and-or lists of pipelines of commands of parts.

use std::rc::Rc;

/// Commands separated by `;`, `&` or newlines.
pub(crate) type List = Vec<AndOr>;

/// Pipelines joined by `&&` and `||`, which have equal rank.
#[derive(Debug)]
pub(crate) struct AndOr {
    /// Each pipeline with the operator before it.
    pub(crate) pipelines: Vec<(Link, Pipeline)>,
    /// The source text, for `jobs`.
    pub(crate) text: Vec<u8>,
    /// Ended by `&`.
    pub(crate) background: bool,
}

/// When a pipeline of an and-or list runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// It is the first one.
    Always,
    /// It follows `&&`.
    IfGood,
    /// It follows `||`.
    IfBad,
}

/// Commands joined by `|`.
pub(crate) type Pipeline = Vec<Command>;

/// Words and redirections.
#[derive(Debug, Default)]
pub(crate) struct Command {
    /// The words, in order.
    pub(crate) words: Vec<Word>,
    /// The redirections, in order.
    pub(crate) redirections: Vec<Redirection>,
}

/// Descriptor `fd` is to become something else.
#[derive(Debug)]
pub(crate) struct Redirection {
    /// The descriptor that changes.
    pub(crate) fd: i32,
    /// What it becomes.
    pub(crate) target: Target,
}

/// Where a redirection leads.
#[derive(Debug)]
pub(crate) enum Target {
    /// `<`, `>` or `>>` and the name of a file.
    File(Mode, Word),
    /// `>&m` or `<&m`.
    Copy(i32),
    /// `<<<`.
    Text(Word),
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
}

/// Adjacent pieces.
pub(crate) type Word = Vec<Piece>;

/// A part of a word.
#[derive(Debug)]
pub(crate) enum Piece {
    /// Text as it is: quoted or not makes no difference any more.
    Text(Vec<u8>),
    /// `$?`; true: inside double quotes.
    Status(bool),
    /// `$!`; true: inside double quotes.
    LastPid(bool),
    /// `$(LIST)`; true: inside double quotes.
    Output(Rc<List>, bool),
    /// `<(LIST)`
    Feed(Rc<List>),
}

impl Command {
    /// All pieces of all words, those of redirections last.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &Piece> {
        let targets = self.redirections.iter().filter_map(|r| match &r.target {
            Target::File(_, word) | Target::Text(word) => Some(word),
            Target::Copy(_) => None,
        });
        self.words.iter().chain(targets).flatten()
    }

    /// Whether words cannot be known before a `$(LIST)` has ended.
    pub(crate) fn must_wait_for_words(&self) -> bool {
        self.pieces().any(|piece| matches!(piece, Piece::Output(..)))
    }
}
