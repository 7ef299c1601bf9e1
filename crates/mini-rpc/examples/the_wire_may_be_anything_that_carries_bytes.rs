//! Claim: RPC stands on a transport and does not care which: the same stubs work over a Unix socket, over TCP and over two
//! pipes, with the same bytes.
//!
//! What differs is what the transport gives: other machines, who the peer is, what it costs.
//!
//! Usage: cargo run -q -p mini-rpc --example the_wire_may_be_anything_that_carries_bytes
//! See also: `unix(7)`, `tcp(7)`, `pipe(7)`

use anyhow::{Context, Result, ensure};
use mini_rpc::background::{self, Background};
use mini_rpc::client_stub::ClientStub;
use mini_rpc::server_stub::serve;
use mini_rpc::thermometer::{House, Thermometer};
use std::io::{PipeReader, PipeWriter, Read, Write, pipe};
use std::net::{TcpListener, TcpStream};

/// Two pipes, one for each direction.
struct Pipes(PipeReader, PipeWriter);

impl Read for Pipes {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Pipes {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.1.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.1.flush()
    }
}

fn main() -> Result<()> {
    let (server, wire) = background::server(house())?;
    show("Unix socket", server, wire)?;

    let door = TcpListener::bind("127.0.0.1:0").context("listen")?;
    let address = door.local_addr().context("ask for the address")?;
    let server = Background::run(|| serve(door.accept().context("accept")?.0, &mut house()))?;
    show("TCP        ", server, TcpStream::connect(address).context("connect")?)?;

    let ((calls_out, calls_in), (returns_out, returns_in)) = (pipe()?, pipe()?);
    let (mut client, mut pipes) = (Some(Pipes(returns_out, calls_in)), Some(Pipes(calls_out, returns_in)));
    let server = Background::run(|| {
        client = None; // In the child only: its copy of the write end would hide the end of the calls.
        serve(pipes.take().context("take the server's ends")?, &mut house())
    })?;
    drop(pipes);
    show("two pipes  ", server, client.context("keep the client's ends")?)
}

fn house() -> House {
    House::with(&[("hall", 180)])
}

fn show(name: &str, server: Background, wire: impl Read + Write) -> Result<()> {
    let mut stub = ClientStub::new(wire, 7);
    println!("{name}: {} {}", stub.warm("hall", 5)?, stub.warm("cave", 5).expect_err("there is none"));
    drop(stub);
    ensure!(server.wait()? == 0, "the server sees the end of {name}");
    Ok(())
}
