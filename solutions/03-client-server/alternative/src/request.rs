//! From a line to a request.

use crate::answer::Refusal;
use crate::options::count;

/// The most bytes of a line, its newline not counted.
pub const LINE_MAX: usize = 8192;
/// The most blocks of a BATCH.
pub const BATCH_MAX: usize = 1000;

/// What a client asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Request<'a> {
    /// These bytes back.
    Echo(&'a [u8]),
    /// A file.
    Get(&'a [u8]),
    /// A file as an open descriptor.
    GetFd(&'a [u8]),
    /// A file, so many times.
    Batch(usize, &'a [u8]),
    /// Who the client is.
    WhoAmI,
    /// How filed is.
    Stat,
    /// The end.
    Quit,
}

impl<'a> Request<'a> {
    /// Reads a line that has lost its newline (and its CR).
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(line: &'a [u8]) -> Result<Self, Refusal> {
        if line.is_empty() {
            return Err(Refusal::Empty);
        }
        let (name, argument) = split(line);
        let named = |make: fn(&'a [u8]) -> Self| match argument {
            Some(file) if !file.is_empty() => Ok(make(file)),
            _ => Err(Refusal::Usage),
        };
        let alone = |request| if argument.is_none() { Ok(request) } else { Err(Refusal::Usage) };
        match name {
            b"ECHO" => Ok(Self::Echo(argument.unwrap_or_default())),
            b"GET" => named(Self::Get),
            b"GETFD" => named(Self::GetFd),
            b"BATCH" => argument.and_then(batch).ok_or(Refusal::Usage),
            b"WHOAMI" => alone(Self::WhoAmI),
            b"STAT" => alone(Self::Stat),
            b"QUIT" => alone(Self::Quit),
            _ => Err(Refusal::Unknown),
        }
    }
}

/// What is before the first blank, and what is behind it.
fn split(bytes: &[u8]) -> (&[u8], Option<&[u8]>) {
    match bytes.iter().position(|&byte| byte == b' ') {
        Some(blank) => (&bytes[..blank], Some(&bytes[blank + 1..])),
        None => (bytes, None),
    }
}

fn batch(argument: &[u8]) -> Option<Request<'_>> {
    let (digits, name) = split(argument);
    let blocks = count(digits).filter(|&blocks| blocks <= BATCH_MAX)?;
    name.filter(|name| !name.is_empty()).map(|name| Request::Batch(blocks, name))
}
