//! Attacks on what is outside: the first process, inherited things, the host's sockets. And what must work inside.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::net::{SocketAddr, UnixStream};

use anyhow::{Context, Result};
use nix::mqueue::{MQ_OFlag, MqAttr, mq_open, mq_unlink};
use nix::pty::{grantpt, posix_openpt, ptsname_r, unlockpt};
use nix::sys::stat::Mode;

use crate::io_word;

/// Opens everything of process 1 that would give it away. Says what could be opened.
pub(crate) fn open_init() -> Result<String> {
    let mut open = Vec::new();
    for name in ["exe", "maps", "environ", "auxv", "stack", "syscall"] {
        if File::open(format!("/proc/1/{name}")).and_then(|mut file| file.read(&mut [0; 1])).is_ok() {
            open.push(name);
        }
    }
    if OpenOptions::new().read(true).write(true).open("/proc/1/mem").is_ok() {
        open.push("mem");
    }
    for name in ["fd", "root", "cwd", "map_files"] {
        if fs::read_dir(format!("/proc/1/{name}")).is_ok() {
            open.push(name);
        }
    }
    Ok(format!("opened [{}]", open.join(" ")))
}

/// The numbers of its own open descriptors; the one that lists them is left out.
pub(crate) fn descriptors() -> Result<String> {
    let numbers = fs::read_dir("/proc/self/fd").context("list descriptors")?;
    let mut numbers: Vec<u32> =
        numbers.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    numbers.sort_unstable();
    numbers.pop();
    Ok(format!("{numbers:?}"))
}

/// The names of its environment.
pub(crate) fn environment() -> Result<String> {
    let mut names: Vec<_> =
        std::env::vars_os().map(|(name, _)| name.to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    Ok(names.join(" "))
}

/// Connects to a port of 127.0.0.1.
pub(crate) fn tcp(port: &str) -> Result<String> {
    Ok(io_word(TcpStream::connect(("127.0.0.1", port.parse().context("read a port")?))))
}

/// Connects to an abstract socket.
pub(crate) fn abstract_socket(name: &str) -> Result<String> {
    let address = SocketAddr::from_abstract_name(name).context("name a socket")?;
    Ok(io_word(UnixStream::connect_addr(&address)))
}

/// Talks to itself by IPv4 and IPv6: must work.
pub(crate) fn own_loopback() -> Result<String> {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let listener = TcpListener::bind(address).with_context(|| format!("listen at {address}"))?;
        let mut client = TcpStream::connect(listener.local_addr()?).context("connect")?;
        client.write_all(b"x").context("write")?;
        listener.accept().context("accept")?.0.read_exact(&mut [0]).context("read")?;
    }
    Ok("works".to_owned())
}

/// Makes a pseudo-terminal: must work.
pub(crate) fn terminal() -> Result<String> {
    let master =
        posix_openpt(nix::fcntl::OFlag::O_RDWR | nix::fcntl::OFlag::O_NOCTTY).context("open /dev/ptmx")?;
    grantpt(&master).context("grantpt")?;
    unlockpt(&master).context("unlockpt")?;
    let name = ptsname_r(&master).context("ptsname")?;
    let flags = nix::fcntl::OFlag::O_NOCTTY.bits();
    // Without O_NOCTTY it would become our controlling terminal, and its end our SIGHUP.
    OpenOptions::new()
        .read(true)
        .write(true)
        .custom_flags(flags)
        .open(&name)
        .with_context(|| format!("open {name}"))?;
    Ok("works".to_owned())
}

/// Makes a message queue: must work.
pub(crate) fn queue() -> Result<String> {
    let flags = MQ_OFlag::O_CREAT | MQ_OFlag::O_RDWR;
    mq_open("/probe", flags, Mode::S_IRWXU, Some(&MqAttr::new(0, 4, 128, 0))).context("open a queue")?;
    mq_unlink("/probe").context("remove a queue")?;
    Ok("works".to_owned())
}
