//! The lecture's servers and a client: `client-server poll unix:book`, and beside it `client-server ask unix:book who`.
//!
//! Usage: client-server sequential|poll ADDRESS
//!        client-server ask ADDRESS REQUEST...
//! ADDRESS is unix:PATH, unix:@NAME, 127.0.0.1:PORT or [::1]:PORT. A server prints `ready ADDRESS`.
//! See also: `socket(7)`, `unix(7)`, `tcp(7)`

use anyhow::{Context, Result, bail};
use client_server::{address::Address, background::Kind, book::Book, connect, listen, socket_file, stream};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use std::io::Write;
use std::os::fd::AsFd;
use std::process::ExitCode;

const USAGE: &str = "usage: client-server sequential|poll ADDRESS
       client-server ask ADDRESS REQUEST...";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["ask", address, requests @ ..] if !requests.is_empty() => ask(address, requests),
        [kind @ ("sequential" | "poll"), address] => serve(kind, address),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    done.unwrap_or_else(|error| {
        eprintln!("client-server: {error:#}");
        ExitCode::FAILURE
    })
}

fn serve(kind: &str, address: &str) -> Result<ExitCode> {
    let (kind, address): (Kind, Address) = (kind.parse()?, address.parse()?);
    let signals = SigSet::from_iter([Signal::SIGINT, Signal::SIGTERM]);
    let stop = SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC).context("make a signalfd")?;
    if kind == Kind::Poll {
        // Blocked signals stay pending, and the signalfd is then readable. The sequential server cannot wait for it, so
        // there they keep their default action: it ends at once, and its name stays.
        signals.thread_block().context("block the signals that end the server")?;
    }
    let (listener, _removes_its_name) = match &address {
        Address::Path(path) => {
            let (listener, file) = socket_file::listen(path)?;
            (listener, Some(file))
        }
        _ => (listen::stream(&address)?, None),
    };
    let address = listen::local_address(&listener)?;
    writeln!(std::io::stdout(), "ready {address}").context("say that the server is ready")?;
    kind.serve(&listener, stop.as_fd(), &mut Book::with(&[("cherry", "red"), ("lemon", "yellow")]))?;
    Ok(ExitCode::SUCCESS)
}

fn ask(address: &str, requests: &[&str]) -> Result<ExitCode> {
    if let Some(two) = requests.iter().find(|request| request.contains('\n')) {
        bail!("{two:?} is more than one request: a newline ends each");
    }
    let server = connect::stream(&address.parse()?)?;
    let mut failed = false;
    for request in requests {
        stream::send_all(&server, format!("{request}\n").as_bytes()).context("send a request")?;
        let answer = stream::receive_line(&server)?;
        failed |= answer.starts_with("error");
        writeln!(std::io::stdout(), "{answer}").context("print an answer")?;
    }
    Ok(ExitCode::from(u8::from(failed)))
}
