//! Programs in another language speak the frames with `rpcd` and `rpcc`: the contract is bytes, and nothing of Rust.
//!
//! Each test is skipped by name where python3 is not installed.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

const RPCD: &str = env!("CARGO_BIN_EXE_sol-rpcd");
const RPCC: &str = env!("CARGO_BIN_EXE_sol-rpcc");

/// A program that does not end is a failure, however slow the machine is.
const WATCHDOG: Duration = Duration::from_secs(120);

/// Frames in Python; its CRC is that of zlib, which the contract names.
const FRAMES: &str = r"
import socket, struct, sys, zlib
def frame(kind, client, seq, body):
    head = b'RP\x01' + bytes([kind]) + struct.pack('<IQI', len(body), client, seq)
    return head + struct.pack('<I', zlib.crc32(head + body)) + body
def exactly(s, n):
    data = b''
    while len(data) < n:
        piece = s.recv(n - len(data))
        if not piece: raise EOFError
        data += piece
    return data
def receive(s):
    head = exactly(s, 24)
    magic, version, kind, length, client, seq, crc = struct.unpack('<2sBBIQII', head)
    body = exactly(s, length)
    assert magic == b'RP' and version == 1 and crc == zlib.crc32(head[:20] + body)
    return kind, client, seq, body
def string(text):
    return struct.pack('<I', len(text)) + text
";

/// Calls every kind of method, asks for the instance, sends a copy and a retry; prints what comes back.
const CLIENT: &str = r"
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
def call(seq, method, arguments):
    s.sendall(frame(1, 77, seq, struct.pack('<H', method) + arguments))
    kind, client, got, body = receive(s)
    assert (client, got) == (77, seq)
    print(kind, body.hex())
s.sendall(frame(5, 77, 0, struct.pack('<I', 1)))
kind, client, seq, pong = receive(s)
print(kind, len(pong))
call(1, 1, struct.pack('<qq', 2, -3))
call(2, 2, string(b'\x00\xff'))
call(3, 3, string(b'key') + string(b'abc'))
call(3, 3, string(b'key') + string(b'abc'))
s.sendall(frame(7, 77, 3, pong + struct.pack('<H', 3) + string(b'key') + string(b'abc')))
print(receive(s)[3].hex())
call(4, 4, string(b'key'))
call(5, 5, string(b'file'))
call(6, 999, b'')
";

const ANSWERED: &str = "6 8
2 ffffffffffffffff
2 0200000000ff
2 0300000000000000
2 0300000000000000
0300000000000000
2 03000000616263
2 01000000
3 01000e000000756e6b6e6f776e206d6574686f64
";

#[test]
fn a_client_in_python_is_served() {
    let Some(python) = python("a_client_in_python_is_served") else { return };
    let folder = tempfile::tempdir().expect("make a folder");
    std::fs::write(folder.path().join("file"), "text").expect("write a file");
    let mut rpcd = Command::new(RPCD);
    let server = Started::new(rpcd.args(["--unix", "s", "--root", "."]).current_dir(folder.path()));
    let mut client = Command::new(python);
    client.arg("-c").arg(format!("{FRAMES}{CLIENT}")).arg(folder.path().join("s"));
    let output = ended(client.stdout(Stdio::piped()).spawn().expect("start python3"));
    assert_eq!(text(&output), ANSWERED);
    drop(server);
}

/// Answers two calls, the second one first, after it has called back; says so when it is ready. It leaves the end to
/// rpcc: an rpcc that has not yet read the end of its input would rightly complain about a server that has gone.
const SERVER: &str = r"
l = socket.socket(socket.AF_UNIX); l.bind(sys.argv[1]); l.listen()
print('ready', flush=True)
s, _ = l.accept()
kind, client, seq, body = receive(s)
assert (kind, seq, body) == (5, 0, struct.pack('<I', 64))
s.sendall(frame(6, client, seq, struct.pack('<Q', 1)))
calls = [receive(s) for _ in range(2)]
assert [call[3] for call in calls] == [struct.pack('<H', 2) + string(b'one'), struct.pack('<Hqq', 1, 20, 22)]
s.sendall(frame(1, client, 9, struct.pack('<HIQ', 100, 5, 6)))
assert receive(s) == (2, client, 9, b'')
s.sendall(frame(2, client, calls[1][2], struct.pack('<q', 42)))
s.sendall(frame(2, client, calls[0][2], string(b'first')))
assert s.recv(1) == b''
";

#[test]
fn a_server_in_python_is_called() {
    let Some(python) = python("a_server_in_python_is_called") else { return };
    let folder: TempDir = tempfile::tempdir().expect("make a folder");
    let socket = folder.path().join("s");
    let mut command = Command::new(python);
    let mut server = Started::new(command.arg("-c").arg(format!("{FRAMES}{SERVER}")).arg(&socket));
    let input = folder.path().join("calls");
    std::fs::write(&input, "echo one\nadd 20 22\n").expect("write the calls");
    let mut client = Command::new(RPCC);
    client.arg(format!("unix:{}", socket.display())).args(["--pipeline", "-"]);
    client.stdin(std::fs::File::open(&input).expect("open the calls")).stdout(Stdio::piped());
    let output = ended(client.spawn().expect("start rpcc"));
    assert_eq!(text(&output), "changed 5 6\nok first\nok 42\n");
    assert!(server.0.wait().expect("wait for python3").success());
}

/// A server that has said `ready`; killed when it is dropped.
struct Started(Child);

impl Started {
    fn new(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("start a server");
        let stdout = child.stdout.take().expect("its standard output");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("read the line of a server");
        assert!(line.starts_with("ready"), "{line:?}");
        Self(child)
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Where python3 is, or `None` after saying that `test` is skipped.
fn python(test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|folder| folder.join("python3")).find(|file| Path::is_file(file));
    if found.is_none() {
        println!("skipped: {test}: python3 is not in PATH");
    }
    found
}

/// Waits for a program under a watchdog; it must end with status 0.
fn ended(child: Child) -> Output {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    let (done, watch) = std::sync::mpsc::channel::<()>();
    let watchdog = thread::spawn(move || {
        if watch.recv_timeout(WATCHDOG) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
            // It is not reaped yet: the other thread waits for it.
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
        }
    });
    let output = child.wait_with_output().expect("wait for a program");
    drop(done);
    watchdog.join().expect("end the watchdog");
    assert!(output.status.success(), "{} after {:?}", output.status, text(&output));
    output
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
