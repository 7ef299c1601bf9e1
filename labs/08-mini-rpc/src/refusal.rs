//! The errors that travel in frames: their numbers and their texts. Complete; nothing to do here.

use std::borrow::Cow;
use std::fmt;

use nix::errno::Errno;

use crate::failure::reason;

/// Why there is no result. As text: `error CODE TEXT`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The number in the frame.
    pub code: u16,
    /// The text in the frame.
    pub text: Cow<'static, str>,
}

impl Refusal {
    /// 1: there is no method of this number.
    pub const UNKNOWN_METHOD: Self = Self::new(1, "unknown method");
    /// 2: the bytes are not what they should be.
    pub const BAD_ARGUMENTS: Self = Self::new(2, "bad arguments");
    /// 4: a body, or what would become one.
    pub const TOO_LARGE: Self = Self::new(4, "too large");
    /// 5: rpcc gave up waiting.
    pub const DEADLINE: Self = Self::new(5, "deadline");
    /// 6: the client wanted it.
    pub const CANCELLED: Self = Self::new(6, "cancelled");
    /// 7: executed or not, nobody knows.
    pub const OUTCOME_UNKNOWN: Self = Self::new(7, "outcome unknown");
    /// 8: rpcd ends.
    pub const SHUTTING_DOWN: Self = Self::new(8, "shutting down");
    /// 9: not for this caller, or outside of the root.
    pub const NOT_PERMITTED: Self = Self::new(9, "not permitted");
    /// 10: a frame of another version.
    pub const VERSION: Self = Self::new(10, "highest version 1");

    const fn new(code: u16, text: &'static str) -> Self {
        Self { code, text: Cow::Borrowed(text) }
    }

    /// 3: the method itself failed.
    #[must_use]
    pub const fn failed(text: &'static str) -> Self {
        Self::new(3, text)
    }

    /// 3, with the system's text.
    #[must_use]
    pub fn by_the_system(errno: Errno) -> Self {
        Self { code: 3, text: Cow::Owned(reason(errno)) }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error {} {}", self.code, self.text)
    }
}
