//! Bytes there and back by ipc-channel between two processes. A line `COUNT WINDOW SIZE` on standard input sends COUNT
//! messages of SIZE bytes, WINDOW of them under way at most, and is answered by `done`.

use std::env;
use std::io::{self, Write as _};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use ipc_channel::ipc::{self, IpcBytesReceiver, IpcBytesSender, IpcOneShotServer, IpcSender};

/// The ends that the echo gets: where it receives, and where it sends.
type Ends = (IpcBytesReceiver, IpcBytesSender);

fn main() -> Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    match &words[..] {
        [] => play(),
        [echo, name] if echo == "echo" => answer(name.clone()),
        _ => bail!("usage: PROGRAM"),
    }
}

fn answer(name: String) -> Result<()> {
    let (send, receive) = ipc::channel::<Ends>().context("make a channel")?;
    IpcSender::connect(name).context("connect")?.send(send).context("send a channel")?;
    let (receive, send) = receive.recv().context("receive the ends")?;
    while let Ok(message) = receive.recv() {
        send.send(&message).context("answer")?;
    }
    Ok(())
}

fn play() -> Result<()> {
    let (server, name) = IpcOneShotServer::<IpcSender<Ends>>::new().context("listen")?;
    let mut echo = Command::new(env::current_exe().context("find this program")?);
    let mut echo = echo.arg("echo").arg(name).spawn().context("start the echo")?;
    let (_, ends) = server.accept().context("accept the echo")?;
    let (send, echo_receives) = ipc::bytes_channel().context("make a channel")?;
    let (echo_sends, receive) = ipc::bytes_channel().context("make a channel")?;
    ends.send((echo_receives, echo_sends)).context("send the ends")?;
    for line in io::stdin().lines() {
        let line = line.context("read a line")?;
        let numbers: Vec<usize> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
        let [count, window, size] = numbers[..] else { bail!("no numbers: `{line}`") };
        rally(&send, &receive, count, window, &vec![b'x'; size])?;
        println!("done");
        io::stdout().flush().context("say done")?;
    }
    // The echo ends when nobody can send to it any more.
    drop(send);
    echo.wait().context("wait for the echo").map(drop)
}

fn rally(
    send: &IpcBytesSender,
    receive: &IpcBytesReceiver,
    count: usize,
    window: usize,
    message: &[u8],
) -> Result<()> {
    let mut sent = 0;
    for done in 0..count {
        while sent < count && sent - done < window {
            send.send(message).context("send a message")?;
            sent += 1;
        }
        ensure!(receive.recv().context("receive a message")? == message, "another message came back");
    }
    Ok(())
}
