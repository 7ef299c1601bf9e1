//! Claim: HTTP, and with it REST, is a protocol of lines on a stream socket, like this lecture's book.
//!
//! A request is a line, some header lines and an empty line; the answer says the length of its body, which may be any
//! bytes. The same loop, buffer and limits serve. Remote procedure calls and publish/subscribe stand on sockets too.
//!
//! Usage: cargo run -q -p client-server --example http_is_lines_on_a_stream
//! See also: RFC 9112 (HTTP/1.1 messages), `line.rs`

use anyhow::{Context, Result, bail};
use client_server::background::Background;
use client_server::book::Book;
use client_server::line::LineBuffer;
use client_server::{connect, listen, stream};
use std::os::fd::OwnedFd;

fn main() -> Result<()> {
    let door = listen::stream(&"127.0.0.1:0".parse()?)?;
    let address = listen::local_address(&door)?;
    let _server = Background::run(move || {
        let mut book = Book::with(&[("cherry", "red")]);
        loop {
            serve(&listen::accept(&door)?, &mut book)?;
        }
    })?;
    for path in ["/cherry", "/plum"] {
        let client = connect::stream(&address)?;
        stream::send_all(&client, format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())?;
        println!("GET {path}");
        for line in String::from_utf8_lossy(&stream::receive_all(&client)?).lines() {
            println!("{}", format!("    {line}").trim_end());
        }
    }
    Ok(())
}

/// One request, one answer, and the connection is closed.
fn serve(client: &OwnedFd, book: &mut Book) -> Result<()> {
    let (mut lines, mut part, mut request) = (LineBuffer::new(1024), [0; 4096], Vec::new());
    while request.last().is_none_or(|line: &String| !line.is_empty()) {
        match lines.next_line() {
            Some(Ok(line)) => request.push(String::from_utf8(line)?.trim_end_matches('\r').to_owned()),
            Some(Err(_)) => bail!("a header line is too long"),
            None => match stream::receive(client, &mut part)? {
                0 => bail!("the request has no end"),
                count => lines.push(&part[..count]),
            },
        }
    }
    let path = request[0].split(' ').nth(1).context("a request line has a path")?;
    let found = book.answer(Ok(format!("get {}", path.trim_start_matches('/')).into_bytes()), None).text;
    let (status, body) = match found.strip_prefix("ok ") {
        Some(text) => ("200 OK", text),
        None => ("404 Not Found", found.as_str()),
    };
    let answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    Ok(stream::send_all(client, answer.as_bytes())?)
}
