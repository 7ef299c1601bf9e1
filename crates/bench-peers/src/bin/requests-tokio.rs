//! Requests by tokio: a task for each client, all on one thread.

use std::io;
use std::path::Path;

use anyhow::{Context as _, Result};
use bench_peers::calls::runtime;
use bench_peers::requests::{Address, Request, arguments, ready};
use tokio::io::{
    AsyncBufReadExt as _, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader, BufWriter,
};
use tokio::net::{TcpListener, UnixListener};

/// Bytes of a buffer of a client.
const BUFFER: usize = 1 << 16;

fn main() -> Result<()> {
    let (address, root) = arguments()?;
    let root: &'static Path = Box::leak(root.into_boxed_path());
    runtime()?.block_on(run(address, root))
}

async fn run(address: Address, root: &'static Path) -> Result<()> {
    match address {
        Address::Unix(path) => {
            let listener = UnixListener::bind(&path).context("listen")?;
            ready(&format!("unix:{}", path.display()))?;
            loop {
                let (client, _) = listener.accept().await.context("accept")?;
                let (input, output) = client.into_split();
                tokio::spawn(serve(input, output, root));
            }
        }
        Address::Tcp(address) => {
            let listener = TcpListener::bind(&address).await.context("listen")?;
            ready(&listener.local_addr().context("ask for the port")?.to_string())?;
            loop {
                let (client, _) = listener.accept().await.context("accept")?;
                client.set_nodelay(true).context("set TCP_NODELAY")?;
                let (input, output) = client.into_split();
                tokio::spawn(serve(input, output, root));
            }
        }
    }
}

/// One client. Whoever sends many requests at once gets their answers at once.
async fn serve(
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin,
    root: &Path,
) -> io::Result<()> {
    let mut input = BufReader::with_capacity(BUFFER, input);
    let mut output = BufWriter::with_capacity(BUFFER, output);
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line).await? > 0 {
        match Request::of(line.strip_suffix(b"\n").unwrap_or(&line), root) {
            Request::Echo(text) => {
                output.write_all(format!("OK {}\n", text.len()).as_bytes()).await?;
                output.write_all(text).await?;
            }
            Request::Get(file, size) => {
                output.write_all(format!("OK {size}\n").as_bytes()).await?;
                tokio::io::copy(&mut tokio::fs::File::from_std(file).take(size), &mut output).await?;
            }
            Request::Wrong(answer) => output.write_all(answer).await?,
        }
        if input.buffer().is_empty() {
            output.flush().await?;
        }
        line.clear();
    }
    output.flush().await
}
