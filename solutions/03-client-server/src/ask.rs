//! The client: one request, one answer. See `connect(2)`, `recv(2)`.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};

use nix::errno::Errno;
use nix::sys::socket::{SockFlag, SockType, connect, socket};

use crate::address::Address;
use crate::answer::Refusal;
use crate::failure::reason;
use crate::options::ClientOptions;
use crate::pass::{receive_with, send_with};
use crate::request::Request;

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

/// Asks, and prints the body of the answer; false if the answer was `ERR`, which is told on standard error.
///
/// # Errors
/// See [`AskError`].
pub fn run(options: &ClientOptions, stdout: impl Write) -> Result<bool, AskError> {
    // BEGIN SOLUTION
    let socket = connected(&options.address).map_err(AskError::NoConnection)?;
    // A server that is busy may have closed already; what it said can still be read.
    let _ = send_all(&socket, &[&options.request, &b"\n"[..]].concat());
    let mut answer = Answer { socket, stdout, read: Vec::new(), descriptor: None, is_over: false };
    match Request::parse(&options.request) {
        Ok(Request::Quit) => answer.end().map(|()| true),
        Ok(Request::Batch(blocks, _)) => {
            let mut all_ok = true;
            for _ in 0..blocks {
                all_ok &= answer.block()?;
                if answer.is_over {
                    break;
                }
            }
            Ok(all_ok)
        }
        Ok(Request::GetFd(_)) => Ok(answer.block()? && answer.passed_file().map(|()| true)?),
        _ => answer.block(),
    }
    // END SOLUTION
    // STUB: todo!("M1: connect, send the request and LF, read the answer, print its body")
}
// BEGIN SOLUTION

fn connected(address: &Address) -> nix::Result<OwnedFd> {
    let name = address.to_kernel()?;
    let socket = socket(address.family(), SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    connect(socket.as_raw_fd(), &*name)?;
    Ok(socket)
}

fn send_all(socket: &OwnedFd, mut bytes: &[u8]) -> nix::Result<()> {
    while !bytes.is_empty() {
        let n = send_with(socket, bytes, None)?;
        bytes = &bytes[n..];
    }
    Ok(())
}

/// An answer as it comes.
struct Answer<W> {
    socket: OwnedFd,
    stdout: W,
    /// What has come and is not yet used.
    read: Vec<u8>,
    descriptor: Option<OwnedFd>,
    /// The server has closed: no block follows.
    is_over: bool,
}

/// The first line of a block is never longer.
const LINE_MAX: usize = 8192;

impl<W: Write> Answer<W> {
    /// Prints the body of a block, or tells its error.
    fn block(&mut self) -> Result<bool, AskError> {
        let line = self.line()?;
        if let Some(size) = line.strip_prefix("OK ") {
            let digits = size.bytes().all(|byte| byte.is_ascii_digit());
            let size = size.parse::<i64>().ok().filter(|_| digits);
            return self
                .body(size.ok_or(AskError::BadAnswer("no size after OK"))?.cast_unsigned())
                .map(|()| true);
        }
        match line.strip_prefix("ERR ").map(|error| (error, error.as_bytes())) {
            Some((error, [a, b, c, b' ', _, ..])) if [a, b, c].iter().all(|byte| byte.is_ascii_digit()) => {
                self.is_over = [Refusal::Busy, Refusal::TooLong].iter().any(|last| last.text() == error);
                crate::complain(&format!("filec: ERR {error}"));
                Ok(false)
            }
            Some(_) => Err(AskError::BadAnswer("no code and text after ERR")),
            None => Err(AskError::BadAnswer("neither OK nor ERR")),
        }
    }

    fn line(&mut self) -> Result<String, AskError> {
        let end = loop {
            match self.read.iter().position(|&byte| byte == b'\n') {
                Some(end) => break end,
                None if self.read.len() > LINE_MAX => return Err(AskError::BadAnswer("its line has no end")),
                None if self.receive()? => {}
                None => return Err(AskError::BadAnswer("it ends in its first line")),
            }
        };
        let line: Vec<u8> = self.read.drain(..=end).take(end).collect();
        String::from_utf8(line).map_err(|_| AskError::BadAnswer("its line is not text"))
    }

    fn body(&mut self, size: u64) -> Result<(), AskError> {
        let mut left = size;
        loop {
            let here = self.read.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            self.stdout.write_all(&self.read[..here]).map_err(AskError::Stdout)?;
            self.read.drain(..here);
            left -= here as u64;
            if left == 0 {
                return self.stdout.flush().map_err(AskError::Stdout);
            }
            if !self.receive()? {
                return Err(AskError::BadAnswer("it ends in its body"));
            }
        }
    }

    /// Prints the file that came as a descriptor.
    fn passed_file(&mut self) -> Result<(), AskError> {
        let file = self.descriptor.take().ok_or(AskError::BadAnswer("no descriptor came with it"))?;
        let mut file = File::from(file);
        let mut buffer = [0; 16 << 10];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => return self.stdout.flush().map_err(AskError::Stdout),
                Ok(n) => self.stdout.write_all(&buffer[..n]).map_err(AskError::Stdout)?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(AskError::BadAnswer("the descriptor cannot be read")),
            }
        }
    }

    /// Waits until the server has closed.
    fn end(&mut self) -> Result<(), AskError> {
        while self.receive()? {}
        if self.read.is_empty() { Ok(()) } else { Err(AskError::BadAnswer("QUIT has none")) }
    }

    /// Takes what has come; false at the end, however the connection came to it.
    fn receive(&mut self) -> Result<bool, AskError> {
        let mut buffer = [0; 16 << 10];
        match receive_with(&self.socket, &mut buffer) {
            Ok((n, descriptor)) => {
                self.read.extend_from_slice(&buffer[..n]);
                self.descriptor = descriptor.or(self.descriptor.take());
                Ok(n > 0)
            }
            Err(_) => Ok(false),
        }
    }
}
// END SOLUTION

/// Says what went wrong, and gives the status for it.
#[must_use]
pub fn status_of(error: &AskError, address: &Address) -> u8 {
    let (text, status) = match error {
        AskError::NoConnection(errno) => (format!("{address}: {}", reason(*errno)), 3),
        AskError::BadAnswer(what) => (format!("bad answer: {what}"), 4),
        AskError::Stdout(error) => {
            let errno = Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO));
            (format!("stdout: {}", reason(errno)), 1)
        }
    };
    crate::complain(&format!("filec: {text}"));
    status
}
