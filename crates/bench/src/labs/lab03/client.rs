//! A client of the lab's protocol that costs little itself: one write and one read where that is enough.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, bail, ensure};

use crate::labs::trip::difference;

/// Something that is written to and read from.
trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

/// A connection.
pub(super) struct Client {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
}

impl Client {
    /// Connects to where a server says that it is: `unix:PATH` or `HOST:PORT`.
    pub(super) fn connect(address: &str) -> anyhow::Result<Self> {
        let stream: Box<dyn Stream> = if let Some(path) = address.strip_prefix("unix:") {
            Box::new(UnixStream::connect(path).context("connect")?)
        } else {
            let stream = TcpStream::connect(address).context("connect")?;
            stream.set_nodelay(true).context("set TCP_NODELAY")?;
            Box::new(stream)
        };
        Ok(Self { stream, buffer: Vec::new() })
    }

    /// Sends so many ECHOs of `size` bytes, `window` at once, and compares each byte of the answers.
    pub(super) fn echo(&mut self, size: usize, window: usize, count: usize) -> anyhow::Result<()> {
        let text = "x".repeat(size);
        let (request, answer) = (format!("ECHO {text}\n"), format!("OK {size}\n{text}"));
        let (requests, answers) = (request.repeat(window), answer.repeat(window));
        let mut left = count;
        while left > 0 {
            let now = left.min(window);
            self.exchange(
                &requests.as_bytes()[..request.len() * now],
                &answers.as_bytes()[..answer.len() * now],
            )?;
            left -= now;
        }
        Ok(())
    }

    fn exchange(&mut self, requests: &[u8], answers: &[u8]) -> anyhow::Result<()> {
        self.stream.write_all(requests).context("send a request")?;
        let came = self.read(answers.len())?;
        ensure!(came == answers, "{}", difference(came, answers));
        Ok(())
    }

    /// The next `size` bytes, fewer at the end of the connection.
    fn read(&mut self, size: usize) -> anyhow::Result<&[u8]> {
        self.buffer.resize(size, 0);
        let mut filled = 0;
        while filled < size {
            match self.stream.read(&mut self.buffer[filled..]).context("receive an answer")? {
                0 => break,
                more => filled += more,
            }
        }
        Ok(&self.buffer[..filled])
    }

    /// Gets a file of so many bytes again and again.
    pub(super) fn get(&mut self, name: &str, size: usize, count: usize) -> anyhow::Result<()> {
        let (request, head) = (format!("GET {name}\n"), format!("OK {size}\n"));
        for _ in 0..count {
            self.stream.write_all(request.as_bytes()).context("send a request")?;
            let came = self.read(head.len() + size)?;
            if came.len() != head.len() + size || !came.starts_with(head.as_bytes()) {
                bail!("{}", difference(came, head.as_bytes()));
            }
        }
        Ok(())
    }

    /// Gets a file, and compares every byte.
    pub(super) fn compare(&mut self, file: &Path) -> anyhow::Result<()> {
        let wanted = fs::read(file).context("read a file")?;
        let name = file.file_name().context("name a file")?.to_string_lossy().into_owned();
        self.get(&name, wanted.len(), 1)?;
        let body = &self.buffer[self.buffer.len() - wanted.len()..];
        ensure!(body == wanted, "the file {name} came with other bytes");
        Ok(())
    }

    /// Microseconds of each of so many ECHOs, one after the other; `warm_up` more go first.
    pub(super) fn times(&mut self, size: usize, warm_up: usize, count: usize) -> anyhow::Result<Vec<f64>> {
        self.echo(size, 1, warm_up)?;
        let text = "x".repeat(size);
        let (request, answer) = (format!("ECHO {text}\n"), format!("OK {size}\n{text}"));
        let one = |_| {
            let start = Instant::now();
            self.exchange(request.as_bytes(), answer.as_bytes())?;
            Ok(start.elapsed().as_secs_f64() * 1e6)
        };
        (0..count).map(one).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn against(answer: &'static [u8], work: impl FnOnce(&mut Client) -> anyhow::Result<()>) -> String {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let server = thread::spawn(move || {
            let mut request = [0; 64];
            let _ = theirs.read(&mut request).unwrap();
            theirs.write_all(answer).unwrap();
        });
        let done = work(&mut Client { stream: Box::new(ours), buffer: Vec::new() });
        server.join().unwrap();
        done.err().map_or(String::new(), |error| error.to_string())
    }

    #[test]
    fn every_byte_of_an_answer_counts() {
        assert_eq!(against(b"OK 4\nxxxx", |client| client.echo(4, 1, 1)), "");
        assert_eq!(
            against(b"OK 4\nxxxy", |client| client.echo(4, 1, 1)),
            "expected `OK 4\\nxxxx`, received `OK 4\\nxxxy`"
        );
        assert!(against(b"", |client| client.echo(4, 1, 1)).ends_with("nothing came"));
        assert!(against(b"ERR 404 not found\n", |client| client.get("a", 3, 1)).contains("`ERR 404 "));
    }
}
