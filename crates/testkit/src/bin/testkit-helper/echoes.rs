//! A small server for tests of what stands between a client and a server: `echoes`.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::Path;

use anyhow::{Context, Result};

use crate::streams::write_all;

/// Sends back what each client sends, line by line, one client after the other, until one sends `end`.
pub(crate) fn echoes(address: &str) -> Result<()> {
    match address.strip_prefix("unix:") {
        Some(path) => {
            let listener = UnixListener::bind(path).with_context(|| format!("bind {path}"))?;
            write_all(1, format!("ready unix:{path}\n").as_bytes())?;
            let served = serve(|| Ok(listener.accept()?.0.into()));
            std::fs::remove_file(Path::new(path)).context("remove the socket")?;
            served
        }
        None => {
            let listener = TcpListener::bind(address).with_context(|| format!("bind {address}"))?;
            write_all(1, format!("ready {}\n", listener.local_addr()?).as_bytes())?;
            serve(|| Ok(listener.accept()?.0.into()))
        }
    }
}

fn serve(mut accept: impl FnMut() -> Result<OwnedFd>) -> Result<()> {
    loop {
        let client = File::from(accept().context("accept")?);
        let mut answers = client.try_clone().context("copy a descriptor")?;
        let mut requests = BufReader::new(client);
        let mut line = Vec::new();
        // A client that is gone gets no answer, and the next one is served.
        while requests.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            if line == b"end\n" {
                return Ok(());
            }
            if answers.write_all(&line).is_err() {
                break;
            }
            line.clear();
        }
    }
}
