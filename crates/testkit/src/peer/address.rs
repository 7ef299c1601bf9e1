//! Where a server is, in the words of the contracts.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use nix::sys::socket::{SockaddrLike, SockaddrStorage, UnixAddr};

/// The address of a server: `unix:PATH`, `unix:@NAME` (abstract) or `HOST:PORT` with numbers, `[::1]:4711`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Address {
    /// A socket with a name in the file system: unix(7).
    Unix(PathBuf),
    /// A Unix socket with an abstract name, here without the leading `@`.
    Abstract(String),
    /// An address of IPv4 or IPv6 with a port.
    Inet(SocketAddr),
}

impl Address {
    /// Reads the contract's form; a host must be a number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("unix:") {
            Some("" | "@") => None,
            Some(name) => Some(match name.strip_prefix('@') {
                Some(name) => Self::Abstract(name.to_owned()),
                None => Self::Unix(name.into()),
            }),
            None => text.parse().ok().map(Self::Inet),
        }
    }

    /// The same; a path that is not absolute is taken as one of `dir`.
    pub(crate) fn within(self, dir: &Path) -> Self {
        match self {
            Self::Unix(path) => Self::Unix(dir.join(path)),
            other => other,
        }
    }

    /// As the kernel wants it. A path may have 107 bytes.
    pub(crate) fn to_kernel(&self) -> Result<Box<dyn SockaddrLike>> {
        Ok(match self {
            Self::Unix(path) => {
                Box::new(UnixAddr::new(path).with_context(|| format!("name a socket {}", path.display()))?)
            }
            Self::Abstract(name) => Box::new(
                UnixAddr::new_abstract(name.as_bytes()).with_context(|| format!("name a socket @{name}"))?,
            ),
            Self::Inet(address) => Box::new(SockaddrStorage::from(*address)),
        })
    }

    /// What the kernel says of a socket; `None` for one without a name.
    pub(crate) fn from_kernel(address: &SockaddrStorage) -> Option<Self> {
        if let Some(unix) = address.as_unix_addr() {
            let path = unix.path().map(|path| Self::Unix(path.to_owned()));
            return path.or_else(|| {
                unix.as_abstract().map(|name| Self::Abstract(String::from_utf8_lossy(name).into_owned()))
            });
        }
        let four = address.as_sockaddr_in().map(|four| SocketAddr::V4((*four).into()));
        four.or_else(|| address.as_sockaddr_in6().map(|six| SocketAddr::V6((*six).into()))).map(Self::Inet)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unix(path) => write!(out, "unix:{}", path.display()),
            Self::Abstract(name) => write!(out, "unix:@{name}"),
            Self::Inet(address) => write!(out, "{address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_read_and_written_alike() {
        for text in ["unix:/tmp/x y", "unix:rel", "unix:@name", "127.0.0.1:80", "[::1]:4711"] {
            assert_eq!(Address::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "unix:", "unix:@", "127.0.0.1", "::1", "localhost:80", "127.0.0.1:70000"] {
            assert_eq!(Address::parse(text), None, "{text}");
        }
    }
}
