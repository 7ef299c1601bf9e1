//! Where a socket can be found: a path, an abstract name, or an internet address and a port.
//!
//! ```text
//!   unix:/tmp/book     a name in the file system: has an owner and a mode, stays until it is unlinked
//!   unix:@book         an abstract name (Linux): no file, no mode, gone with the last descriptor
//!   127.0.0.1:8000     IPv4; port 0 asks the kernel to choose one
//!   [::1]:8000         IPv6
//! ```

use anyhow::{Context, Result, bail};
use nix::sys::socket::{AddressFamily, SockaddrIn, SockaddrIn6, SockaddrLike, SockaddrStorage, UnixAddr};
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

/// The name of a socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A Unix socket with a name in the file system.
    Path(PathBuf),
    /// A Unix socket with a name in the kernel's own table, one table a network namespace.
    Abstract(String),
    /// IPv4 or IPv6, and a port.
    Internet(SocketAddr),
    /// A Unix socket without a name, as every client has that did not bind.
    Unnamed,
}

impl Address {
    /// A loopback address of this process's own: 127 and three bytes of its process number, with port 0. What is
    /// found or refused at its ports is no other program's doing.
    #[must_use]
    pub fn own_loopback() -> Self {
        let [_, second, third, last] = std::process::id().to_be_bytes();
        // Not 127.0.0.x, where everybody is.
        Self::Internet(SocketAddr::from(([127, 128 | second, third, last], 0)))
    }

    /// The family in which a socket for this address must be made.
    #[must_use]
    pub fn family(&self) -> AddressFamily {
        match self {
            Self::Internet(SocketAddr::V4(_)) => AddressFamily::Inet,
            Self::Internet(SocketAddr::V6(_)) => AddressFamily::Inet6,
            Self::Path(_) | Self::Abstract(_) | Self::Unnamed => AddressFamily::Unix,
        }
    }

    /// The form that bind, connect and sendto take.
    ///
    /// # Errors
    /// `ENAMETOOLONG` when a Unix name has more than 107 bytes (the field has 108).
    ///
    /// See also: `unix(7)`, `ip(7)`, `ipv6(7)`
    pub fn to_kernel(&self) -> Result<Box<dyn SockaddrLike>> {
        let unix = |made: nix::Result<UnixAddr>| made.with_context(|| format!("use the name {self}"));
        Ok(match self {
            Self::Path(path) => Box::new(unix(UnixAddr::new(path))?),
            Self::Abstract(name) => Box::new(unix(UnixAddr::new_abstract(name.as_bytes()))?),
            Self::Unnamed => Box::new(UnixAddr::new_unnamed()),
            Self::Internet(SocketAddr::V4(address)) => Box::new(SockaddrIn::from(*address)),
            Self::Internet(SocketAddr::V6(address)) => Box::new(SockaddrIn6::from(*address)),
        })
    }

    /// From the form that getsockname, getpeername and recvfrom give.
    ///
    /// # Errors
    /// When it is of a family that this lecture does not use, or an abstract name is no text.
    pub fn from_kernel(address: &SockaddrStorage) -> Result<Self> {
        if let Some(v4) = address.as_sockaddr_in() {
            return Ok(Self::Internet(SocketAddr::V4((*v4).into())));
        }
        if let Some(v6) = address.as_sockaddr_in6() {
            return Ok(Self::Internet(SocketAddr::V6((*v6).into())));
        }
        let unix = address.as_unix_addr().with_context(|| format!("read the address {address:?}"))?;
        Ok(match (unix.path(), unix.as_abstract()) {
            (Some(path), _) => Self::Path(path.to_owned()),
            (None, Some(name)) => {
                Self::Abstract(std::str::from_utf8(name).context("read a name")?.to_owned())
            }
            (None, None) => Self::Unnamed,
        })
    }
}

impl FromStr for Address {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.strip_prefix("unix:") {
            Some("" | "@") => bail!("{text:?} has no name after the colon"),
            Some(name) => Ok(match name.strip_prefix('@') {
                Some(name) => Self::Abstract(name.to_owned()),
                None => Self::Path(name.into()),
            }),
            None => text.parse().map(Self::Internet).with_context(|| {
                format!("{text:?} is none of unix:PATH, unix:@NAME, 127.0.0.1:PORT, [::1]:PORT")
            }),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => write!(f, "unix:{}", path.display()),
            Self::Abstract(name) => write!(f, "unix:@{name}"),
            Self::Internet(address) => write!(f, "{address}"),
            Self::Unnamed => write!(f, "unix: without a name"),
        }
    }
}
