//! The reference serves clients that nobody of us wrote: curl, Python's `http.client`, and Python's plain sockets.
//!
//! A test whose client is not in PATH says so and ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// The reference, serving. Dropping it ends it in the gentle way.
struct Server {
    child: Child,
    /// What stands behind `ready`.
    address: String,
    folder: TempDir,
}

impl Server {
    fn start(args: impl FnOnce(&Path) -> Vec<String>) -> Server {
        let folder = tempfile::tempdir().expect("make a folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_sol-pool"))
            .args(args(folder.path()))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start pool");
        let mut line = String::new();
        let stdout = child.stdout.as_mut().expect("a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("read the line `ready`");
        let address = line.strip_prefix("ready ").expect("a line that begins with `ready`").trim().to_owned();
        Server { child, address, folder }
    }

    /// Serves the files that `fill` makes.
    fn web(fill: impl FnOnce(&Path)) -> Server {
        Server::start(|folder| {
            fill(folder);
            let root = folder.display().to_string();
            ["serve", "--tcp", "127.0.0.1:0", "--root", &root, "-n", "2"].map(str::to_owned).into()
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let pid = Pid::from_raw(self.child.id().try_into().expect("a pid"));
        kill(pid, Signal::SIGTERM).expect("ask pool to end");
        let status = self.child.wait().expect("wait for pool");
        if !std::thread::panicking() {
            assert_eq!(status.code(), Some(143));
        }
    }
}

/// The program, or `None` after saying that `test` is skipped.
fn find(program: &str, test: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file());
    if found.is_none() {
        println!("skipped: {test}: {program} is not in PATH");
    }
    found
}

/// Runs a client that must be content.
fn run(program: &Path, args: &[&str]) -> Output {
    let output = Command::new(program).args(args).output().expect("start the client");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{} {args:?}: {}\n{said}", program.display(), output.status);
    output
}

/// 3 MiB that no buffer holds at once.
fn large() -> Vec<u8> {
    (0..3u32 << 20).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

#[test]
fn curl_gets_files() {
    let Some(curl) = find("curl", "curl_gets_files") else { return };
    let server = Server::web(|root| {
        fs::write(root.join("small"), "hello\n").expect("write a file");
        fs::write(root.join("large"), large()).expect("write a file");
    });
    let url = |name: &str| format!("http://{}/{name}", server.address);

    // One curl, three requests: it keeps the connection and says so.
    let out = run(&curl, &["-sSv", &url("small"), &url("small"), "-o", "/dev/stdout", "-o", "/dev/stdout"]);
    assert_eq!(out.stdout, b"hello\nhello\n");
    assert!(String::from_utf8_lossy(&out.stderr).contains("Re-using existing connection"));
    assert!(run(&curl, &["-sS", &url("large")]).stdout == large(), "3 MiB come byte for byte");
    let head = String::from_utf8_lossy(&run(&curl, &["-sSI", &url("large")]).stdout).into_owned();
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\n") && head.contains("Content-Length: 3145728\r\n"),
        "{head}"
    );
    let status = |args: &[&str]| {
        let args = [&["-sS", "-o", "/dev/null", "-w", "%{http_code}"], args].concat();
        String::from_utf8_lossy(&run(&curl, &args).stdout).into_owned()
    };
    assert_eq!(status(&[&url("missing")]), "404");
    assert_eq!(status(&["--path-as-is", &url("../../../etc/passwd")]), "404");
    assert_eq!(status(&["-d", "x=1", &url("small")]), "405");
    assert_eq!(status(&["-0", &url("small")]), "200");
}

#[test]
fn python_speaks_http() {
    let Some(python) = find("python3", "python_speaks_http") else { return };
    let server = Server::web(|root| fs::write(root.join("small"), "hello\n").expect("write a file"));
    let script = r#"
import http.client, sys
c = http.client.HTTPConnection(sys.argv[1])
for i in range(100):
    c.request("GET", "/small")
    r = c.getresponse()
    assert (r.status, r.read()) == (200, b"hello\n")
c.request("HEAD", "/small")
r = c.getresponse()
assert (r.status, r.getheader("Content-Length"), r.read()) == (200, "6", b"")
c.request("GET", "/nothing")
r = c.getresponse()
r.read()
assert r.status == 404
c.request("PUT", "/small", body="x")
assert c.getresponse().status == 405
"#;
    run(&python, &["-c", script, &server.address]);
}

#[test]
fn python_sends_task_lines() {
    let Some(python) = find("python3", "python_sends_task_lines") else { return };
    let server = Server::start(|folder| {
        let path = folder.join("socket").display().to_string();
        ["serve", "--unix", &path, "-n", "3"].map(str::to_owned).into()
    });
    assert_eq!(server.address, format!("unix:{}", server.folder.path().join("socket").display()));
    let script = r#"
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1].removeprefix("unix:"))
f = s.makefile("rw")
for i in range(500):
    f.write(f"{i}\tpid\n")
f.write("x\tfail\n")
f.flush()
s.shutdown(socket.SHUT_WR)
lines = [line.rstrip("\n").split("\t") for line in f]
assert sorted(l[0] for l in lines) == sorted([str(i) for i in range(500)] + ["x"])
assert all(l[1] == "ok" and l[2] == l[4] for l in lines if l[0] != "x")
"#;
    run(&python, &["-c", script, &server.address]);
}
