//! What a line means: the tree that [`crate::parse`] builds and [`mod@crate::run`] walks.
//!
//! ```text
//! list := andor ((; | & | newline) andor)*     andor := pipeline ((&& | ||) pipeline)*
//! pipeline := command (| command)*             command := (word | redirection)+
//! ```

/// Commands in the order in which they start: a whole line, or the inside of `$(..)` or `<(..)`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct List {
    /// The and-or lists; empty for a blank line.
    pub items: Vec<AndOr>,
}

/// Pipelines joined by `&&` and `||`, with what ends them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AndOr {
    /// The pipeline that always runs.
    pub first: Pipeline,
    /// The others, each with the condition under which it runs.
    pub rest: Vec<(Condition, Pipeline)>,
    /// Whether `&` ends it.
    pub background: bool,
    /// Its source text, as `jobs` shows it.
    pub text: Vec<u8>,
}

/// When the pipeline after `&&` or `||` runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// `&&`: the status so far is 0.
    Success,
    /// `||`: the status so far is not 0.
    Failure,
}

/// Commands joined by `|`; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    /// The stages, from left to right.
    pub commands: Vec<Command>,
}

/// One stage before its words are expanded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// The command's name and arguments.
    pub words: Vec<Word>,
    /// The redirections, in the order in which they apply.
    pub redirections: Vec<Redirection>,
}

/// A word before expansion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    /// Text and results, joined.
    Pieces(Vec<Piece>),
    /// `<(LIST)`: becomes the name of a pipe from which the list's output can be read.
    List(List),
}

/// A part of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Plain text, its quotes removed. It is never split, and even when empty it makes a word.
    Text(Vec<u8>),
    /// Something known only when the command runs.
    Result {
        /// What to put here.
        value: Value,
        /// Whether it stands in `"..."`, and so stays in one piece.
        quoted: bool,
    },
}

/// What a [`Piece::Result`] stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `$?`: the status of the last command.
    Status,
    /// `$!`: the process id of the last background pipeline's last process.
    Background,
    /// `$(LIST)`: what the list prints.
    Output(List),
}

/// `[n]OP TARGET`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirection {
    /// The descriptor that changes, 0 to 9.
    pub descriptor: u8,
    /// What it becomes.
    pub target: Target,
}

/// The right-hand side of a redirection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// `<FILE`
    Read(Word),
    /// `>FILE`
    Write(Word),
    /// `>>FILE`
    Append(Word),
    /// `>&m` and `<&m`, which do the same.
    Duplicate(u8),
    /// `<<<WORD`
    Here(Word),
}

impl AndOr {
    /// The pipeline, if there is only one.
    pub fn only_pipeline(&self) -> Option<&Pipeline> {
        self.rest.is_empty().then_some(&self.first)
    }
}

impl Pipeline {
    /// Tells whether a `$(..)` stands anywhere in its own words (inside a `<(..)` does not count).
    pub fn substitutes(&self) -> bool {
        self.commands.iter().flat_map(Command::all_words).any(Word::substitutes)
    }
}

impl Command {
    fn all_words(&self) -> impl Iterator<Item = &Word> {
        let targets = self.redirections.iter().filter_map(|redirection| match &redirection.target {
            Target::Read(word) | Target::Write(word) | Target::Append(word) | Target::Here(word) => {
                Some(word)
            }
            Target::Duplicate(_) => None,
        });
        self.words.iter().chain(targets)
    }
}

impl Word {
    fn substitutes(&self) -> bool {
        match self {
            Word::Pieces(pieces) => {
                pieces.iter().any(|piece| matches!(piece, Piece::Result { value: Value::Output(_), .. }))
            }
            Word::List(_) => false,
        }
    }
}
