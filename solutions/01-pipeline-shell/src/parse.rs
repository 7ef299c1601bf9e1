//! From text to tree: lists, pipelines, commands and redirections. Words are in `word`.
//!
//! The parser asks for another physical line only when the present one is not complete: a quote or
//! a `$(` is open, or `|`, `&&`, `||` or a backslash stands at the end. So it never takes a line
//! that a command was to read.

use crate::ast::{AndOr, Command, Condition, List, Pipeline, Redirection, Target, Word};
use crate::word::is_operator;
use nix::errno::Errno;

/// How deep `$(..)` and `<(..)` may nest. The parser and the shell call themselves once a level.
const MAX_DEPTH: usize = 100;

/// Why there is no tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ParseError {
    /// The text is not a command line; the reason is for the user.
    Syntax(String),
    /// The input cannot be read.
    Read(Errno),
}

/// What the steps of the parser return.
pub type Parsed<T> = Result<T, ParseError>;

/// Appends the next physical line to its argument; `false` at the end of the input.
pub type NextLine<'a> = dyn FnMut(&mut Vec<u8>) -> nix::Result<bool> + 'a;

/// Reads and parses one logical line; `None` at the end of the input.
///
/// # Errors
/// [`ParseError::Syntax`] if the line is wrong, [`ParseError::Read`] if it cannot be read.
pub fn parse_line(next_line: &mut NextLine<'_>) -> Parsed<Option<List>> {
    let mut parser = Parser { next_line, text: Vec::new(), at: 0, word_end: 0, depth: 0 };
    match parser.peek()? {
        Some(_) => parser.list().map(Some),
        None => Ok(None),
    }
}

/// The logical line read so far, and the place in it.
pub(crate) struct Parser<'a> {
    next_line: &'a mut NextLine<'a>,
    text: Vec<u8>,
    pub(crate) at: usize,
    /// Where the last word or redirection ended.
    word_end: usize,
    depth: usize,
}

impl Parser<'_> {
    /// The byte at this place, which may be the first of a further line; `None` at the end of the input.
    pub(crate) fn peek_raw(&mut self) -> Parsed<Option<u8>> {
        if self.at == self.text.len()
            && (self.next_line)(&mut self.text).map_err(ParseError::Read)?
            && self.text[self.at..].contains(&0)
        {
            return syntax("NUL byte in the input");
        }
        Ok(self.text.get(self.at).copied())
    }

    /// Like [`Parser::peek_raw`], but removes any backslash-newline that stands here.
    pub(crate) fn peek(&mut self) -> Parsed<Option<u8>> {
        while &self.text[self.at..] == b"\\\n" {
            self.text.truncate(self.at);
            self.peek_raw()?;
        }
        self.peek_raw()
    }

    /// Steps over `token` if it stands here.
    pub(crate) fn eat(&mut self, token: &[u8]) -> Parsed<bool> {
        let start = self.at;
        for &byte in token {
            if self.peek()? != Some(byte) {
                self.at = start;
                return Ok(false);
            }
            self.at += 1;
        }
        Ok(true)
    }

    /// Steps over blanks and a comment, up to but not over a newline.
    fn skip_blanks(&mut self) -> Parsed<()> {
        while let Some(b' ' | b'\t') = self.peek()? {
            self.at += 1;
        }
        if self.peek()? == Some(b'#') {
            while self.peek_raw()?.is_some_and(|byte| byte != b'\n') {
                self.at += 1;
            }
        }
        Ok(())
    }

    /// Steps over blanks, comments and newlines: what may follow `|`, `&&` and `||`.
    fn skip_lines(&mut self) -> Parsed<()> {
        self.skip_blanks()?;
        while self.peek()? == Some(b'\n') {
            self.at += 1;
            self.skip_blanks()?;
        }
        Ok(())
    }

    /// The list after `$(` or `<(`, with its `)`.
    pub(crate) fn nested_list(&mut self) -> Parsed<List> {
        if self.depth == MAX_DEPTH {
            return syntax("$( nested too deeply");
        }
        self.depth += 1;
        let list = self.list();
        self.depth -= 1;
        list
    }

    /// Up to the end of the line, or, inside `$(..)`, over any newline up to the `)`.
    fn list(&mut self) -> Parsed<List> {
        let is_nested = self.depth > 0;
        let mut list = List::default();
        loop {
            self.skip_blanks()?;
            match self.peek()? {
                None if is_nested => return syntax("unclosed ("),
                None => return Ok(list),
                Some(b'\n') => self.at += 1,
                Some(b')') if is_nested => self.at += 1,
                Some(_) => {
                    list.items.push(self.and_or()?);
                    continue;
                }
            }
            if !is_nested || self.text[self.at - 1] == b')' {
                return Ok(list);
            }
        }
    }

    /// An and-or list with the `;` or `&` that ends it.
    fn and_or(&mut self) -> Parsed<AndOr> {
        let start = self.at;
        let first = self.pipeline()?;
        let mut rest = Vec::new();
        while let Some(condition) = self.condition()? {
            self.skip_lines()?;
            rest.push((condition, self.pipeline()?));
        }
        let text = self.text[start..self.word_end].to_vec();
        let background = self.eat(b"&")?;
        if !background && !self.eat(b";")? && self.depth == 0 && self.peek()? == Some(b')') {
            return syntax("unexpected )");
        }
        Ok(AndOr { first, rest, background, text })
    }

    fn condition(&mut self) -> Parsed<Option<Condition>> {
        self.skip_blanks()?;
        if self.eat(b"&&")? {
            return Ok(Some(Condition::Success));
        }
        Ok(self.eat(b"||")?.then_some(Condition::Failure))
    }

    fn pipeline(&mut self) -> Parsed<Pipeline> {
        let mut commands = vec![self.command()?];
        while self.eats_bar()? {
            self.skip_lines()?;
            commands.push(self.command()?);
        }
        Ok(Pipeline { commands })
    }

    /// Steps over a `|` that is not the first half of `||`.
    fn eats_bar(&mut self) -> Parsed<bool> {
        self.skip_blanks()?;
        let start = self.at;
        if self.eat(b"||")? {
            self.at = start;
            return Ok(false);
        }
        self.eat(b"|")
    }

    fn command(&mut self) -> Parsed<Command> {
        let mut command = Command::default();
        loop {
            self.skip_blanks()?;
            if self.eat(b"<(")? {
                command.words.push(Word::List(self.nested_list()?));
            } else if let Some(digit) = self.descriptor()? {
                command.redirections.push(self.redirection(digit)?);
            } else if self.peek()?.is_some_and(|byte| !is_operator(byte)) {
                command.words.push(self.word()?);
            } else {
                break;
            }
            self.word_end = self.at;
        }
        match self.peek()? {
            Some(b'(') => syntax("unexpected ("),
            _ if command != Command::default() => Ok(command),
            Some(b'\n') | None => syntax("missing command at the end"),
            Some(byte) => syntax(&format!("missing command before {}", char::from(byte))),
        }
    }

    /// Looks for the start of a redirection: steps over its digit and returns it. `Some(None)` is a
    /// redirection without one.
    fn descriptor(&mut self) -> Parsed<Option<Option<u8>>> {
        let start = self.at;
        let digit = self.peek()?.filter(u8::is_ascii_digit);
        self.at += usize::from(digit.is_some());
        if matches!(self.peek()?, Some(b'<' | b'>')) && !(digit.is_some() && self.stands_list()?) {
            return Ok(Some(digit.map(|digit| digit - b'0')));
        }
        self.at = start;
        Ok(None)
    }

    /// Tells whether `<(` stands here, which is a word and not a redirection.
    fn stands_list(&mut self) -> Parsed<bool> {
        let start = self.at;
        let stands = self.eat(b"<(")?;
        self.at = start;
        Ok(stands)
    }

    fn redirection(&mut self, digit: Option<u8>) -> Parsed<Redirection> {
        let (standard, target) = if self.eat(b"<<<")? {
            (0, Target::Here(self.target("<<<")?))
        } else if self.eat(b"<&")? {
            (0, self.duplicate("<&")?)
        } else if self.eat(b">&")? {
            (1, self.duplicate(">&")?)
        } else if self.eat(b">>")? {
            (1, Target::Append(self.target(">>")?))
        } else if self.eat(b"<")? {
            (0, Target::Read(self.target("<")?))
        } else {
            self.at += 1;
            (1, Target::Write(self.target(">")?))
        };
        Ok(Redirection { descriptor: digit.unwrap_or(standard), target })
    }

    /// The word after a redirection operator.
    fn target(&mut self, operator: &str) -> Parsed<Word> {
        self.skip_blanks()?;
        if self.eat(b"<(")? {
            return self.nested_list().map(Word::List);
        }
        match self.peek()? {
            Some(byte) if !is_operator(byte) => self.word(),
            _ => syntax(&format!("missing file name after {operator}")),
        }
    }

    /// The digit after `>&` or `<&`.
    fn duplicate(&mut self, operator: &str) -> Parsed<Target> {
        self.skip_blanks()?;
        let start = self.at;
        let digit = self.peek()?.filter(u8::is_ascii_digit);
        self.at += usize::from(digit.is_some());
        match (digit, self.peek()?) {
            (Some(digit), next) if next.is_none_or(is_operator) => Ok(Target::Duplicate(digit - b'0')),
            _ => {
                self.at = start;
                syntax(&format!("missing descriptor after {operator}"))
            }
        }
    }
}

/// A syntax error with this reason.
pub(crate) fn syntax<T>(reason: &str) -> Parsed<T> {
    Err(ParseError::Syntax(reason.to_owned()))
}

#[cfg(test)]
mod tests;
