//! Claim: a remote call costs two messages however little it moves: small calls make a remote file slow.
//!
//! Each call that was answered is two messages. A log of 200 bytes is read to its end in pieces of 1, 10, 100 and 200 bytes. Counted are messages and bytes on the wire, not
//! time. A local read costs one system call; a remote one costs a send, a receive and a sleep on each side.
//!
//! Usage: cargo run -q -p mini-rpc --example many_small_reads_are_many_messages
//! See also: the module `files`

use anyhow::{Context, Result};
use mini_rpc::background;
use mini_rpc::client_stub::ClientStub;
use mini_rpc::files::{Files, Shelf};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

/// A wire that counts what goes over it.
struct Counted {
    wire: UnixStream,
    calls: usize,
    bytes: usize,
}

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.calls += 1; // A stub writes each frame as a whole.
        let count = self.wire.write(bytes)?;
        self.bytes += count;
        Ok(count)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.wire.flush()
    }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.wire.read(buffer)?;
        self.bytes += count;
        Ok(count)
    }
}

fn main() -> Result<()> {
    let folder = tempfile::tempdir().context("make a folder")?;
    std::fs::write(folder.path().join("hall"), "18.5 ".repeat(40)).context("write a log")?;
    for piece in [1, 10, 100, 200] {
        let (_server, wire) = background::server(Shelf::of(folder.path()))?;
        let mut counted = Counted { wire, calls: 0, bytes: 0 };
        let read = read_all(&mut counted, piece)?;
        let (messages, bytes) = (2 * counted.calls, counted.bytes);
        println!("{read} bytes, {piece} a call: {messages} messages, {bytes} bytes on the wire");
    }
    Ok(())
}

fn read_all(wire: &mut Counted, piece: u8) -> Result<usize> {
    let mut files = Files(ClientStub::new(wire, 7));
    let (handle, mut read) = (files.open("hall")?, 0);
    loop {
        match files.read(handle, piece)?.len() {
            0 => break,
            count => read += count,
        }
    }
    files.close(handle)?;
    Ok(read)
}
