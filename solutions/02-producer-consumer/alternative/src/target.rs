//! Where records go to and come from.

use std::ffi::{CString, OsStr};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// `-`, `fifo:PATH`, `mq:/NAME` or `sysv:FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Standard input or output.
    Standard,
    /// A FIFO with this path.
    Fifo(PathBuf),
    /// A POSIX queue; the name begins with a slash.
    Posix(CString),
    /// The System V queue that belongs to this file.
    SystemV(PathBuf),
}

impl Target {
    /// Reads a target; `None` if it is none.
    #[must_use]
    pub fn parse(text: &OsStr) -> Option<Self> {
        let bytes = text.as_bytes();
        let path = |bytes: &[u8]| (!bytes.is_empty()).then(|| PathBuf::from(OsStr::from_bytes(bytes)));
        if bytes == b"-" {
            Some(Self::Standard)
        } else if let Some(rest) = bytes.strip_prefix(b"fifo:") {
            path(rest).map(Self::Fifo)
        } else if let Some(rest) = bytes.strip_prefix(b"sysv:") {
            path(rest).map(Self::SystemV)
        } else {
            // mq_overview(7): a slash, then 1 to 254 bytes that are none.
            let name = bytes.strip_prefix(b"mq:").filter(|name| (2..=255).contains(&name.len()))?;
            let has_one_slash = name[0] == b'/' && !name[1..].contains(&b'/');
            has_one_slash.then(|| CString::new(name).ok())?.map(Self::Posix)
        }
    }

    /// Whether it keeps messages apart and outlives its users.
    #[must_use]
    pub fn is_queue(&self) -> bool {
        matches!(self, Self::Posix(_) | Self::SystemV(_))
    }
}

/// As it was given.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard => f.write_str("-"),
            Self::Fifo(path) => write!(f, "fifo:{}", path.display()),
            Self::Posix(name) => write!(f, "mq:{}", name.to_string_lossy()),
            Self::SystemV(path) => write!(f, "sysv:{}", path.display()),
        }
    }
}
