//! The first line of an answer.

/// The most bytes of a body that goes into one datagram or packet.
pub const MESSAGE_BODY_MAX: usize = 65536;

/// Why a request is not answered by `OK`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The line is empty.
    Empty,
    /// There is no such request.
    Unknown,
    /// Its arguments are wrong.
    Usage,
    /// Not over this kind of socket.
    NotPossibleHere,
    /// The name leads out of the root.
    Forbidden,
    /// Nothing that can be read is there.
    NotFound,
    /// The line, or the body of a message, is too long.
    TooLong,
    /// There are too many clients.
    Busy,
    /// Somebody sent ABORT.
    Aborted,
    /// filed lacks something.
    Failed,
}

impl Refusal {
    /// The code and the text, without `ERR` and without a newline.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Empty => "400 empty",
            Self::Unknown => "400 unknown",
            Self::Usage => "400 usage",
            Self::NotPossibleHere => "400 not possible here",
            Self::Forbidden => "403 forbidden",
            Self::NotFound => "404 not found",
            Self::TooLong => "413 too long",
            Self::Busy => "503 busy",
            Self::Aborted => "503 aborted",
            Self::Failed => "503 failed",
        }
    }

    /// The whole answer.
    #[must_use]
    pub fn line(self) -> String {
        format!("ERR {}\n", self.text())
    }
}

/// The line before a body of `size` bytes.
#[must_use]
pub fn ok_line(size: u64) -> String {
    format!("OK {size}\n")
}

/// An answer that is complete: its line and its body.
#[must_use]
pub fn ok(body: &[u8]) -> Vec<u8> {
    [ok_line(body.len() as u64).as_bytes(), body].concat()
}
