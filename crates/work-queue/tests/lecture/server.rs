//! A server under test: started in a process group of its own, asked by raw sockets, and ended with all it started.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

use crate::run::LECTURE;

/// Far more than any answer needs: it only turns a hang into a failure, also on a very busy machine.
const WATCHDOG: Duration = Duration::from_secs(60);

/// Looks again and again until it is so. No sleep: what is looked at is the event itself.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + WATCHDOG;
    while !is_so() {
        assert!(Instant::now() < end, "waited in vain until {what}");
        std::thread::yield_now();
    }
}

/// The three forms, each with room for two clients if it has any choice.
pub(crate) const FORMS: [&[&str]; 3] = [&["one"], &["fork", "--workers", "2"], &["pool", "--workers", "2"]];

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// The folder that is served.
    pub(crate) root: TempDir,
    ended: bool,
    /// Dropped with the server: then its watchdog goes home.
    _watched: mpsc::Sender<()>,
}

impl Server {
    /// Starts a server for an own folder, in which `a.txt` has the text `hello`.
    pub(crate) fn start(form: &[&str]) -> Self {
        let root = tempfile::tempdir().expect("a folder can be made");
        std::fs::write(root.path().join("a.txt"), "hello").expect("a file can be written");
        let mut command = LECTURE.program(form);
        command.arg("--root").arg(root.path()).arg("127.0.0.1:0");
        let errors = File::create(root.path().join(".stderr")).expect("a file for stderr can be made");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).process_group(0);
        let mut child = command.spawn().expect("the server can be started");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("stdout is a pipe"))
            .read_line(&mut line)
            .expect("stdout can be read");
        let address = line.strip_prefix("ready ").and_then(|rest| rest.strip_suffix('\n')?.parse().ok());
        let address =
            address.unwrap_or_else(|| panic!("{form:?} said {line:?} instead of `ready HOST:PORT`"));
        Self { _watched: watch(&child), child, address, root, ended: false }
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().try_into().expect("a pid is positive"))
    }

    /// Makes a file in the folder that is served.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.root.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
        std::fs::write(path, content).expect("a file can be written");
    }

    /// What the server has printed on stderr.
    pub(crate) fn errors(&self) -> String {
        std::fs::read_to_string(self.root.path().join(".stderr")).expect("stderr can be read")
    }

    pub(crate) fn connect(&self) -> Peer {
        let stream = TcpStream::connect(self.address).expect("the server can be reached");
        stream.set_read_timeout(Some(WATCHDOG)).expect("a watchdog can be set");
        stream.set_write_timeout(Some(WATCHDOG)).expect("a watchdog can be set");
        Peer(BufReader::new(stream))
    }

    /// One request on a connection of its own.
    pub(crate) fn ask(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut peer = self.connect();
        peer.send(request);
        peer.answer()
    }

    /// A GET of `path` on a connection of its own.
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.ask(get(path))
    }

    /// Sends a signal to the boss and waits for its end.
    pub(crate) fn end(&mut self, signal: Signal) -> ExitStatus {
        kill(self.pid(), signal).expect("the server can be signalled");
        self.ended = true;
        self.child.wait().expect("the server can be waited for")
    }

    /// Returns when nobody is left in the server's process group.
    pub(crate) fn wait_until_all_are_gone(&self) {
        until("all processes of the server are gone", || killpg(self.pid(), None) == Err(Errno::ESRCH));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // A test that failed has not ended it; and then its workers go with it.
        killpg(self.pid(), Signal::SIGKILL).ok();
        if !self.ended {
            self.child.wait().expect("the server can be waited for");
        }
    }
}

/// Ends a server that outlives every test, so that whoever waits for one of its processes fails instead of hanging.
fn watch(server: &Child) -> mpsc::Sender<()> {
    let (watched, end) = mpsc::channel();
    let group = Pid::from_raw(server.id().try_into().expect("a pid is positive"));
    std::thread::spawn(move || {
        if end.recv_timeout(2 * WATCHDOG) == Err(mpsc::RecvTimeoutError::Timeout) {
            // Fails when it is gone, which is what is wanted.
            killpg(group, Signal::SIGKILL).ok();
        }
    });
    watched
}

/// The text of a GET.
pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: here\r\n\r\n")
}

/// One connection.
pub(crate) struct Peer(BufReader<TcpStream>);

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The value of a field; the empty text if there is none.
    pub(crate) fn field(&self, name: &str) -> &str {
        let mut fields = self.head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(found, _)| *found == name).map_or("", |(_, value)| value)
    }

    pub(crate) fn by(&self) -> Pid {
        Pid::from_raw(self.field("Served-By").parse().expect("an answer says who served it"))
    }
}

impl Peer {
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.get_ref().write_all(bytes.as_ref()).expect("the server takes the request");
    }

    pub(crate) fn half_close(&self) {
        self.0.get_ref().shutdown(std::net::Shutdown::Write).expect("the writing side can be closed");
    }

    /// The next answer, with its body.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut answer = self.answer_without_body();
        let length = answer.field("Content-Length").parse().expect("an answer says its length");
        answer.body = vec![0; length];
        self.0.read_exact(&mut answer.body).expect("the body can be read");
        answer
    }

    /// The next answer, to a HEAD.
    pub(crate) fn answer_without_body(&mut self) -> Answer {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let count = self.0.read_line(&mut head).expect("a line of the answer can be read");
            assert_ne!(count, 0, "the connection ended in the head of an answer: {head:?}");
        }
        let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        Answer { status: status.expect("an answer begins with its status"), head, body: Vec::new() }
    }

    /// The connection ends here, with nothing more.
    pub(crate) fn ends(&mut self) {
        let mut rest = Vec::new();
        self.0.read_to_end(&mut rest).expect("the connection ends without a reset");
        assert_eq!(String::from_utf8_lossy(&rest), "", "the connection was to end here");
    }

    /// Nothing has arrived yet. Does not wait.
    pub(crate) fn is_quiet(&mut self) -> bool {
        self.0.get_ref().set_nonblocking(true).expect("a socket can be non-blocking");
        let looked = self.0.fill_buf().map(<[u8]>::len).map_err(|error| error.kind());
        self.0.get_ref().set_nonblocking(false).expect("a socket can be blocking");
        looked == Err(std::io::ErrorKind::WouldBlock)
    }
}

/// Whether `path` exists; for what a test needs and a machine may not have.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| Path::new(&folder).join(program).exists())
}
