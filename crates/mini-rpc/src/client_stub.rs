//! The client's stub: **pack, send, wait, unpack**. Here are send and wait, which are the same for all methods; packing
//! and unpacking belong to each interface (`thermometer.rs`, `files.rs`, `objects.rs`).

use crate::export::{Code, LIST, Refusal};
use crate::frame::{Kind, Message};
use crate::pack::TooLong;
use crate::stream;
use crate::unpack::{BadBytes, Unpacker};
use std::fmt;
use std::io::{Read, Write};

/// Why a call gave no result. A local call knows only the second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallError {
    /// It was not sent as a whole: surely it was not executed.
    NotSent(String),
    /// The server answered, and the answer is no.
    Refused(Refusal),
    /// It was sent, and no answer came: **executed or not, nobody here knows**.
    Unknown(String),
    /// An answer came that cannot be unpacked.
    BadAnswer(String),
}

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSent(why) => write!(f, "not sent: {why}"),
            Self::Refused(refusal) => write!(f, "{refusal}"),
            Self::Unknown(why) => write!(f, "outcome unknown: {why}"),
            Self::BadAnswer(why) => write!(f, "bad answer: {why}"),
        }
    }
}

impl std::error::Error for CallError {}

impl From<TooLong> for CallError {
    fn from(long: TooLong) -> Self {
        Self::NotSent(long.to_string())
    }
}

impl From<BadBytes> for CallError {
    fn from(bad: BadBytes) -> Self {
        Self::BadAnswer(bad.to_string())
    }
}

/// One end of a stream whose other end is a server.
#[derive(Debug)]
pub struct ClientStub<S> {
    stream: S,
    client: u16,
    last: u16,
    /// Answers that came too late for their calls.
    pub late: usize,
}

impl<S: Read + Write> ClientStub<S> {
    /// A client with this number.
    pub fn new(stream: S, client: u16) -> Self {
        Self { stream, client, last: 0, late: 0 }
    }

    /// Sends a call and waits for its return.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn call(&mut self, method: u8, arguments: &[u8]) -> Result<Vec<u8>, CallError> {
        let number = self.send(method, arguments)?;
        self.wait_for(number)
    }

    /// Sends a call; gives its number.
    ///
    /// # Errors
    /// When it is too long, or the stream does not take all of it. A part may have gone, but a server never executes
    /// a torn frame: so this is certain.
    pub fn send(&mut self, method: u8, arguments: &[u8]) -> Result<u16, CallError> {
        let number = self.last.wrapping_add(1);
        let call = Message::call(self.client, number, [&[method], arguments].concat());
        let frame = call.to_frame().map_err(|bad| CallError::NotSent(bad.to_string()))?;
        self.last = number;
        stream::send(&mut self.stream, &frame).map_err(|error| CallError::NotSent(error.to_string()))?;
        Ok(number)
    }

    /// Waits for the return of that call. Returns of other calls are late, and thrown away.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn wait_for(&mut self, number: u16) -> Result<Vec<u8>, CallError> {
        loop {
            let frame = stream::receive(&mut self.stream);
            let frame = frame.map_err(|error| CallError::Unknown(error.to_string()))?;
            let message =
                Message::from_frame(&frame).map_err(|error| CallError::Unknown(error.to_string()))?;
            if (message.kind, message.client, message.number) == (Kind::Return, self.client, number) {
                return unpack_outcome(&message.body);
            }
            self.late += 1;
        }
    }

    /// What the server can do: number and signature of each method.
    ///
    /// # Errors
    /// [`CallError`]
    pub fn methods(&mut self) -> Result<Vec<(u8, String)>, CallError> {
        let packed = self.call(LIST.number, &[])?;
        let mut packed = Unpacker::new(&packed);
        let mut methods = Vec::new();
        while packed.finish().is_err() {
            methods.push((packed.u8()?, packed.text()?.to_owned()));
        }
        Ok(methods)
    }
}

/// The result in the body of a return.
///
/// # Errors
/// When the server refused, or the body makes no sense.
pub fn unpack_outcome(body: &[u8]) -> Result<Vec<u8>, CallError> {
    match body.split_first() {
        Some((0, result)) => Ok(result.to_vec()),
        Some((status, text)) => {
            let code = Code::from_number(*status);
            let code = code.ok_or_else(|| CallError::BadAnswer(format!("status {status}")))?;
            let text = String::from_utf8_lossy(text).into_owned();
            Err(CallError::Refused(Refusal { code, text }))
        }
        None => Err(CallError::BadAnswer("an empty body".to_owned())),
    }
}
