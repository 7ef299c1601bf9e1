//! Marshalling: values become bytes, and bytes become values or are refused.

use std::fmt::Display;

/// A type that has a form on the wire, and one on a command line.
pub trait Wire: Sized {
    /// Its name in the text of a method.
    const NAME: &'static str;

    /// Appends the bytes of the value.
    fn put(&self, out: &mut Vec<u8>);

    /// Takes the value from the front of `input`; `None` if the bytes there are none.
    fn take(input: &mut &[u8]) -> Option<Self>;

    /// The value of a word of a command line; `None` if it is none, and for types that are no arguments.
    fn parse(word: &[u8]) -> Option<Self>;

    /// What rpcc prints.
    fn show(&self) -> Vec<u8>;
}

/// Bytes of any value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

/// Takes one value that has no bytes behind it.
pub fn whole<T: Wire>(mut input: &[u8]) -> Option<T> {
    todo!("M1: take the value; M2: and see that nothing is left over")
}

impl Wire for i64 {
    const NAME: &'static str = "i64";

    fn put(&self, out: &mut Vec<u8>) {
        todo!("M1: eight bytes, the lowest first")
    }

    fn take(input: &mut &[u8]) -> Option<Self> {
        todo!("M1: eight bytes, the lowest first; None if there are fewer")
    }

    fn parse(word: &[u8]) -> Option<Self> {
        number(word)
    }

    fn show(&self) -> Vec<u8> {
        line(self)
    }
}

// M2: the same for u16, u32, u64, Bytes, String and ()

fn number<T: std::str::FromStr>(word: &[u8]) -> Option<T> {
    // `+5` is a number for Rust, and none for the contract's "decimal".
    let text = std::str::from_utf8(word).ok().filter(|text| !text.starts_with('+'))?;
    text.parse().ok()
}

fn line(value: impl Display) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}
