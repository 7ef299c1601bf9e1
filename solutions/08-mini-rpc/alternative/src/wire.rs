//! Marshalling by description: a [`Type`] says how a [`Value`] becomes bytes, and bytes become values or are refused.
//!
//! Types are data here, read from the text of a method (`interface.rs`). So no method has code of its own for it.

/// A type of the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// Two bytes.
    U16,
    /// Four bytes.
    U32,
    /// Eight bytes.
    U64,
    /// Eight bytes in two's complement.
    I64,
    /// A length and so many bytes.
    Bytes,
    /// The same, in UTF-8.
    Text,
    /// One after the other; `()` is the empty one.
    Tuple(Vec<Type>),
    /// A number and so many.
    List(Box<Type>),
}

/// A value of one of these types.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// See [`Type::U16`].
    U16(u16),
    /// See [`Type::U32`].
    U32(u32),
    /// See [`Type::U64`].
    U64(u64),
    /// See [`Type::I64`].
    I64(i64),
    /// See [`Type::Bytes`].
    Bytes(Vec<u8>),
    /// See [`Type::Text`].
    Text(String),
    /// See [`Type::Tuple`].
    Tuple(Vec<Value>),
    /// See [`Type::List`].
    List(Vec<Value>),
}

/// Values that have no bytes behind them; `None` if the bytes are something else.
#[must_use]
pub fn whole(types: &[Type], mut input: &[u8]) -> Option<Vec<Value>> {
    let values = types.iter().map(|kind| kind.take(&mut input)).collect::<Option<_>>()?;
    input.is_empty().then_some(values)
}

/// The bytes of values, without gaps.
#[must_use]
pub fn bytes_of(values: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    values.iter().for_each(|value| value.put(&mut out));
    out
}

/// Takes `N` bytes from the front.
pub fn chunk<const N: usize>(input: &mut &[u8]) -> Option<[u8; N]> {
    let (front, rest) = input.split_first_chunk()?;
    *input = rest;
    Some(*front)
}

/// Takes a length, and so many bytes.
pub fn counted<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_le_bytes(chunk(input)?);
    let (front, rest) = input.split_at_checked(usize::try_from(length).ok()?)?;
    *input = rest;
    Some(front)
}

impl Type {
    fn take(&self, input: &mut &[u8]) -> Option<Value> {
        Some(match self {
            Self::U16 => Value::U16(u16::from_le_bytes(chunk(input)?)),
            Self::U32 => Value::U32(u32::from_le_bytes(chunk(input)?)),
            Self::U64 => Value::U64(u64::from_le_bytes(chunk(input)?)),
            Self::I64 => Value::I64(i64::from_le_bytes(chunk(input)?)),
            Self::Bytes => Value::Bytes(counted(input)?.to_vec()),
            Self::Text => Value::Text(std::str::from_utf8(counted(input)?).ok()?.to_owned()),
            Self::Tuple(parts) => {
                Value::Tuple(parts.iter().map(|part| part.take(input)).collect::<Option<_>>()?)
            }
            Self::List(item) => {
                let number = u32::from_le_bytes(chunk(input)?);
                // Every item of the contract has bytes: a number that lies ends at the end of the input.
                Value::List((0..number).map(|_| item.take(input)).collect::<Option<_>>()?)
            }
        })
    }

    /// The value of a word of a command line; `None` if it is none, and for types that are no arguments.
    #[must_use]
    pub fn parse(&self, word: &[u8]) -> Option<Value> {
        Some(match self {
            Self::U16 => Value::U16(number(word)?),
            Self::U32 => Value::U32(number(word)?),
            Self::U64 => Value::U64(number(word)?),
            Self::I64 => Value::I64(number(word)?),
            Self::Bytes => Value::Bytes(word.to_vec()),
            Self::Text => Value::Text(std::str::from_utf8(word).ok()?.to_owned()),
            Self::Tuple(_) | Self::List(_) => return None,
        })
    }
}

impl Value {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::U16(number) => out.extend(number.to_le_bytes()),
            Self::U32(number) => out.extend(number.to_le_bytes()),
            Self::U64(number) => out.extend(number.to_le_bytes()),
            Self::I64(number) => out.extend(number.to_le_bytes()),
            Self::Bytes(bytes) => put_counted(bytes, out),
            Self::Text(text) => put_counted(text.as_bytes(), out),
            Self::Tuple(parts) => parts.iter().for_each(|part| part.put(out)),
            Self::List(items) => {
                out.extend(size(items.len()).to_le_bytes());
                items.iter().for_each(|item| item.put(out));
            }
        }
    }

    /// The value as rpcc prints it inside of a line.
    #[must_use]
    pub fn text(&self) -> Vec<u8> {
        match self {
            Self::U16(number) => number.to_string().into_bytes(),
            Self::U32(number) => number.to_string().into_bytes(),
            Self::U64(number) => number.to_string().into_bytes(),
            Self::I64(number) => number.to_string().into_bytes(),
            Self::Bytes(bytes) => bytes.clone(),
            Self::Text(text) => text.clone().into_bytes(),
            Self::Tuple(parts) => parts.iter().map(Self::text).collect::<Vec<_>>().join(&b' '),
            Self::List(items) => items.iter().map(Self::text).collect::<Vec<_>>().join(&b'\n'),
        }
    }
}

/// Appends a length, and the bytes.
pub fn put_counted(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend(size(bytes.len()).to_le_bytes());
    out.extend(bytes);
}

/// What is longer than a u32 can say is longer than a body, too, and never sent.
fn size(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn number<T: std::str::FromStr>(word: &[u8]) -> Option<T> {
    // `+5` is a number for Rust, and none for the contract's "decimal".
    let text = std::str::from_utf8(word).ok().filter(|text| !text.starts_with('+'))?;
    text.parse().ok()
}
