//! The parts that need no process: the parser of requests, and the date.

use work_queue::answer::{Status, date};
use work_queue::request::{Method, Request, head_length, parse};

#[test]
fn a_head_ends_with_its_empty_line() {
    for (bytes, length) in [
        ("", None),
        ("GET / HTTP/1.1\r\n", None),
        ("GET / HTTP/1.1\r\n\r", None),
        ("GET / HTTP/1.1\r\n\r\n", Some(18)),
        ("GET / HTTP/1.1\n\n", Some(16)),
        ("GET / HTTP/1.1\r\n\r\nGET", Some(18)),
        ("\r\n\nGET / HTTP/1.1\r\n\r\n", Some(21)),
        ("\r\n\r\n", None),
    ] {
        assert_eq!(head_length(bytes.as_bytes()), Ok(length), "{bytes:?}");
    }
}

#[test]
fn a_head_without_an_end_is_refused_at_its_limit() {
    assert_eq!(head_length(&[b'x'; 8192]), Ok(None));
    assert_eq!(head_length(&[b'x'; 8193]), Err(Status::URI_TOO_LONG));
    assert_eq!(head_length(&b"\r\n".repeat(8191)), Ok(None));
    assert_eq!(head_length(&b"\r\n".repeat(8192)), Err(Status::FIELDS_TOO_LARGE));
}

#[test]
fn a_request_is_its_method_path_and_wish_to_go_on() {
    let request = |method, target: &str, path: &[u8], keep_alive| {
        Ok(Request { method, target: target.to_owned(), path: path.to_vec(), keep_alive })
    };
    for (head, expected) in [
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", request(Method::Get, "/", b"", true)),
        ("HEAD /a HTTP/1.0\r\n\r\n", request(Method::Head, "/a", b"a", false)),
        ("GET /a HTTP/1.2\nHOST:x\n\n", request(Method::Get, "/a", b"a", true)),
        ("GET /%41%ff?b HTTP/1.1\r\nHost:\r\n\r\n", request(Method::Get, "/%41%ff", b"A\xff", true)),
        ("GET http://x HTTP/1.1\r\nHost: x\r\n\r\n", request(Method::Get, "/", b"", true)),
        ("GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", request(Method::Get, "/a", b"a", true)),
        ("GET /%4 HTTP/1.1\r\nHost: x\r\n\r\n", Err(Status::BAD_REQUEST)),
        ("GET https://x/ HTTP/1.1\r\nHost: x\r\n\r\n", Err(Status::BAD_REQUEST)),
        ("GET /a HTTP/1.x\r\nHost: x\r\n\r\n", Err(Status::BAD_REQUEST)),
        ("get /a HTTP/1.1\r\nHost: x\r\n\r\n", Err(Status::METHOD_NOT_ALLOWED)),
    ] {
        assert_eq!(parse(head.as_bytes()), expected, "{head:?}");
    }
}

#[test]
fn a_date_is_written_as_http_wants_it() {
    for (seconds, text) in [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    ] {
        assert_eq!(date(seconds), text);
    }
}
