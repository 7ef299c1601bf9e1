//! The part of the parser below a command: words, quotes, substitutions, redirections.

use std::rc::Rc;

use crate::parse::{Parsed, Parser, Stop};
use crate::tree::{Command, Mode, Piece, Redirection, Target, Word};

const NO_FILE: Stop = Stop::Syntax("missing file name after a redirection");

impl Parser<'_> {
    /// What begins with `<` or `>`, perhaps after one digit.
    pub(crate) fn redirection_or_feed(&mut self, digit: Option<u8>, command: &mut Command) -> Parsed<()> {
        let reads = self.eat(b'<')?;
        if reads && self.peek()? == Some(b'(') {
            command.words.extend(digit.map(|digit| vec![Piece::Text(vec![digit])]));
            let word = self.feed()?;
            command.words.push(word);
            return Ok(());
        }
        let target = if reads { self.after_less()? } else { self.after_greater()? };
        let default = if reads { 0 } else { 1 };
        let fd = digit.map_or(default, |digit| i32::from(digit - b'0'));
        command.redirections.push(Redirection { fd, target });
        Ok(())
    }

    fn after_less(&mut self) -> Parsed<Target> {
        if self.eat(b'&')? {
            return self.copied_descriptor();
        }
        if !self.eat(b'<')? {
            return Ok(Target::File(Mode::Read, self.target()?));
        }
        if self.peek()? == Some(b'(') {
            return Ok(Target::File(Mode::Read, self.feed()?));
        }
        if self.eat(b'<')? { Ok(Target::Text(self.target()?)) } else { Err(NO_FILE) }
    }

    fn after_greater(&mut self) -> Parsed<Target> {
        self.bump();
        if self.eat(b'&')? {
            return self.copied_descriptor();
        }
        let mode = if self.eat(b'>')? { Mode::Append } else { Mode::Write };
        Ok(Target::File(mode, self.target()?))
    }

    fn copied_descriptor(&mut self) -> Parsed<Target> {
        self.blanks(false)?;
        let word = match self.peek()? {
            Some(byte) if !ends_word(byte) => self.word(Vec::new())?,
            _ => return Err(NO_FILE),
        };
        match word.as_slice() {
            [Piece::Text(text)] if text.len() == 1 && text[0].is_ascii_digit() => {
                Ok(Target::Copy(i32::from(text[0] - b'0')))
            }
            _ => Err(Stop::Syntax("a descriptor is one digit")),
        }
    }

    /// The file name or text of a redirection.
    fn target(&mut self) -> Parsed<Word> {
        self.blanks(false)?;
        match self.peek()? {
            Some(b'<') => {
                self.bump();
                if self.peek()? == Some(b'(') { self.feed() } else { Err(NO_FILE) }
            }
            Some(byte) if !ends_word(byte) => self.word(Vec::new()),
            _ => Err(NO_FILE),
        }
    }

    /// The rest of `<(LIST)`, whose `<` is taken.
    fn feed(&mut self) -> Parsed<Word> {
        self.bump();
        Ok(vec![Piece::Feed(Rc::new(self.inner_list()?))])
    }

    /// A word, whose first pieces may be known already.
    pub(crate) fn word(&mut self, mut word: Word) -> Parsed<Word> {
        while let Some(byte) = self.peek()? {
            match byte {
                b'(' => return Err(Stop::Syntax("unquoted parenthesis")),
                byte if ends_word(byte) => break,
                b'\'' => self.single_quotes(&mut word)?,
                b'"' => self.double_quotes(&mut word)?,
                b'$' => self.dollar(&mut word, false)?,
                b'`' => return Err(Stop::Syntax("backquote: write $(..)")),
                b'\\' => {
                    self.bump();
                    // A backslash at the very end has nothing to quote and is itself.
                    text(&mut word).push(self.raw()?.unwrap_or(b'\\'));
                    self.bump();
                }
                byte => {
                    text(&mut word).push(byte);
                    self.bump();
                }
            }
        }
        Ok(word)
    }

    fn single_quotes(&mut self, word: &mut Word) -> Parsed<()> {
        self.bump();
        let text = text(word);
        loop {
            let byte = self.raw()?.ok_or(Stop::Syntax("unclosed '"))?;
            self.bump();
            if byte == b'\'' {
                return Ok(());
            }
            text.push(byte);
        }
    }

    fn double_quotes(&mut self, word: &mut Word) -> Parsed<()> {
        self.bump();
        text(word);
        loop {
            match self.peek()?.ok_or(Stop::Syntax("unclosed \""))? {
                b'$' => {
                    self.dollar(word, true)?;
                    continue;
                }
                b'`' => return Err(Stop::Syntax("backquote: write $(..)")),
                b'"' => {
                    self.bump();
                    return Ok(());
                }
                b'\\' => {
                    self.bump();
                    match self.raw()?.ok_or(Stop::Syntax("unclosed \""))? {
                        byte @ (b'\\' | b'"' | b'$') => text(word).push(byte),
                        _ => {
                            text(word).push(b'\\');
                            continue;
                        }
                    }
                }
                byte => text(word).push(byte),
            }
            self.bump();
        }
    }

    fn dollar(&mut self, word: &mut Word, quoted: bool) -> Parsed<()> {
        self.bump();
        match self.peek()? {
            Some(b'(') => {
                self.bump();
                word.push(Piece::Output(Rc::new(self.inner_list()?), quoted));
            }
            Some(b'?') => {
                self.bump();
                word.push(Piece::Status(quoted));
            }
            Some(b'!') => {
                self.bump();
                word.push(Piece::LastPid(quoted));
            }
            Some(byte) if byte.is_ascii_alphanumeric() || b"_{@*#$-".contains(&byte) => {
                return Err(Stop::Syntax("variables are not part of psh"));
            }
            _ => text(word).push(b'$'),
        }
        Ok(())
    }
}

/// Whether an unquoted byte cannot be inside a word.
fn ends_word(byte: u8) -> bool {
    b" \t\n;&|<>()".contains(&byte)
}

/// The text at the end of a word, begun if necessary.
fn text(word: &mut Word) -> &mut Vec<u8> {
    if !matches!(word.last(), Some(Piece::Text(_))) {
        word.push(Piece::Text(Vec::new()));
    }
    match word.last_mut() {
        Some(Piece::Text(text)) => text,
        _ => unreachable!("a text was just pushed"),
    }
}
