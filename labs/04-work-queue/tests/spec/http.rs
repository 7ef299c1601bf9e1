//! A client of HTTP that the check plays.

use testkit::{Address, Peer, Room, Running, same_bytes};

use super::pool;

/// Starts `pool serve --tcp`, and gives its address.
#[track_caller]
pub(super) fn web(room: &Room, workers: usize) -> (Running, Address) {
    room.mkdir("www/sub");
    let args = format!("serve --tcp 127.0.0.1:0 --root www -n {workers}");
    let running = pool(room, &args).spawn();
    let address = running.ready();
    (running, address)
}

/// An answer of HTTP: its status, the length it announces, and its body.
pub(super) struct Page {
    pub(super) status: u16,
    pub(super) length: Option<usize>,
    head: String,
    pub(super) body: Vec<u8>,
}

/// The next answer on this connection; that to a HEAD has no body.
#[track_caller]
pub(super) fn page(client: &Peer, is_head: bool) -> Page {
    let mut head = String::new();
    loop {
        let line = client.line();
        if line.trim_end().is_empty() {
            break;
        }
        head += line.trim_end();
        head += "\n";
    }
    let status =
        head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
    let header = |name: &str| {
        head.lines().find_map(|line| {
            line.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.trim())
        })
    };
    let length = header("content-length").and_then(|length| length.parse().ok());
    let Some(status) = status else {
        panic!(
            "this is no answer of HTTP/1.1\nexpected: `HTTP/1.1`, a status, and headers\nreceived: {}",
            testkit::visible(head.as_bytes())
        )
    };
    let body = if is_head { Vec::new() } else { client.take(length.unwrap_or(0)) };
    Page { status, length, head, body }
}

/// Demands this status and body.
#[track_caller]
pub(super) fn expect_page(page: &Page, status: u16, body: &[u8]) {
    assert!(
        page.status == status && page.length.is_some(),
        "a wrong answer of HTTP\nexpected: status {status}, and a Content-Length\nreceived: {}",
        testkit::visible(page.head.as_bytes())
    );
    if status == 200 {
        same_bytes("the body", body, &page.body);
    }
}
