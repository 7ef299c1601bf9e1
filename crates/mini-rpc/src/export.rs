//! What a server exports: methods with numbers, and one door through which they are called.

use crate::pack::TooLong;
use crate::unpack::{BadBytes, Unpacker};
use std::fmt;

/// A method as a client may learn of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Method {
    /// What stands in a call. Numbers are never used again for something else.
    pub number: u8,
    /// Its name for people, with its arguments and its result.
    pub signature: &'static str,
}

/// The method that every server has: the list of the others.
pub const LIST: Method = Method { number: 0, signature: "list() -> text..." };

/// The status of a return that is not 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The server has no such method.
    NoSuchMethod = 1,
    /// The arguments cannot be unpacked.
    BadArguments = 2,
    /// The procedure itself says no.
    Refused = 3,
    /// The frame has a version that the server does not know.
    Version = 4,
}

impl Code {
    /// The code with this number.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        [Self::NoSuchMethod, Self::BadArguments, Self::Refused, Self::Version]
            .into_iter()
            .find(|code| *code as u8 == number)
    }
}

/// An answer that is no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub code: Code,
    /// For people.
    pub text: String,
}

impl Refusal {
    /// The procedure says no.
    #[must_use]
    pub fn because(text: impl Into<String>) -> Self {
        Self { code: Code::Refused, text: text.into() }
    }

    /// A method that is not there.
    #[must_use]
    pub fn no_method(number: u8) -> Self {
        Self { code: Code::NoSuchMethod, text: format!("no method {number} here") }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.code, self.text)
    }
}

impl std::error::Error for Refusal {}

impl From<BadBytes> for Refusal {
    fn from(bad: BadBytes) -> Self {
        Self { code: Code::BadArguments, text: bad.to_string() }
    }
}

impl From<TooLong> for Refusal {
    fn from(long: TooLong) -> Self {
        Self::because(long.to_string())
    }
}

/// The server's half of an interface.
pub trait Export {
    /// Its methods.
    fn methods(&self) -> &'static [Method];

    /// Unpacks the arguments, calls the procedure, packs its result.
    ///
    /// # Errors
    /// What goes back to the client instead of a result.
    fn perform(&mut self, method: u8, arguments: Unpacker<'_>) -> Result<Vec<u8>, Refusal>;
}
