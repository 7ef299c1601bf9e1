//! Sockets: who accepts, who speaks first, who holds the other end. unix(7), tcp(7).
#![allow(unsafe_code, reason = "listen(2) again on a std listener, and the ioctl for a new loopback")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};

use anyhow::{Context, Result, ensure};
use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::unistd::pipe;

use crate::stage::{Gate, child, drain, file, lose, pause, pour, rename, take, wait_all};

/// Client and server both wait for the other's first word.
pub(crate) fn both_recv() -> Result<()> {
    rename("main")?;
    let (client, server) = UnixStream::pair()?;
    child("client", &[&server], || take(&client, 8).map(drop))?;
    child("server", &[&client], || take(&server, 4096).map(drop))?;
    drop((client, server));
    wait_all()
}

/// Listens on the loopback. A new network namespace starts with it down, and whoever made it may bring it up.
fn loopback() -> Result<TcpListener> {
    let mut name = [0; libc::IFNAMSIZ];
    name[..2].copy_from_slice(&[b'l'.cast_signed(), b'o'.cast_signed()]);
    let flags = libc::__c_anonymous_ifr_ifru { ifru_flags: 0 };
    let mut request = libc::ifreq { ifr_name: name, ifr_ifru: flags };
    let socket = UdpSocket::bind("0.0.0.0:0").context("make a socket")?;
    // SAFETY: SIOCGIFFLAGS reads the name in an ifreq and writes its flags; it lives through the call.
    Errno::result(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCGIFFLAGS, &raw mut request) })
        .context("look at the loopback")?;
    let up = i16::try_from(libc::IFF_UP)?;
    // SAFETY: the kernel has just written the flags.
    let now = unsafe { request.ifr_ifru.ifru_flags };
    if now & up == 0 {
        request.ifr_ifru.ifru_flags = now | up;
        // SAFETY: SIOCSIFFLAGS reads an ifreq, which lives through the call.
        Errno::result(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) })
            .context("bring the loopback up")?;
    }
    TcpListener::bind("127.0.0.1:0").context("listen on the loopback")
}

/// The same over TCP.
pub(crate) fn tcp_both_recv() -> Result<()> {
    rename("main")?;
    let listener = loopback()?;
    let address = listener.local_addr()?;
    child("client", &[&listener], || take(&TcpStream::connect(address)?, 5).map(drop))?;
    child("server", &[], || {
        let (stream, _) = listener.accept()?;
        take(&stream, 64).map(drop)
    })?;
    drop(listener);
    wait_all()
}

/// The server wants the whole request, to its end of file; the client keeps its side open while it waits for the reply.
pub(crate) fn half_close() -> Result<()> {
    rename("main")?;
    let (mut client, server) = UnixStream::pair()?;
    child("client", &[&server], || {
        client.write_all(b"request")?;
        // Missing: client.shutdown(Shutdown::Write).
        drain(&client)
    })?;
    child("server", &[&client], || {
        drain(&server)?;
        pour(&server, 5)
    })?;
    drop((client, server));
    wait_all()
}

/// The server wants eight bytes; the client sent five and waits for the reply.
pub(crate) fn short_message() -> Result<()> {
    rename("main")?;
    let (mut client, mut server) = UnixStream::pair()?;
    child("client", &[&server], || {
        client.write_all(b"short")?;
        take(&client, 5).map(drop)
    })?;
    child("server", &[&client], || {
        server.read_exact(&mut [0; 8])?;
        server.write_all(b"reply").map_err(Into::into)
    })?;
    drop((client, server));
    wait_all()
}

/// Both sides send much before either receives.
pub(crate) fn stream_full_both() -> Result<()> {
    rename("main")?;
    let (left, right) = UnixStream::pair()?;
    child("left", &[&right], || pour(&left, 8 << 20))?;
    child("right", &[&left], || pour(&right, 8 << 20))?;
    drop((left, right));
    wait_all()
}

/// Both ends of a socket pair are in one process, which reads.
pub(crate) fn self_socketpair() -> Result<()> {
    rename("lonely")?;
    let (one, other) = UnixStream::pair()?;
    take(&one, 1)?;
    drop(other);
    Ok(())
}

/// A server waits for clients; none comes.
pub(crate) fn accept_unix() -> Result<()> {
    rename("server")?;
    UnixListener::bind(file("srv.sock"))?.accept()?;
    Ok(())
}

/// The same over TCP.
pub(crate) fn accept_tcp() -> Result<()> {
    rename("server")?;
    loopback()?.accept()?;
    Ok(())
}

/// A server waits for clients, but its socket file was removed: nobody can find it any more.
pub(crate) fn accept_unlinked() -> Result<()> {
    rename("server")?;
    let path = file("srv.sock");
    let listener = UnixListener::bind(&path)?;
    std::fs::remove_file(&path)?;
    listener.accept()?;
    Ok(())
}

/// Two peers each listen and wait until the other connects.
pub(crate) fn both_accept() -> Result<()> {
    rename("main")?;
    for (name, path) in [("alice", "a.sock"), ("bob", "b.sock")] {
        let path = file(path);
        child(name, &[], || {
            UnixListener::bind(&path)?.accept()?;
            Ok(())
        })?;
    }
    wait_all()
}

/// Three clients, a backlog of one, and a server that does not accept.
pub(crate) fn connect_backlog() -> Result<()> {
    rename("main")?;
    let path = file("busy.sock");
    let listener = UnixListener::bind(&path)?;
    // SAFETY: the socket is open; listen(2) again only sets the backlog.
    ensure!(unsafe { libc::listen(listener.as_raw_fd(), 0) } == 0, "set the backlog");
    child("server", &[], pause)?;
    for _ in 0..3 {
        // Which of them gets the one place is a matter of chance, so they have one name.
        child("client", &[&listener], || {
            let _connection = UnixStream::connect(&path)?;
            pause()
        })?;
    }
    drop(listener);
    wait_all()
}

/// A server for one client never calls accept again; the second client waits for its answer.
pub(crate) fn unaccepted() -> Result<()> {
    rename("main")?;
    let path = file("one.sock");
    let listener = UnixListener::bind(&path)?;
    let gate = Gate::new()?;
    child("server", &[], || {
        let (first, _) = listener.accept()?;
        gate.open()?;
        take(&first, 1).map(drop)
    })?;
    child("client-1", &[&listener], || {
        gate.forget();
        take(&UnixStream::connect(&path)?, 1).map(drop)
    })?;
    gate.pass()?;
    child("client-2", &[&listener], || {
        let mut stream = UnixStream::connect(&path)?;
        stream.write_all(b"hello")?;
        take(&stream, 1).map(drop)
    })?;
    drop(listener);
    wait_all()
}

/// A forking server forgot to close the connection in the parent: the client never sees its end.
pub(crate) fn forgotten_connection() -> Result<()> {
    rename("main")?;
    let path = file("srv.sock");
    let listener = UnixListener::bind(&path)?;
    child("server", &[], || {
        let (connection, _) = listener.accept()?;
        child("session", &[&listener], || pour(&connection, 5))?;
        // Missing: drop(connection).
        wait_all()?;
        listener.accept()?;
        drop(connection);
        Ok(())
    })?;
    child("client", &[&listener], || drain(&UnixStream::connect(&path)?))?;
    drop(listener);
    wait_all()
}

/// Both clients of a room wait for the server, which waits for the first one's name while the second one speaks.
pub(crate) fn fixed_order_server() -> Result<()> {
    rename("main")?;
    let (to_first, first) = UnixStream::pair()?;
    let (to_second, second) = UnixStream::pair()?;
    child("server", &[&first, &second], || {
        take(&to_first, 1)?;
        take(&to_second, 1)?;
        pour(&to_first, 1)
    })?;
    child("client-1", &[&to_first, &to_second, &second], || take(&first, 1).map(drop))?;
    child("client-2", &[&to_first, &to_second, &first], || {
        pour(&second, 1)?;
        take(&second, 1).map(drop)
    })?;
    drop((to_first, first, to_second, second));
    wait_all()
}

/// A logger that reads nothing, and a client whose datagrams fill its queue.
pub(crate) fn dgram_full() -> Result<()> {
    rename("main")?;
    let (logger, client) = UnixDatagram::pair()?;
    child("logger", &[&client], || {
        pause()?;
        lose(&[&logger]);
        Ok(())
    })?;
    child("client", &[&logger], || {
        for _ in 0..100_000 {
            client.send(&[b'x'; 100])?;
        }
        Ok(())
    })?;
    drop((logger, client));
    wait_all()
}

/// The write side was shut down, so no request can come any more, and yet it waits for a reply to one it never sent.
pub(crate) fn reply_to_nothing() -> Result<()> {
    rename("main")?;
    let (client, server) = UnixStream::pair()?;
    child("client", &[&server], || {
        client.shutdown(Shutdown::Write)?;
        take(&client, 8).map(drop)
    })?;
    child("server", &[&client], || {
        drain(&server)?;
        // It has seen the end, and waits for its next order instead of closing.
        pause()
    })?;
    drop((client, server));
    wait_all()
}

/// The only write end is inside a message that nobody receives.
pub(crate) fn fd_in_flight() -> Result<()> {
    rename("reader")?;
    let (read, write) = pipe()?;
    let (sender, receiver) = UnixStream::pair()?;
    let bytes = [std::io::IoSlice::new(b"!")];
    let rights = [write.as_raw_fd()];
    let message = [ControlMessage::ScmRights(&rights)];
    sendmsg::<()>(sender.as_raw_fd(), &bytes, &message, MsgFlags::empty(), None).context("send")?;
    drop(write);
    take(&read, 1)?;
    drop(receiver);
    Ok(())
}
