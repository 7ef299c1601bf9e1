//! The server speaks HTTP/1.1, in all three forms: requests, answers, and what it says to nonsense.

use crate::server::{FORMS, Server, get, is_installed};
use std::process::Command;

#[test]
fn get_sends_the_file_with_its_length_and_kind() {
    for form in FORMS {
        let server = Server::start(form);
        let answer = server.get("/a.txt");
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"hello"[..]));
        assert_eq!(answer.field("Content-Length"), "5");
        assert_eq!(answer.field("Content-Type"), "text/plain; charset=utf-8");
        assert!(answer.field("Date").ends_with(" GMT"), "{}", answer.head);
    }
}

#[test]
fn files_of_all_sizes_arrive_byte_for_byte() {
    let server = Server::start(&["pool"]);
    for size in [0, 1, 65_535, 65_536, 5 << 20] {
        let content: Vec<u8> = (0..size).map(|number: u32| (number % 251) as u8).collect();
        server.file("data.bin", &content);
        let answer = server.get("/data.bin");
        assert!(answer.body == content, "{size} bytes");
        assert_eq!(answer.field("Content-Type"), "application/octet-stream");
    }
}

#[test]
fn head_has_the_fields_of_get_and_no_body() {
    for form in FORMS {
        let server = Server::start(form);
        let mut peer = server.connect();
        for (path, status, length) in [("/a.txt", 200, "5"), ("/missing", 404, "14")] {
            peer.send(get(path).replace("GET", "HEAD"));
            let answer = peer.answer_without_body();
            assert_eq!((answer.status, answer.field("Content-Length")), (status, length));
        }
        // Were there a body, it would be taken for the beginning of this answer.
        peer.send(get("/a.txt"));
        assert_eq!(peer.answer().body, b"hello");
    }
}

#[test]
fn a_connection_is_kept_and_requests_may_come_in_any_pieces() {
    for form in FORMS {
        let server = Server::start(form);
        let mut peer = server.connect();
        for byte in get("/a.txt").bytes() {
            peer.send([byte]);
        }
        let first = peer.answer();
        assert_eq!((first.status, first.field("Connection")), (200, ""));
        peer.send(get("/a.txt").repeat(100) + &get("/missing"));
        for _ in 0..100 {
            let answer = peer.answer();
            assert_eq!((answer.status, answer.by()), (200, first.by()));
        }
        assert_eq!(peer.answer().status, 404);
    }
}

#[test]
fn the_last_answer_is_sent_to_a_client_that_half_closed() {
    for form in FORMS {
        let server = Server::start(form);
        let mut peer = server.connect();
        peer.send(get("/a.txt").repeat(3));
        peer.half_close();
        (0..3).for_each(|_| assert_eq!(peer.answer().status, 200));
        peer.ends();
    }
}

#[test]
fn connection_close_and_http_1_0_end_the_connection() {
    for form in FORMS {
        let server = Server::start(form);
        for request in [
            "GET /a.txt HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n",
            "GET /a.txt HTTP/1.1\r\nHost: here\r\nconnection: x, CLOSE\r\n\r\n",
            "GET /a.txt HTTP/1.0\r\n\r\n",
        ] {
            let mut peer = server.connect();
            peer.send(request);
            let answer = peer.answer();
            assert_eq!((answer.status, answer.field("Connection")), (200, "close"), "{request:?}");
            peer.ends();
        }
    }
}

#[test]
fn nonsense_gets_a_reason_and_the_end_of_the_connection() {
    let server = Server::start(&["pool"]);
    for (request, status) in [
        ("hello\r\n\r\n", 400),
        ("GET /a.txt\r\n\r\n", 400),
        ("GET  /a.txt HTTP/1.1\r\nHost: here\r\n\r\n", 400),
        ("GET /a.txt HTTP/1.1\r\n\r\n", 400),
        ("GET /a.txt HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /a.txt HTTP/1.1\r\nHost: here\r\nno colon\r\n\r\n", 400),
        ("GET /a.txt HTTP/1.1\r\nHost : here\r\n\r\n", 400),
        ("GET /a.txt HTTP/1.1\r\nHost: here\r\n continued: yes\r\n\r\n", 400),
        ("GET /a.txt HTTP/1.1\r\nHost: here\r\nContent-Length: -1\r\n\r\n", 400),
        ("GET /a\rb HTTP/1.1\r\nHost: here\r\n\r\n", 400),
        ("GET /%00 HTTP/1.1\r\nHost: here\r\n\r\n", 400),
        ("GET /%zz HTTP/1.1\r\nHost: here\r\n\r\n", 400),
        ("GET a.txt HTTP/1.1\r\nHost: here\r\n\r\n", 400),
        ("GET /a.txt HTTP/2.0\r\nHost: here\r\n\r\n", 505),
        ("POST /a.txt HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\nabc", 405),
        ("OPTIONS * HTTP/1.1\r\nHost: here\r\n\r\n", 405),
        ("GET /a.txt HTTP/1.1\r\nHost: here\r\nContent-Length: 3\r\n\r\nabc", 413),
        ("GET /a.txt HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 413),
    ] {
        let mut peer = server.connect();
        peer.send(request);
        let answer = peer.answer();
        assert_eq!((answer.status, answer.field("Connection")), (status, "close"), "{request:?}");
        assert_eq!(answer.field("Allow"), if status == 405 { "GET, HEAD" } else { "" });
        peer.half_close();
        peer.ends();
    }
}

#[test]
fn lines_and_heads_have_a_limit_and_whoever_is_over_it_is_told_so() {
    let server = Server::start(&["pool"]);
    let line = |length: usize| format!("GET /{:a<1$} HTTP/1.1", "", length - "GET / HTTP/1.1".len());
    let fields =
        |length: usize| format!("GET /a.txt HTTP/1.1\r\nHost: here\r\nx: {:a<1$}\r\n\r\n", "", length - 40);
    assert_eq!((line(8192).len(), fields(16_384).len()), (8192, 16_384));
    for (request, status) in [
        (line(8192) + "\r\nHost: here\r\n\r\n", 404),
        (line(8193) + "\r\nHost: here\r\n\r\n", 414),
        (fields(16_384), 200),
        (fields(16_385), 431),
        // Far more than the server reads before it answers: the reason must arrive, and no reset.
        ("x".repeat(4 << 20), 414),
        ("GET /a.txt HTTP/1.1\r\n".to_owned() + &"field: x\r\n".repeat(300_000), 431),
    ] {
        let mut peer = server.connect();
        peer.send(&request);
        peer.half_close();
        assert_eq!(peer.answer().status, status, "a request of {} bytes", request.len());
        peer.ends();
    }
}

#[test]
fn a_client_that_is_too_slow_loses_its_place() {
    for form in [&["one", "--patience", "1"][..], &["pool", "--workers", "1", "--patience", "1"]] {
        let server = Server::start(form);
        let (mut silent, mut slow) = (server.connect(), server.connect());
        slow.send("GET /a.txt HTTP/1.1\r\n");
        silent.ends();
        assert_eq!(slow.answer().status, 408);
        assert_eq!(server.get("/a.txt").status, 200);
    }
}

#[test]
fn curl_gets_a_file_and_keeps_its_connection() {
    if !is_installed("curl") {
        eprintln!("skipped: curl is not installed");
        return;
    }
    for form in FORMS {
        let server = Server::start(form);
        server.file("page/index.html", "<p>page");
        let url = |path: &str| format!("http://{}{path}", server.address);
        let curl = |arguments: &[&str]| {
            let output = Command::new("curl").args(["-sS", "--max-time", "120"]).args(arguments).output();
            let output = output.expect("curl can be run");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        let twice = ["-w", " %{num_connects}\n", &url("/a.txt"), &url("/page/")];
        assert_eq!(
            curl(&twice),
            "hello 1\n<p>page 0\n",
            "{form:?}: the second request needs no new connection"
        );
        assert!(curl(&["-I", &url("/a.txt")]).starts_with("HTTP/1.1 200 OK\r\n"));
        assert_eq!(curl(&["-L", &url("/page")]), "<p>page");
        assert_eq!(curl(&["--http1.0", &url("/a.txt")]), "hello");
        assert_eq!(curl(&["-o", "/dev/null", "-w", "%{http_code}", "-d", "x", &url("/a.txt")]), "405");
        assert_eq!(curl(&["--path-as-is", &url("/../a.txt")]), "403 Forbidden\n");
    }
}
