//! Addresses, as text and as the kernel wants them. Complete; nothing to do here. See `unix(7)`, `ip(7)`, `ipv6(7)`.

use std::ffi::OsString;
use std::fmt;
use std::net::SocketAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use nix::sys::socket::{AddressFamily, SockaddrIn, SockaddrIn6, SockaddrLike, UnixAddr};

/// Where a server is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// A socket in the file system.
    Unix(PathBuf),
    /// A socket in the abstract name space: its name, without the `@` that stands for a NUL byte.
    Abstract(OsString),
    /// IPv4 or IPv6.
    Tcp(SocketAddr),
}

impl Address {
    /// `unix:PATH`, `unix:@NAME`, `HOST:PORT`, `[HOST]:PORT`, as in `ready ADDRESS`.
    #[must_use]
    pub fn parse(text: OsString) -> Option<Self> {
        match text.as_bytes().strip_prefix(b"unix:") {
            Some(path) => Self::unix(OsString::from_vec(path.to_vec())),
            None => Self::tcp(text.to_str()?),
        }
    }

    /// `PATH` or `@NAME`.
    #[must_use]
    pub fn unix(path: OsString) -> Option<Self> {
        match path.as_bytes() {
            [] | [b'@'] => None,
            [b'@', name @ ..] => Some(Self::Abstract(OsString::from_vec(name.to_vec()))),
            _ => Some(Self::Unix(path.into())),
        }
    }

    /// `HOST:PORT` or `[HOST]:PORT`, numbers only.
    #[must_use]
    pub fn tcp(text: &str) -> Option<Self> {
        text.parse().ok().map(Self::Tcp)
    }

    /// The first argument of `socket(2)`.
    #[must_use]
    pub fn family(&self) -> AddressFamily {
        match self {
            Self::Unix(_) | Self::Abstract(_) => AddressFamily::Unix,
            Self::Tcp(SocketAddr::V4(_)) => AddressFamily::Inet,
            Self::Tcp(SocketAddr::V6(_)) => AddressFamily::Inet6,
        }
    }

    /// The bytes for `bind(2)` and `connect(2)`.
    ///
    /// # Errors
    /// `ENAMETOOLONG`: a path of a socket has at most 107 bytes.
    pub fn to_kernel(&self) -> nix::Result<Box<dyn SockaddrLike>> {
        Ok(match self {
            Self::Unix(path) => Box::new(UnixAddr::new(path)?),
            Self::Abstract(name) => Box::new(UnixAddr::new_abstract(name.as_bytes())?),
            Self::Tcp(SocketAddr::V4(address)) => Box::new(SockaddrIn::from(*address)),
            Self::Tcp(SocketAddr::V6(address)) => Box::new(SockaddrIn6::from(*address)),
        })
    }

    /// The file of the socket, if it has one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Unix(path) => Some(path),
            _ => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
            Self::Abstract(name) => write!(f, "unix:@{}", name.display()),
            Self::Tcp(address) => write!(f, "{address}"),
        }
    }
}
