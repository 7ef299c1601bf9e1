//! Words: quotes, backslashes, `$?`, `$!` and `$(..)`.

use crate::ast::{Piece, Value, Word};
use crate::parse::{Parsed, Parser, syntax};

/// Tells whether an unquoted `byte` ends a word.
pub(crate) fn is_operator(byte: u8) -> bool {
    b" \t\n;&|<>()".contains(&byte)
}

impl Parser<'_> {
    /// The word that starts here.
    pub(crate) fn word(&mut self) -> Parsed<Word> {
        let mut pieces = Pieces::default();
        while let Some(byte) = self.peek()?.filter(|&byte| !is_operator(byte)) {
            self.at += 1;
            match byte {
                b'\'' => self.single_quoted(&mut pieces)?,
                b'"' => self.double_quoted(&mut pieces)?,
                b'\\' => {
                    // At the very end of the input a backslash has nothing to quote and stays.
                    let quoted = self.peek_raw()?;
                    self.at += usize::from(quoted.is_some());
                    pieces.push(quoted.unwrap_or(b'\\'));
                }
                b'$' => self.dollar(&mut pieces, false)?,
                b'`' => return syntax("backquotes are not part of psh"),
                _ => pieces.push(byte),
            }
        }
        Ok(Word::Pieces(pieces.0))
    }

    fn single_quoted(&mut self, pieces: &mut Pieces) -> Parsed<()> {
        pieces.text();
        loop {
            let byte = self.peek_raw()?;
            self.at += usize::from(byte.is_some());
            match byte {
                None => return syntax("unclosed '"),
                Some(b'\'') => return Ok(()),
                Some(byte) => pieces.push(byte),
            }
        }
    }

    fn double_quoted(&mut self, pieces: &mut Pieces) -> Parsed<()> {
        pieces.text();
        loop {
            let byte = self.peek()?;
            self.at += usize::from(byte.is_some());
            match byte {
                None => return syntax("unclosed \""),
                Some(b'"') => return Ok(()),
                Some(b'\\') => match self.peek_raw()? {
                    Some(byte @ (b'\\' | b'"' | b'$')) => {
                        self.at += 1;
                        pieces.push(byte);
                    }
                    _ => pieces.push(b'\\'),
                },
                Some(b'$') => self.dollar(pieces, true)?,
                Some(b'`') => return syntax("backquotes are not part of psh"),
                Some(byte) => pieces.push(byte),
            }
        }
    }

    /// What follows a `$`.
    fn dollar(&mut self, pieces: &mut Pieces, quoted: bool) -> Parsed<()> {
        let value = match self.peek()? {
            Some(b'?') => Value::Status,
            Some(b'!') => Value::Background,
            Some(b'(') => {
                self.at += 1;
                pieces.result(Value::Output(self.nested_list()?), quoted);
                return Ok(());
            }
            Some(byte) if byte.is_ascii_alphanumeric() || b"_{@*#$-".contains(&byte) => {
                return syntax("variables are not part of psh");
            }
            _ => {
                pieces.push(b'$');
                return Ok(());
            }
        };
        self.at += 1;
        pieces.result(value, quoted);
        Ok(())
    }
}

/// The pieces of the word so far.
#[derive(Default)]
struct Pieces(Vec<Piece>);

impl Pieces {
    /// The text at the end, made if need be: even empty quotes make a word.
    fn text(&mut self) -> &mut Vec<u8> {
        if !matches!(self.0.last(), Some(Piece::Text(_))) {
            self.0.push(Piece::Text(Vec::new()));
        }
        match self.0.last_mut() {
            Some(Piece::Text(text)) => text,
            _ => unreachable!("a text was pushed just now"),
        }
    }

    fn push(&mut self, byte: u8) {
        self.text().push(byte);
    }

    fn result(&mut self, value: Value, quoted: bool) {
        self.0.push(Piece::Result { value, quoted });
    }
}
