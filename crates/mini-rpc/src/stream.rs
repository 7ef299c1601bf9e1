//! Frames on a stream. A stream keeps no boundaries: one read may give half a frame or three. The receiver reads the
//! header, which has a fixed size; the header says how much follows.

use crate::frame::{BadFrame, HEADER, body_length};
use std::io::{ErrorKind, Read, Write};
use std::{fmt, io};

/// Why no frame came.
#[derive(Debug)]
pub enum NoFrame {
    /// The stream ended between two frames: that is how a conversation ends.
    End,
    /// The stream ended inside a frame.
    Torn {
        /// Bytes of it that came.
        got: usize,
        /// Bytes that it should have had, as far as that is known.
        wanted: usize,
    },
    /// Nobody can say where the next frame begins.
    Bad(BadFrame),
    /// The stream itself failed.
    Io(io::Error),
}

impl fmt::Display for NoFrame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::End => write!(f, "the stream has ended"),
            Self::Torn { got, wanted } => write!(f, "the stream ended after {got} of {wanted} bytes"),
            Self::Bad(bad) => write!(f, "{bad}"),
            Self::Io(error) => write!(f, "receive a frame: {error}"),
        }
    }
}

impl std::error::Error for NoFrame {}

/// Receives the bytes of one frame; waits for them. The limit is checked before the body is waited for.
///
/// # Errors
/// [`NoFrame`]
///
/// See also: `recv(2)`, which may give fewer bytes than were asked for
pub fn receive(mut from: impl Read) -> Result<Vec<u8>, NoFrame> {
    let mut frame = vec![0; HEADER];
    let got = fill(&mut from, &mut frame).map_err(NoFrame::Io)?;
    match got {
        0 => return Err(NoFrame::End),
        HEADER => {}
        _ => return Err(NoFrame::Torn { got, wanted: HEADER }),
    }
    let wanted = HEADER + body_length(&frame).map_err(NoFrame::Bad)?;
    frame.resize(wanted, 0);
    let got = HEADER + fill(&mut from, &mut frame[HEADER..]).map_err(NoFrame::Io)?;
    if got == wanted { Ok(frame) } else { Err(NoFrame::Torn { got, wanted }) }
}

/// Reads until the buffer is full or the stream ends: how many bytes came.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match from.read(&mut buffer[got..]) {
            Ok(0) => break,
            Ok(count) => got += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

/// Sends one frame, in one write if the stream takes it.
///
/// # Errors
/// As `write(2)`.
pub fn send(mut to: impl Write, frame: &[u8]) -> io::Result<()> {
    to.write_all(frame)?;
    to.flush()
}
