//! Calls by ipc-channel, Servo's channels between processes: serde makes the bytes, a Unix seqpacket socket carries them.

use std::fs;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use bench_peers::calls::{Command, WINDOW, arguments, calls, ready};
use ipc_channel::ipc::{self, IpcOneShotServer, IpcReceiver, IpcSender};

type Call = (u64, i64, i64);
type Answer = (u64, Option<i64>);
/// What a client brings with it: where its calls come from, and where the answers go.
type Ends = (IpcReceiver<Call>, IpcSender<Answer>);

fn main() -> Result<()> {
    match arguments()? {
        Command::Serve(path) => serve(&path),
        Command::Call { path, is_pipelined } => call(&path, if is_pipelined { WINDOW } else { 1 }),
    }
}

/// One client: the library's servers are good for one. Its name is the library's choice and stands in the file.
fn serve(path: &Path) -> Result<()> {
    let (server, name) = IpcOneShotServer::<Ends>::new().context("listen")?;
    fs::write(path, name).context("write the server's name")?;
    ready(path)?;
    let (_, (calls, answers)) = server.accept().context("accept")?;
    while let Ok((number, a, b)) = calls.recv() {
        answers.send((number, a.checked_add(b))).context("answer")?;
    }
    Ok(())
}

fn call(path: &Path, window: usize) -> Result<()> {
    let name = fs::read_to_string(path).context("read the server's name")?;
    let (send, server_receives) = ipc::channel().context("make a channel")?;
    let (server_sends, receive) = ipc::channel().context("make a channel")?;
    let server = IpcSender::<Ends>::connect(name).context("connect")?;
    server.send((server_receives, server_sends)).context("send the ends")?;
    let mut output = BufWriter::new(io::stdout().lock());
    let mut calls = calls();
    let (mut sent, mut done) = (0, 0);
    loop {
        while sent - done < window as u64 {
            let Some(call) = calls.next() else { break };
            let (a, b) = call?;
            send.send((sent, a, b)).context("send a call")?;
            sent += 1;
        }
        if sent == done {
            return output.flush().context("print the results");
        }
        let (number, sum): Answer = receive.recv().context("receive an answer")?;
        ensure!(number == done, "the answers are out of order");
        writeln!(output, "ok {}", sum.context("overflow")?).context("print a result")?;
        if window == 1 {
            output.flush().context("print a result")?;
        }
        done += 1;
    }
}
