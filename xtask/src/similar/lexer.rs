//! Pure: Rust source as tokens, whatever it is. Nothing panics and every byte is passed, so that also what does not
//! compile, or is no Rust at all, can be compared.
//!
//! A lexer of our own, because it may be as rough as winnowing allows: `proc-macro2` refuses a file with one bad
//! literal, and a parser is more than every student should compile. What is unterminated ends with the file, as rustc has
//! it; only a character ends with its line.

/// What a token is. Names and literals have lost their text: who renames a thing or changes a number changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An identifier that is no keyword; also `Self` and `r#type`.
    Name,
    /// `'a`.
    Lifetime,
    /// `1`, `0x1f_u8`, `2.5e-3`.
    Number,
    /// `"a"`, `r#"a"#`, `b"a"`, `c"a"`.
    Text,
    /// `'a'`, `b'a'`.
    Char,
    /// A keyword, as its place in [`KEYWORDS`].
    Keyword(u8),
    /// `::`.
    Path,
    /// `->`, `=>` and `..` by their first byte.
    Arrow(u8),
    /// Any other byte.
    Sign(u8),
}

/// A token and where it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its line, from 1.
    pub line: u32,
}

/// The words that are not names. `true` and `false` are literals, `Self` names a type.
pub const KEYWORDS: [&str; 33] = [
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "fn",
    "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self",
    "static", "struct", "super", "trait", "use", "where", "while",
];

/// The keyword's kind.
///
/// # Panics
/// When it is none: a mistake of the program.
#[must_use]
pub const fn keyword(word: &str) -> Kind {
    let mut place = 0;
    while place < KEYWORDS.len() {
        if is_equal(KEYWORDS[place].as_bytes(), word.as_bytes()) {
            // There are fewer than 256.
            return Kind::Keyword(place as u8);
        }
        place += 1;
    }
    panic!("no keyword")
}

const fn is_equal(left: &[u8], right: &[u8]) -> bool {
    let mut place = 0;
    while place < left.len() && place < right.len() && left[place] == right[place] {
        place += 1;
    }
    place == left.len() && place == right.len()
}

/// The tokens of a source, without comments and blanks.
#[must_use]
pub fn tokens(source: &[u8]) -> Vec<Token> {
    let mut lexer = Lexer { rest: source, line: 1 };
    let mut tokens = Vec::new();
    while let Some(&first) = lexer.rest.first() {
        let line = lexer.line;
        if let Some(kind) = lexer.step(first) {
            tokens.push(Token { kind, line });
        }
    }
    tokens
}

struct Lexer<'a> {
    rest: &'a [u8],
    line: u32,
}

impl Lexer<'_> {
    /// Passes a token, a comment or a blank; at least one byte.
    fn step(&mut self, first: u8) -> Option<Kind> {
        match (first, self.byte(1)) {
            (b'/', b'/') => self.skip(self.until(|byte| byte == b'\n')),
            (b'/', b'*') => self.block_comment(),
            (b'"', _) => return Some(self.text(1)),
            (b'\'', _) => return Some(self.quote()),
            (b'0'..=b'9', _) => return Some(self.number()),
            _ if is_word(first) => return Some(self.word()),
            _ if first.is_ascii_whitespace() || first == 0x0b => self.skip(1),
            _ => return Some(self.sign(first)),
        }
        None
    }

    /// The byte so many places on; behind the end a zero.
    fn byte(&self, place: usize) -> u8 {
        self.rest.get(place).copied().unwrap_or_default()
    }

    /// How many bytes stand before the first of a kind; all, if there is none.
    fn until(&self, is_end: impl Fn(u8) -> bool) -> usize {
        self.rest.iter().position(|byte| is_end(*byte)).unwrap_or(self.rest.len())
    }

    fn skip(&mut self, count: usize) {
        let (passed, rest) = self.rest.split_at(count.min(self.rest.len()));
        let lines = passed.iter().filter(|byte| **byte == b'\n').count();
        // Sources are some KiB.
        self.line = self.line.saturating_add(u32::try_from(lines).unwrap_or(u32::MAX));
        self.rest = rest;
    }

    fn block_comment(&mut self) {
        let (mut depth, mut place) = (1_usize, 2);
        while depth > 0 && place < self.rest.len() {
            place += match (self.byte(place), self.byte(place + 1)) {
                (b'/', b'*') => {
                    depth += 1;
                    2
                }
                (b'*', b'/') => {
                    depth -= 1;
                    2
                }
                _ => 1,
            };
        }
        self.skip(place);
    }

    /// A string with escapes whose first character is `place` bytes on.
    fn text(&mut self, mut place: usize) -> Kind {
        while place < self.rest.len() && self.byte(place) != b'"' {
            place += if self.byte(place) == b'\\' { 2 } else { 1 };
        }
        self.skip(place + 1);
        Kind::Text
    }

    /// A string without escapes; its `#`s begin `place` bytes on. Nothing, if this is none.
    fn raw_text(&mut self, place: usize) -> Option<Kind> {
        let hashes = self.rest.get(place..)?.iter().take_while(|byte| **byte == b'#').count();
        let start = place + hashes;
        if self.byte(start) != b'"' {
            return None;
        }
        let is_end = |place: &usize| {
            self.byte(*place) == b'"' && (1..=hashes).all(|hash| self.byte(place + hash) == b'#')
        };
        let end = (start + 1..self.rest.len()).find(is_end).unwrap_or(self.rest.len());
        self.skip(end + hashes + 1);
        Some(Kind::Text)
    }

    /// A character or a lifetime.
    fn quote(&mut self) -> Kind {
        let width = width(self.byte(1));
        if self.byte(1) == b'\\' || (self.byte(1) != b'\'' && self.byte(1 + width) == b'\'') {
            return self.character(1);
        }
        if is_word(self.byte(1)) {
            let word = self.rest[1..].iter().take_while(|byte| is_word(**byte)).count();
            self.skip(1 + word);
            return Kind::Lifetime;
        }
        self.skip(1);
        Kind::Sign(b'\'')
    }

    /// A character that begins `place` bytes on.
    fn character(&mut self, mut place: usize) -> Kind {
        // The first one may be anything, also a line break or a quote behind a backslash.
        place += if self.byte(place) == b'\\' { 2 } else { width(self.byte(place)) };
        while place < self.rest.len() && !matches!(self.byte(place), b'\'' | b'\n') {
            place += 1;
        }
        self.skip(if self.byte(place) == b'\'' { place + 1 } else { place });
        Kind::Char
    }

    fn number(&mut self) -> Kind {
        let is_hexadecimal = matches!(self.byte(1), b'x' | b'X');
        let mut place = 1;
        loop {
            let (before, byte, after) = (self.byte(place - 1), self.byte(place), self.byte(place + 1));
            let is_fraction = byte == b'.' && after.is_ascii_digit();
            let is_exponent = matches!(byte, b'+' | b'-')
                && matches!(before, b'e' | b'E')
                && !is_hexadecimal
                && after.is_ascii_digit();
            if !is_word(byte) && !is_fraction && !is_exponent {
                break;
            }
            place += 1;
        }
        self.skip(place);
        Kind::Number
    }

    /// A name, a keyword, or a literal with a prefix.
    fn word(&mut self) -> Kind {
        let length = self.until(|byte| !is_word(byte));
        let word = &self.rest[..length];
        let next = self.byte(length);
        let literal = match word {
            b"r" if next == b'#' && is_word(self.byte(length + 1)) => {
                let name = self.rest[length + 1..].iter().take_while(|byte| is_word(**byte)).count();
                self.skip(length + 1 + name);
                return Kind::Name;
            }
            b"r" | b"br" | b"cr" => self.raw_text(length),
            b"b" | b"c" if next == b'"' => Some(self.text(length + 1)),
            b"b" if next == b'\'' => Some(self.character(length + 1)),
            _ => None,
        };
        if let Some(kind) = literal {
            return kind;
        }
        let kind = match word {
            b"true" | b"false" => Kind::Number,
            word => match KEYWORDS.iter().position(|keyword| keyword.as_bytes() == word) {
                Some(place) => Kind::Keyword(u8::try_from(place).unwrap_or(u8::MAX)),
                None => Kind::Name,
            },
        };
        self.skip(length);
        kind
    }

    fn sign(&mut self, first: u8) -> Kind {
        let (kind, length) = match (first, self.byte(1)) {
            (b':', b':') => (Kind::Path, 2),
            (b'-' | b'=', b'>') => (Kind::Arrow(first), 2),
            (b'.', b'.') if self.byte(2) == b'=' => (Kind::Arrow(first), 3),
            (b'.', b'.') => (Kind::Arrow(first), 2),
            _ => (Kind::Sign(first), 1),
        };
        self.skip(length);
        kind
    }
}

/// Whether a byte can be a part of a word. Letters beyond ASCII are of words or of nothing that compiles.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// How many bytes the character has that begins with this byte.
fn width(byte: u8) -> usize {
    match byte {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xff => 4,
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
