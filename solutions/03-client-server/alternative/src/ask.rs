//! The client: one request, one answer. See `connect(2)`, `recvmsg(2)`.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixStream};

use ipc_kit::write_all;
use nix::errno::Errno;

use crate::address::Address;
use crate::answer::Refusal;
use crate::failure::{errno_of, reason};
use crate::options::ClientOptions;
use crate::pass::receive_with;
use crate::request::Request;

/// The most bytes of the first line of an answer.
const LINE_MAX: usize = 8192;
const CHUNK: usize = 16 << 10;

/// Why there is no body, or not all of it.
#[derive(Debug)]
pub enum AskError {
    /// Nobody is there. Status 3.
    NoConnection(Errno),
    /// What came is not an answer, or not the whole one. Status 4.
    BadAnswer(&'static str),
    /// The body has no way out. Status 1.
    Stdout(io::Error),
}

/// The first line of a block.
enum First {
    Ok(u64),
    Err(String),
}

/// Asks, and prints the body of the answer; false if the answer was `ERR`, which is told on standard error.
///
/// # Errors
/// See [`AskError`].
pub fn run(options: &ClientOptions, mut stdout: impl Write) -> Result<bool, AskError> {
    let socket = connect(&options.address).map_err(|error| AskError::NoConnection(errno_of(&error)))?;
    let line = [options.request.as_slice(), b"\n"].concat();
    // If the server has closed already, its answer may be there all the same.
    let _ = write_all(&socket, &line);
    let mut reply = Reply { socket, bytes: Vec::new(), descriptor: None };
    let request = options.request.strip_suffix(b"\r").unwrap_or(&options.request);
    match Request::parse(request) {
        Ok(Request::Quit) => reply.quit(),
        Ok(Request::Batch(blocks, _)) => reply.blocks(blocks, &mut stdout),
        Ok(Request::GetFd(_)) => reply.file(&mut stdout),
        _ => reply.blocks(1, &mut stdout),
    }
}

fn connect(address: &Address) -> io::Result<OwnedFd> {
    Ok(match address {
        Address::Unix(path) => UnixStream::connect(path)?.into(),
        Address::Abstract(name) => {
            UnixStream::connect_addr(&SocketAddr::from_abstract_name(name.as_bytes())?)?.into()
        }
        Address::Tcp(address) => TcpStream::connect(address)?.into(),
    })
}

/// What comes from the server.
struct Reply {
    socket: OwnedFd,
    /// Has come and is not yet dealt with.
    bytes: Vec<u8>,
    descriptor: Option<OwnedFd>,
}

impl Reply {
    /// The connection is closed, and nothing was said about it.
    fn quit(&mut self) -> Result<bool, AskError> {
        match self.receive() {
            Ok(0) | Err(Errno::ECONNRESET) => Ok(true),
            _ => match self.first()? {
                First::Ok(_) => Err(AskError::BadAnswer("no answer was due")),
                First::Err(text) => Ok(told(&text)),
            },
        }
    }

    fn blocks(&mut self, blocks: usize, stdout: &mut impl Write) -> Result<bool, AskError> {
        let mut is_ok = true;
        for _ in 0..blocks {
            match self.first()? {
                First::Ok(size) => self.body(size, stdout)?,
                First::Err(text) => {
                    is_ok = told(&text);
                    if is_last(&text) {
                        break;
                    }
                }
            }
        }
        Ok(is_ok)
    }

    fn file(&mut self, stdout: &mut impl Write) -> Result<bool, AskError> {
        match self.first()? {
            First::Ok(size) => self.body(size, stdout)?,
            First::Err(text) => return Ok(told(&text)),
        }
        let descriptor = self.descriptor.take().ok_or(AskError::BadAnswer("no descriptor came with it"))?;
        let mut file = File::from(descriptor);
        let mut buffer = [0; CHUNK];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return Ok(true),
                Ok(n) => print(stdout, &buffer[..n])?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(AskError::BadAnswer("the descriptor that came cannot be read")),
            }
        }
    }

    fn first(&mut self) -> Result<First, AskError> {
        loop {
            let seen = &self.bytes[..self.bytes.len().min(LINE_MAX + 1)];
            if let Some(end) = seen.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = self.bytes.drain(..=end).collect();
                return parse(&line[..end]);
            }
            if seen.len() > LINE_MAX {
                return Err(AskError::BadAnswer("its line is too long"));
            }
            self.receive_more()?;
        }
    }

    /// Prints the body as it comes.
    fn body(&mut self, mut size: u64, stdout: &mut impl Write) -> Result<(), AskError> {
        while size > 0 {
            if self.bytes.is_empty() {
                self.receive_more()?;
            }
            let part = usize::try_from(size).map_or(self.bytes.len(), |size| size.min(self.bytes.len()));
            print(stdout, &self.bytes[..part])?;
            self.bytes.drain(..part);
            size -= part as u64;
        }
        Ok(())
    }

    fn receive_more(&mut self) -> Result<(), AskError> {
        match self.receive() {
            Ok(n) if n > 0 => Ok(()),
            _ => Err(AskError::BadAnswer("it ends too early")),
        }
    }

    fn receive(&mut self) -> nix::Result<usize> {
        let mut buffer = [0; CHUNK];
        let (n, descriptor) = receive_with(&self.socket, &mut buffer)?;
        self.bytes.extend_from_slice(&buffer[..n]);
        self.descriptor = descriptor.or(self.descriptor.take());
        Ok(n)
    }
}

/// Tells an error, which is what false means.
fn told(text: &str) -> bool {
    crate::complain(&format!("filec: ERR {text}"));
    false
}

/// After these, the server closes the connection.
fn is_last(text: &str) -> bool {
    [Refusal::Busy, Refusal::TooLong].iter().any(|refusal| refusal.text() == text)
}

fn print(stdout: &mut impl Write, bytes: &[u8]) -> Result<(), AskError> {
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(AskError::Stdout)
}

fn parse(line: &[u8]) -> Result<First, AskError> {
    if let Some(number) = line.strip_prefix(b"OK ") {
        return size(number).map(First::Ok).ok_or(AskError::BadAnswer("its size is no number"));
    }
    let text = line.strip_prefix(b"ERR ").ok_or(AskError::BadAnswer("it is neither OK nor ERR"))?;
    match text {
        [a, b, c, b' ', _, ..] if [a, b, c].iter().all(|digit| digit.is_ascii_digit()) => {
            Ok(First::Err(String::from_utf8_lossy(text).into_owned()))
        }
        _ => Err(AskError::BadAnswer("its error has no code or no text")),
    }
}

fn size(digits: &[u8]) -> Option<u64> {
    let is_number = digits.iter().all(u8::is_ascii_digit);
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (is_number && number <= i64::MAX as u64).then_some(number)
}

/// Says what went wrong, and gives the status for it.
#[must_use]
pub fn status_of(error: &AskError, address: &Address) -> u8 {
    let (text, status) = match error {
        AskError::NoConnection(errno) => (format!("{address}: {}", reason(*errno)), 3),
        AskError::BadAnswer(what) => (format!("bad answer: {what}"), 4),
        AskError::Stdout(error) => (format!("stdout: {}", reason(errno_of(error))), 1),
    };
    crate::complain(&format!("filec: {text}"));
    status
}
