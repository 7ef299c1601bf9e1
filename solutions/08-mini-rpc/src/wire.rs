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
    // BEGIN SOLUTION
    let value = T::take(&mut input)?;
    input.is_empty().then_some(value)
    // END SOLUTION
    // STUB: todo!("M1: take the value; M2: and see that nothing is left over")
}

impl Wire for i64 {
    const NAME: &'static str = "i64";

    fn put(&self, out: &mut Vec<u8>) {
        // BEGIN SOLUTION
        out.extend(self.to_le_bytes());
        // END SOLUTION
        // STUB: todo!("M1: eight bytes, the lowest first")
    }

    fn take(input: &mut &[u8]) -> Option<Self> {
        // BEGIN SOLUTION
        array(input).map(Self::from_le_bytes)
        // END SOLUTION
        // STUB: todo!("M1: eight bytes, the lowest first; None if there are fewer")
    }

    fn parse(word: &[u8]) -> Option<Self> {
        number(word)
    }

    fn show(&self) -> Vec<u8> {
        line(self)
    }
}

// BEGIN SOLUTION
/// The first bytes of `input`, which has fewer then.
pub(crate) fn array<const N: usize>(input: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = input.split_first_chunk()?;
    *input = rest;
    Some(*first)
}

macro_rules! unsigned {
    ($($type:ident),*) => { $(
        impl Wire for $type {
            const NAME: &'static str = stringify!($type);

            fn put(&self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }

            fn take(input: &mut &[u8]) -> Option<Self> {
                array(input).map(Self::from_le_bytes)
            }

            fn parse(word: &[u8]) -> Option<Self> {
                number(word)
            }

            fn show(&self) -> Vec<u8> {
                line(self)
            }
        }
    )* };
}

unsigned!(u16, u32, u64);

impl Wire for Bytes {
    const NAME: &'static str = "bytes";

    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(&self.0, out);
    }

    fn take(input: &mut &[u8]) -> Option<Self> {
        let length = u32::take(input)?;
        // The length is a claim of the other side: the bytes must be there before anybody makes room for them.
        let (bytes, rest) = input.split_at_checked(usize::try_from(length).ok()?)?;
        *input = rest;
        Some(Self(bytes.to_vec()))
    }

    fn parse(word: &[u8]) -> Option<Self> {
        Some(Self(word.to_vec()))
    }

    fn show(&self) -> Vec<u8> {
        self.0.clone()
    }
}

impl Wire for String {
    const NAME: &'static str = "string";

    fn put(&self, out: &mut Vec<u8>) {
        put_bytes(self.as_bytes(), out);
    }

    fn take(input: &mut &[u8]) -> Option<Self> {
        Self::from_utf8(Bytes::take(input)?.0).ok()
    }

    fn parse(word: &[u8]) -> Option<Self> {
        Self::from_utf8(word.to_vec()).ok()
    }

    fn show(&self) -> Vec<u8> {
        line(self)
    }
}

impl Wire for () {
    const NAME: &'static str = "()";

    fn put(&self, _out: &mut Vec<u8>) {}

    fn take(_input: &mut &[u8]) -> Option<Self> {
        Some(())
    }

    fn parse(_word: &[u8]) -> Option<Self> {
        None
    }

    fn show(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// A length and the bytes, without a copy of them first.
fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    // Longer ones do not fit into a frame, which its length will tell.
    u32::try_from(bytes.len()).unwrap_or(u32::MAX).put(out);
    out.extend(bytes);
}
// END SOLUTION
// STUB: // M2: the same for u16, u32, u64, Bytes, String and ()

fn number<T: std::str::FromStr>(word: &[u8]) -> Option<T> {
    // `+5` is a number for Rust, and none for the contract's "decimal".
    let text = std::str::from_utf8(word).ok().filter(|text| !text.starts_with('+'))?;
    text.parse().ok()
}

fn line(value: impl Display) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}
