//! Pulls bytes one at a time and builds the tree of one logical line, without a token in between.
//!
//! One byte of look-ahead is enough for the grammar (two after a backslash), so the parser never takes a byte beyond
//! the newline that ends the line: what follows belongs to the commands of the line.

use nix::errno::Errno;

use crate::tree::{AndOr, Command, Link, List, Piece};

/// How deep `$(..)` may nest; the stack is finite.
const DEEPEST: usize = 200;

/// Why there is no tree.
pub(crate) enum Stop {
    /// The text is wrong.
    Syntax(&'static str),
    /// The text cannot be read.
    Unreadable(Errno),
}

pub(crate) type Parsed<T> = Result<T, Stop>;

/// Where the bytes come from; `None` at the end.
pub(crate) type Next<'a> = dyn FnMut() -> Result<Option<u8>, Errno> + 'a;

/// Recursive descent over bytes.
pub(crate) struct Parser<'a> {
    next: &'a mut Next<'a>,
    /// Bytes seen, but not taken yet: at most two.
    ahead: Vec<u8>,
    /// The source text taken so far.
    pub(crate) taken: Vec<u8>,
    depth: usize,
    ended: bool,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(next: &'a mut Next<'a>) -> Self {
        Self { next, ahead: Vec::new(), taken: Vec::new(), depth: 0, ended: false }
    }

    /// One logical line, and whether the input ended with it.
    pub(crate) fn line(&mut self) -> Parsed<(List, bool)> {
        let list = self.list()?;
        Ok((list, self.ended))
    }

    /// Drops the rest of a line that is wrong.
    pub(crate) fn skip_line(&mut self) -> Parsed<()> {
        while !matches!(self.raw()?, None | Some(b'\n')) {
            self.ahead.remove(0);
        }
        self.ahead.clear();
        Ok(())
    }

    /// Sees byte `at` of the input, with nothing removed.
    fn fill(&mut self, at: usize) -> Parsed<Option<u8>> {
        while self.ahead.len() <= at && !self.ended {
            match (self.next)().map_err(Stop::Unreadable)? {
                Some(0) => return Err(Stop::Syntax("NUL byte")),
                Some(byte) => self.ahead.push(byte),
                None => self.ended = true,
            }
        }
        Ok(self.ahead.get(at).copied())
    }

    /// Sees the next byte where a backslash is only a backslash.
    pub(crate) fn raw(&mut self) -> Parsed<Option<u8>> {
        self.fill(0)
    }

    /// Sees the next byte; backslash-newline is removed.
    pub(crate) fn peek(&mut self) -> Parsed<Option<u8>> {
        while self.fill(0)? == Some(b'\\') && self.fill(1)? == Some(b'\n') {
            self.ahead.clear();
        }
        self.fill(0)
    }

    /// Takes the byte last seen.
    pub(crate) fn bump(&mut self) {
        if !self.ahead.is_empty() {
            self.taken.push(self.ahead.remove(0));
        }
    }

    /// Takes the next byte if it is `wanted`.
    pub(crate) fn eat(&mut self, wanted: u8) -> Parsed<bool> {
        let found = self.peek()? == Some(wanted);
        if found {
            self.bump();
        }
        Ok(found)
    }

    /// Skips blanks and a comment; also newlines if asked to.
    pub(crate) fn blanks(&mut self, newlines: bool) -> Parsed<()> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t') => self.bump(),
                Some(b'\n') if newlines => self.bump(),
                Some(b'#') => {
                    while !matches!(self.raw()?, None | Some(b'\n')) {
                        self.bump();
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    /// The list inside `$(` or `<(`, whose opening is taken.
    pub(crate) fn inner_list(&mut self) -> Parsed<List> {
        if self.depth == DEEPEST {
            return Err(Stop::Syntax("nested too deeply"));
        }
        self.depth += 1;
        let list = self.list()?;
        self.depth -= 1;
        Ok(list)
    }

    fn list(&mut self) -> Parsed<List> {
        let inner = self.depth > 0;
        let mut list = List::new();
        loop {
            self.blanks(inner)?;
            match self.peek()? {
                None if inner => return Err(Stop::Syntax("unclosed (")),
                None => return Ok(list),
                Some(b'\n') => {
                    self.bump();
                    return Ok(list);
                }
                Some(b')') if inner => {
                    self.bump();
                    return Ok(list);
                }
                Some(_) => list.push(self.and_or()?),
            }
            match self.peek()? {
                Some(b';') if !list.last().is_some_and(|item| item.background) => self.bump(),
                Some(b'(' | b')') if !inner => return Err(Stop::Syntax("unquoted parenthesis")),
                _ => {}
            }
        }
    }

    fn and_or(&mut self) -> Parsed<AndOr> {
        let start = self.taken.len();
        let mut item = AndOr { pipelines: Vec::new(), text: Vec::new(), background: false };
        let (mut link, mut stages) = (Link::Always, Vec::new());
        loop {
            stages.push(self.command()?);
            let end = self.taken.len();
            let mut next = None;
            if self.eat(b'|')? {
                next = self.eat(b'|')?.then_some(Link::IfBad);
                self.blanks(true)?;
                if next.is_none() {
                    continue;
                }
            } else if self.eat(b'&')? {
                next = self.eat(b'&')?.then_some(Link::IfGood);
                item.background = next.is_none();
            }
            item.pipelines.push((link, std::mem::take(&mut stages)));
            let Some(next) = next else {
                item.text = self.taken[start..end].trim_ascii().to_vec();
                return Ok(item);
            };
            link = next;
            self.blanks(true)?;
        }
    }

    fn command(&mut self) -> Parsed<Command> {
        let mut command = Command::default();
        loop {
            self.blanks(false)?;
            match self.peek()? {
                None | Some(b'\n' | b';' | b'&' | b'|' | b')') => break,
                Some(b'(') => return Err(Stop::Syntax("unquoted parenthesis")),
                Some(b'<' | b'>') => self.redirection_or_feed(None, &mut command)?,
                Some(digit) if digit.is_ascii_digit() => {
                    self.bump();
                    if matches!(self.peek()?, Some(b'<' | b'>')) {
                        self.redirection_or_feed(Some(digit), &mut command)?;
                    } else {
                        let word = self.word(vec![Piece::Text(vec![digit])])?;
                        command.words.push(word);
                    }
                }
                Some(_) => {
                    let word = self.word(Vec::new())?;
                    command.words.push(word);
                }
            }
        }
        if command.words.is_empty() && command.redirections.is_empty() {
            return Err(Stop::Syntax("missing command"));
        }
        Ok(command)
    }
}
