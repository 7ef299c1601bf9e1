//! The lecture's program: its server and its client, from outside.

use crate::run::{LECTURE, mini_rpc};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

/// A running server. It is killed and reaped when dropped.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start() -> Self {
        let mut command = LECTURE.program(&["serve", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the server can be started");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output is a pipe");
        BufReader::new(stdout).read_line(&mut line).expect("its output can be read");
        let address = line.strip_prefix("ready ").expect("it says that it is ready").trim_end().to_owned();
        Self { child, address }
    }

    /// What the client's program prints on stdout, and its exit code.
    fn call(&self, words: &[&str]) -> (String, Option<i32>) {
        let output = mini_rpc(&[&["call", &self.address], words].concat()).get_output().clone();
        (String::from_utf8(output.stdout).expect("text"), output.status.code())
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).expect("the server can be called");
        stream.set_read_timeout(Some(lecture_kit::WATCHDOG)).expect("the watchdog can be set");
        stream
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Neither fails: it was not waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_call_shows_both_messages_with_the_names_of_their_fields() {
    let server = Server::start();
    let (shown, code) = server.call(&["warm", "hall", "-25"]);
    let call = "call, 18 bytes
  00  00 08            length   8 bytes follow the header
  02  01               version  1
  03  01               kind     1 (call)
  04  00 01            client   1
  06  00 01            number   1
";
    assert!(shown.starts_with(call), "{shown}");
    assert!(
        shown.contains("  0c  68 61 6c 6c      room     \"hall\"\n  10  ff e7            by       -25\n")
    );
    assert!(
        shown.ends_with("  0a  00               status   0 (done)\n  0b  00 9b            result   155\n")
    );
    assert_eq!(code, Some(0));
    // All clients see the same house.
    assert!(server.call(&["temperature", "hall"]).0.ends_with("  0b  00 9b            result   155\n"));
    assert!(server.call(&["set", "bath", "7"]).0.ends_with("  0a  00               status   0 (done)\n"));
    let list = "0 list() -> text...\n1 temperature(room: text) -> i16\n\
                2 set(room: text, tenths: i16) -> ()\n3 warm(room: text, by: i16) -> i16\n";
    assert_eq!(server.call(&["list"]), (list.to_owned(), Some(0)));
}

#[test]
fn a_refusal_is_shown_and_is_a_failure() {
    let server = Server::start();
    let (shown, code) = server.call(&["warm", "attic", "1"]);
    assert!(shown.contains("status   3 (refused)") && shown.ends_with("reason   no room attic\n"), "{shown}");
    assert_eq!(code, Some(1));
}

#[test]
fn bad_words_are_told_in_one_line_and_nothing_is_sent() {
    let server = Server::start();
    for (words, wanted) in [
        (vec!["warm", "hall"], "warm(room: text, by: i16) -> i16 takes 2 arguments"),
        (vec!["warm", "hall", "hot"], "pack \"hot\" as by: i16: invalid digit found in string"),
        (
            vec!["set", "hall", "32768"],
            "pack \"32768\" as tenths: i16: number too large to fit in target type",
        ),
        (vec!["cool", "hall"], "find a method \"cool\""),
    ] {
        let words = [&["call", server.address.as_str()], words.as_slice()].concat();
        mini_rpc(&words).code(1).stdout("").stderr(format!("mini-rpc: {wanted}\n"));
    }
    for words in [vec![], vec!["serve"], vec!["call", "127.0.0.1:1"], vec!["what"]] {
        let said = mini_rpc(&words).code(2).stdout("").get_output().stderr.clone();
        assert!(said.starts_with(b"usage: mini-rpc serve HOST:PORT\n"));
    }
    let said = mini_rpc(&["serve", "nowhere"]).code(1).stdout("").get_output().stderr.clone();
    assert!(String::from_utf8_lossy(&said).starts_with("mini-rpc: listen at nowhere: "));
}

#[test]
fn a_client_that_speaks_another_language_or_none_stops_nobody() {
    let server = Server::start();
    let silent = server.connect();
    let mut half = server.connect();
    half.write_all(b"\x00\x08\x01").expect("send half a header");
    for stranger in [b"GET / HTTP/1.0\r\n\r\n".as_slice(), &[0; 10], &[0xff; 100]] {
        let mut stream = server.connect();
        stream.write_all(stranger).expect("send");
        let mut answer = Vec::new();
        // Closing with unread bytes resets: an end all the same.
        let ended = stream.read_to_end(&mut answer);
        assert!(
            ended.as_ref().is_ok_and(|count| *count == 0)
                || ended.is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset),
            "a stranger gets no answer, but {answer:02x?}"
        );
        assert_eq!(server.call(&["temperature", "hall"]).1, Some(0), "others are served");
    }
    drop((silent, half));
}

#[test]
fn one_client_too_many_is_turned_away_and_may_come_back() {
    let server = Server::start();
    let mut call = b"\x00\x06\x01\x01\x00\x01\x00\x01\x00\x00\x01\x04hall".to_vec();
    let crc = mini_rpc::crc::crc16(&[&call[..8], &call[10..]]);
    call[8..10].copy_from_slice(&crc.to_be_bytes());
    let served = || {
        let mut stream = server.connect();
        let answer = stream.write_all(&call).and_then(|()| stream.read_exact(&mut [0; 13]));
        answer.is_ok().then_some(stream)
    };
    let mut clients: Vec<TcpStream> = (0..64).map(|_| served().expect("64 clients are served")).collect();
    assert!(served().is_none(), "the next is turned away");
    drop(clients.pop());
    let start = std::time::Instant::now();
    while served().is_none() {
        // The server learns of it in its own time.
        assert!(start.elapsed() < lecture_kit::WATCHDOG, "a place has become free");
    }
}
