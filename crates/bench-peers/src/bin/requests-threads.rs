//! Requests by blocking reads and writes, a thread for each client: what the standard library offers.

use std::io::{self, BufRead as _, BufReader, BufWriter, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;

use anyhow::{Context as _, Result};
use bench_peers::requests::{Address, Request, arguments, ready};

/// Bytes of a buffer of a client.
const BUFFER: usize = 1 << 16;

fn main() -> Result<()> {
    let (address, root) = arguments()?;
    let root: &'static Path = Box::leak(root.into_boxed_path());
    match address {
        Address::Unix(path) => {
            let listener = UnixListener::bind(&path).context("listen")?;
            ready(&format!("unix:{}", path.display()))?;
            for client in listener.incoming() {
                let client = client.context("accept")?;
                let input = client.try_clone().context("share the connection")?;
                thread::spawn(move || serve(input, client, root));
            }
        }
        Address::Tcp(address) => {
            let listener = TcpListener::bind(&address).context("listen")?;
            ready(&listener.local_addr().context("ask for the port")?.to_string())?;
            for client in listener.incoming() {
                let client = client.context("accept")?;
                client.set_nodelay(true).context("set TCP_NODELAY")?;
                let input = client.try_clone().context("share the connection")?;
                thread::spawn(move || serve(input, client, root));
            }
        }
    }
    Ok(())
}

/// One client. Whoever sends many requests at once gets their answers at once.
fn serve(input: impl Read, output: impl Write, root: &Path) -> io::Result<()> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    let mut output = BufWriter::with_capacity(BUFFER, output);
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        match Request::of(line.strip_suffix(b"\n").unwrap_or(&line), root) {
            Request::Echo(text) => {
                writeln!(output, "OK {}", text.len())?;
                output.write_all(text)?;
            }
            Request::Get(file, size) => {
                writeln!(output, "OK {size}")?;
                io::copy(&mut file.take(size), &mut output)?;
            }
            Request::Wrong(answer) => output.write_all(answer)?,
        }
        if input.buffer().is_empty() {
            output.flush()?;
        }
        line.clear();
    }
    output.flush()
}
