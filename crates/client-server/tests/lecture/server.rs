//! The lecture's program as a server, for the tests: started, asked for its address, ended whatever happens.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::process::{Child, ChildStdout, ExitStatus, Stdio};

use crate::run::LECTURE;

/// A running server. It is killed and reaped when dropped.
pub(crate) struct Server {
    child: Child,
    stdout: BufReader<ChildStdout>,
    /// What stood behind `ready`.
    pub(crate) address: String,
}

impl Server {
    /// Starts a server and waits until it is ready.
    pub(crate) fn start(kind: &str, address: &str) -> Self {
        let mut server = Self::launch(kind, address);
        assert!(server.is_ready(), "the server at {address} has said that it is ready");
        server
    }

    /// Starts a server, which may refuse.
    pub(crate) fn launch(kind: &str, address: &str) -> Self {
        let mut command = LECTURE.program(&[kind, address]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the server can be started");
        let stdout = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        Self { child, stdout, address: String::new() }
    }

    /// Waits until the server is ready, or has ended.
    pub(crate) fn is_ready(&mut self) -> bool {
        let mut line = String::new();
        self.stdout.read_line(&mut line).expect("its output can be read");
        if let Some(address) = line.strip_prefix("ready ") {
            address.trim_end().clone_into(&mut self.address);
        }
        !line.is_empty()
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Ends the server by a signal: how it ended, and what it said on stderr.
    pub(crate) fn end(mut self, signal: nix::sys::signal::Signal) -> (ExitStatus, String) {
        let pid = nix::unistd::Pid::from_raw(self.pid().try_into().expect("a pid is positive"));
        nix::sys::signal::kill(pid, signal).expect("the server runs");
        self.wait()
    }

    /// Waits until the server ends by itself.
    pub(crate) fn wait(&mut self) -> (ExitStatus, String) {
        let mut said = String::new();
        self.child.stderr.take().expect("a pipe").read_to_string(&mut said).expect("stderr can be read");
        (self.child.wait().expect("the server can be waited for"), said)
    }

    /// The number of descriptors that the server has now.
    pub(crate) fn descriptors(&self) -> usize {
        let folder = format!("/proc/{}/fd", self.pid());
        std::fs::read_dir(folder).expect("the server's descriptors can be listed").count()
    }

    /// Returns when the server has `wanted` descriptors; fails when the watchdog's time has passed.
    pub(crate) fn wait_for_descriptors(&self, wanted: usize) {
        let start = std::time::Instant::now();
        while self.descriptors() != wanted {
            let left = self.descriptors();
            assert!(
                start.elapsed() < lecture_kit::WATCHDOG,
                "the server has {left} descriptors, not {wanted}"
            );
            std::thread::yield_now();
        }
    }

    /// Returns when the server sleeps in this system call; fails when the watchdog's time has passed.
    pub(crate) fn wait_until_it_sleeps_in(&self, call: nix::libc::c_long) {
        let start = std::time::Instant::now();
        loop {
            let place = std::fs::read_to_string(format!("/proc/{}/syscall", self.pid()));
            let place = place.expect("the server's place can be read");
            if place.starts_with(&format!("{call} ")) {
                return;
            }
            assert!(
                start.elapsed() < lecture_kit::WATCHDOG,
                "the server sleeps not in call {call}, but: {place}"
            );
            std::thread::yield_now();
        }
    }

    /// A client that knows nothing of this lecture's code.
    pub(crate) fn connect(&self) -> Client {
        Client::connect(&self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Neither fails but for a server that has ended and been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection made by std. A wait that never ends becomes a failure, by the same watchdog as a program's.
pub(crate) struct Client(BufReader<Box<dyn Stream>>);

trait Stream: Read + Write + Send {
    fn finish(&self) -> std::io::Result<()>;
}

impl Stream for TcpStream {
    fn finish(&self) -> std::io::Result<()> {
        self.shutdown(std::net::Shutdown::Write)
    }
}

impl Stream for UnixStream {
    fn finish(&self) -> std::io::Result<()> {
        self.shutdown(std::net::Shutdown::Write)
    }
}

impl Client {
    pub(crate) fn connect(address: &str) -> Self {
        let stream: Box<dyn Stream> = match address.strip_prefix("unix:") {
            Some(path) => {
                let stream = UnixStream::connect(path).expect("the server can be called");
                stream.set_read_timeout(Some(lecture_kit::WATCHDOG)).expect("the watchdog can be set");
                Box::new(stream)
            }
            None => {
                let stream = TcpStream::connect(address).expect("the server can be called");
                stream.set_read_timeout(Some(lecture_kit::WATCHDOG)).expect("the watchdog can be set");
                Box::new(stream)
            }
        };
        Self(BufReader::new(stream))
    }

    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.0.get_mut().write_all(bytes.as_ref()).expect("the server takes bytes");
        self
    }

    pub(crate) fn finish(&mut self) -> &mut Self {
        self.0.get_ref().finish().expect("half-close");
        self
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("the server answers");
        line
    }

    pub(crate) fn rest(&mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).expect("the server answers and ends");
        rest
    }
}
