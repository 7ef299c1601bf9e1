//! What is read and written: pipes, FIFOs, sockets.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context as _, ensure};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::libc::O_NONBLOCK;
use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

use super::channel::{Channel, Mechanism};

/// Larger messages are not measured.
const MOST: usize = 1 << 20;

pub(super) const PIPE: Mechanism = Mechanism { name: "pipe", largest: MOST, make: pipe };
pub(super) const FIFO: Mechanism = Mechanism { name: "FIFO", largest: MOST, make: fifo };
pub(super) const STREAM: Mechanism = Mechanism { name: "Unix stream", largest: MOST, make: stream };
pub(super) const PACKETS: Mechanism = Mechanism { name: "Unix seqpacket", largest: 1 << 16, make: packets };
pub(super) const TCP: Mechanism = Mechanism { name: "TCP loopback", largest: MOST, make: tcp };

/// A stream of bytes.
struct Stream<W, R> {
    into: W,
    out: R,
}

impl<W: Write, R: Read> Channel for Stream<W, R> {
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        self.into.write_all(message).context("write")
    }

    fn receive(&mut self, message: &mut [u8]) -> anyhow::Result<()> {
        self.out.read_exact(message).context("read")
    }
}

fn pipe(_: usize, _: &Path) -> anyhow::Result<Box<dyn Channel>> {
    let (out, into) = std::io::pipe().context("make a pipe")?;
    Ok(Box::new(Stream { into, out }))
}

fn fifo(_: usize, scratch: &Path) -> anyhow::Result<Box<dyn Channel>> {
    let path = scratch.join("fifo");
    mkfifo(&path, Mode::from_bits_truncate(0o600)).context("make a FIFO")?;
    // Without O_NONBLOCK the open would wait for a writer, which is us.
    let out = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(&path).context("open the FIFO")?;
    let into = File::options().write(true).open(&path).context("open the FIFO")?;
    fs::remove_file(&path).context("remove the FIFO's name")?;
    fcntl(&out, FcntlArg::F_SETFL(OFlag::empty())).context("let reads of the FIFO wait")?;
    Ok(Box::new(Stream { into, out }))
}

fn stream(_: usize, _: &Path) -> anyhow::Result<Box<dyn Channel>> {
    let (into, out) = UnixStream::pair().context("make a pair of sockets")?;
    Ok(Box::new(Stream { into, out }))
}

fn tcp(_: usize, _: &Path) -> anyhow::Result<Box<dyn Channel>> {
    let listener = TcpListener::bind("127.0.0.1:0").context("listen on the loopback")?;
    let address = listener.local_addr().context("ask for the port")?;
    let into = TcpStream::connect(address).context("connect to ourselves")?;
    let (out, _) = listener.accept().context("accept ourselves")?;
    // Or a small message would wait for the acknowledgement of the one before it.
    into.set_nodelay(true).context("set TCP_NODELAY")?;
    Ok(Box::new(Stream { into, out }))
}

struct Packets {
    into: OwnedFd,
    out: OwnedFd,
}

impl Channel for Packets {
    fn send(&mut self, message: &[u8]) -> anyhow::Result<()> {
        let sent = send(self.into.as_raw_fd(), message, MsgFlags::empty()).context("send")?;
        ensure!(sent == message.len(), "a packet was cut");
        Ok(())
    }

    fn receive(&mut self, message: &mut [u8]) -> anyhow::Result<()> {
        let came = recv(self.out.as_raw_fd(), message, MsgFlags::empty()).context("receive")?;
        ensure!(came == message.len(), "a packet of {came} bytes came");
        Ok(())
    }
}

fn packets(_: usize, _: &Path) -> anyhow::Result<Box<dyn Channel>> {
    let pair = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC);
    let (into, out) = pair.context("make a pair of sockets")?;
    Ok(Box::new(Packets { into, out }))
}
