//! A small client for the demonstrations: it sends what it is told and reads one answer at a time.

use anyhow::{Context, Result};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

/// One connection to a server.
#[derive(Debug)]
pub struct Client(BufReader<TcpStream>);

/// What came back.
#[derive(Debug)]
pub struct Answer {
    /// The number of the status line.
    pub status: u16,
    /// The process that answered.
    pub by: Pid,
    /// Status line and fields, each without its end.
    pub head: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// Connects. This succeeds as soon as the server *listens*; nobody need have accepted.
    ///
    /// # Errors
    /// When nobody listens there.
    pub fn connect(to: SocketAddr) -> Result<Self> {
        Ok(Self(BufReader::new(TcpStream::connect(to).with_context(|| format!("connect to {to}"))?)))
    }

    /// Takes a connection that was made elsewhere.
    #[must_use]
    pub fn on(stream: TcpStream) -> Self {
        Self(BufReader::new(stream))
    }

    /// Sends these bytes and waits for nothing.
    ///
    /// # Errors
    /// When the server has gone.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) -> Result<()> {
        self.0.get_ref().write_all(bytes.as_ref()).context("send a request")
    }

    /// Sends a GET of `path`, and waits for nothing.
    ///
    /// # Errors
    /// When the server has gone.
    pub fn ask(&mut self, path: &str) -> Result<()> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n"))
    }

    /// Reads the answer to a GET.
    ///
    /// # Errors
    /// When the server ends the connection before the answer's end.
    pub fn answer(&mut self) -> Result<Answer> {
        let mut answer = self.answer_head()?;
        let length = answer.field("Content-Length").context("find the body's length")?.parse();
        answer.body = vec![0; length.context("read the body's length")?];
        self.0.read_exact(&mut answer.body).context("read the body")?;
        Ok(answer)
    }

    /// Reads the answer to a HEAD, which has no body.
    ///
    /// # Errors
    /// See [`Client::answer`].
    pub fn answer_head(&mut self) -> Result<Answer> {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).context("read a line of the answer")?;
            let line = line.strip_suffix("\r\n").context("read an answer: the connection has ended")?;
            if line.is_empty() {
                break;
            }
            head.push(line.to_owned());
        }
        let status = head.first().and_then(|line| line.split(' ').nth(1)).context("find the status")?;
        let status = status.parse().context("read the status")?;
        let mut answer = Answer { status, by: Pid::from_raw(0), head, body: Vec::new() };
        let by = answer.field("Served-By").context("find who answered")?;
        answer.by = Pid::from_raw(by.parse().context("read who answered")?);
        Ok(answer)
    }

    /// Asks for `path` and reads the answer.
    ///
    /// # Errors
    /// See [`Client::ask`] and [`Client::answer`].
    pub fn get(&mut self, path: &str) -> Result<Answer> {
        self.ask(path)?;
        self.answer()
    }

    /// Reads what still comes until the server ends the connection.
    ///
    /// # Errors
    /// When the connection was reset.
    pub fn rest(&mut self) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).context("read until the end")?;
        Ok(bytes)
    }

    /// Whether nothing has arrived that was not yet read. Does not wait.
    ///
    /// # Errors
    /// When the connection was reset.
    pub fn has_nothing_yet(&mut self) -> Result<bool> {
        self.0.get_ref().set_nonblocking(true).context("stop waiting")?;
        let looked = self.0.fill_buf().map(|_| ());
        self.0.get_ref().set_nonblocking(false).context("wait again")?;
        match looked {
            Ok(()) => Ok(false),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(error).context("look for an answer"),
        }
    }
}

impl Answer {
    /// The value of a field, if there is one of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.head.iter().filter_map(|line| line.split_once(": "));
        fields.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }
}

/// A client that connects, asks once, reads the answer, and hangs up.
///
/// # Errors
/// See [`Client`].
pub fn get(from: SocketAddr, path: &str) -> Result<Answer> {
    Client::connect(from)?.get(path)
}
